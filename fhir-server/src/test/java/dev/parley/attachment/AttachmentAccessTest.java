// SPDX-License-Identifier: Apache-2.0
package dev.parley.attachment;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.TestServer;
import dev.parley.visibility.Doors;
import java.net.http.HttpResponse;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Who reads a file: whoever reads the message that it is a part of, at every door. */
class AttachmentAccessTest {
  private static TestServer server;

  @BeforeAll
  static void start() {
    server =
        TestServer.withLogin(
            Map.of("PARLEY_IDENTITY_LEVELS", "greeting=0,scheduling=0,clinical=0,sensitive=2"),
            Clock.systemUTC());
    for (String who : List.of("dr-a", "dr-b", "dr-c", "gp")) {
      system("Practitioner/" + who, "{\"resourceType\":\"Practitioner\",\"id\":\"" + who + "\"}");
    }
    system(
        "Patient/anna",
        "{\"resourceType\":\"Patient\",\"id\":\"anna\",\"generalPractitioner\":[{\"reference\":\"Practitioner/gp\"}]}");
    system(
        "Consent/anna",
        """
        {"resourceType":"Consent","id":"anna","status":"active","scope":{"coding":[{"code":"patient-privacy"}]},
         "category":[{"coding":[{"system":"https://parley.dev/fhir/CodeSystem/consent-kind","code":"secure-messaging"}]}],
         "patient":{"reference":"Patient/anna"},"policyRule":{"coding":[{"code":"OPTIN"}]},
         "sourceAttachment":{"url":"https://example.org/form","hash":"YQ=="}}""");
    system("Communication/t", thread("t", "staff-only", "Practitioner/dr-a", "Practitioner/dr-b"));
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static String thread(String id, String audience, String... people) {
    StringBuilder recipients = new StringBuilder();
    for (String each : people) {
      recipients.append(recipients.isEmpty() ? "" : ",").append("{\"reference\":\"" + each + "\"}");
    }
    return """
        {"resourceType":"Communication","id":"%s","status":"in-progress","sender":{"reference":"%s"},
         "subject":{"reference":"Patient/anna"},
         "category":[{"coding":[{"system":"https://parley.dev/fhir/CodeSystem/audience","code":"%s"}]}],
         "recipient":[%s]}"""
        .formatted(id, people[0], audience, recipients);
  }

  private static void system(String reference, String body) {
    TestServer.Reply reply = server.asSystem().put(reference, body);
    assertTrue(reply.status() < 300, reply.body());
  }

  private static TestServer as(String who) {
    return server.asUser(who.contains("/") ? who : "Practitioner/" + who);
  }

  private static String upload(String who, long seed) {
    HttpResponse<byte[]> reply =
        as(who).bytes("POST", "Binary", Samples.png(200, seed), "Content-Type", "image/png");
    assertEquals(201, reply.statusCode(), new String(reply.body()));
    return reply
        .headers()
        .firstValue("Location")
        .orElseThrow()
        .replaceAll(".*/Binary/([^/]+)/_history/1", "$1");
  }

  private static String message(String thread, String binary) {
    return """
        {"resourceType":"Communication","status":"in-progress","partOf":[{"reference":"Communication/%s"}],
         "payload":[{"contentString":"see this"},{"contentAttachment":{"url":"Binary/%s"}}]}"""
        .formatted(thread, binary);
  }

  private static TestServer.Reply sent(TestServer.Reply reply) {
    assertEquals(201, reply.status(), reply.body());
    return reply;
  }

  /** The doors of FHIR, and the bytes. */
  private static Set<String> open(String who, String binary) {
    String person = who.contains("/") ? who : "Practitioner/" + who;
    Set<String> open = new TreeSet<>(Doors.of(as(who), person).open("Binary/" + binary));
    if (raw(who, binary) == 200) {
      open.add("download");
    }
    if (as(who).bytes("GET", "Binary/" + binary + "/_history/1", null, "Accept", "*/*").statusCode()
        == 200) {
      open.add("download of the version");
    }
    if (as(who)
            .bytes("GET", "Binary/" + binary, null, "Accept", "*/*", "Range", "bytes=0-1")
            .statusCode()
        == 206) {
      open.add("range");
    }
    if (as(who).bytes("HEAD", "Binary/" + binary, null, "Accept", "*/*").statusCode() == 200) {
      open.add("head");
    }
    if (as(who)
        .get("Communication?_count=100&_include=*&_include:iterate=*")
        .body()
        .contains("\"Binary\"")) {
      open.add("include");
    }
    return open;
  }

  private static int raw(String who, String binary) {
    return as(who).bytes("GET", "Binary/" + binary, null, "Accept", "*/*").statusCode();
  }

  @Test
  void an_upload_is_its_uploader_s_alone_until_a_message_has_it() {
    String id = upload("dr-a", 1);
    assertEquals(Set.of(), open("dr-b", id));
    assertFalse(open("dr-a", id).isEmpty());
    sent(as("dr-a").post("Communication", message("t", id)));
    assertEquals(200, raw("dr-b", id));
    assertEquals(Set.of(), open("dr-c", id));
    assertTrue(
        open("dr-b", id)
            .containsAll(Set.of("download", "range", "head", "read", "search", "history")));
    // Who treats the patient reads what is written about them.
    assertEquals(200, raw("gp", id));
    assertEquals(404, raw("Patient/anna", id));
  }

  @Test
  void access_follows_the_thread_as_it_is_now() {
    system("Communication/m", thread("m", "staff-only", "Practitioner/dr-a", "Practitioner/dr-b"));
    String id = upload("dr-a", 2);
    sent(as("dr-a").post("Communication", message("m", id)));
    assertEquals(404, raw("dr-c", id));
    system("Communication/m", thread("m", "staff-only", "Practitioner/dr-a", "Practitioner/dr-c"));
    assertEquals(200, raw("dr-c", id));
    assertEquals(Set.of(), open("dr-b", id));
  }

  @Test
  void nobody_sends_a_file_that_they_do_not_see() {
    String theirs = upload("dr-a", 3);
    TestServer.Reply refused = as("dr-b").post("Communication", message("t", theirs));
    assertEquals(422, refused.status());
    assertEquals("unknown-reference", refused.reason());
    TestServer.Reply missing = as("dr-b").post("Communication", message("t", "not-there"));
    assertEquals(missing.body().replace("not-there", "?"), refused.body().replace(theirs, "?"));
    assertEquals(404, raw("dr-b", theirs));
  }

  @Test
  void a_draft_keeps_its_file_to_its_author() {
    String id = upload("dr-a", 4);
    TestServer.Reply draft =
        sent(
            as("dr-a")
                .post("Communication", message("t", id).replace("in-progress", "preparation")));
    assertEquals(200, raw("dr-a", id));
    assertEquals(Set.of(), open("dr-b", id));
    TestServer.Reply sent =
        as("dr-a")
            .put(
                "Communication/" + draft.id(),
                draft.body().replace("\"preparation\"", "\"in-progress\""));
    assertEquals(200, sent.status(), sent.body());
    assertEquals(200, raw("dr-b", id));
    String other = upload("dr-a", 5);
    TestServer.Reply second =
        sent(
            as("dr-a")
                .post("Communication", message("t", other).replace("in-progress", "preparation")));
    String without = second.body().replaceAll(",\\{\"contentAttachment\":\\{[^}]*\\}\\}", "");
    assertEquals(200, as("dr-a").put("Communication/" + second.id(), without).status());
    assertEquals(410, raw("dr-a", other));
  }

  @Test
  void what_is_recalled_is_gone_but_for_its_sender() {
    String id = upload("dr-a", 6);
    TestServer.Reply sent = sent(as("dr-a").post("Communication", message("t", id)));
    assertEquals(200, raw("dr-b", id));
    TestServer.Reply recalled =
        as("dr-a")
            .put(
                "Communication/" + sent.id(),
                sent.body()
                    .replace("\"status\":\"in-progress\"", "\"status\":\"entered-in-error\""));
    assertEquals(200, recalled.status(), recalled.body());
    assertEquals(Set.of(), open("dr-b", id));
    assertEquals(Set.of(), open("gp", id));
    assertEquals(200, raw("dr-a", id));
    assertTrue(as("dr-a").get("Binary/" + id + "?_summary=true").body().contains("recalled"));
    // Nor by sending it on.
    assertEquals("unknown-reference", as("dr-b").post("Communication", message("t", id)).reason());
  }

  @Test
  void the_file_of_a_forward_goes_with_the_recall_of_what_was_forwarded() {
    system("Communication/f", thread("f", "staff-only", "Practitioner/dr-b", "Practitioner/dr-c"));
    String id = upload("dr-a", 8);
    TestServer.Reply first = sent(as("dr-a").post("Communication", message("t", id)));
    TestServer.Reply forwarded =
        as("dr-b")
            .post(
                "Communication/" + first.id() + "/$forward",
                """
                {"resourceType":"Parameters","parameter":[
                  {"name":"to","valueReference":{"reference":"Communication/f"}}]}""");
    assertEquals(200, forwarded.status(), forwarded.body());
    String copy =
        forwarded
            .body()
            .replaceAll("(?s).*\"contentAttachment\":\\{[^}]*Binary/([^\"]+)\".*", "$1");
    assertNotEquals(id, copy);
    assertEquals(200, raw("dr-c", copy));
    assertEquals(
        200,
        as("dr-a")
            .post("Communication/" + first.id() + "/$recall", "{\"resourceType\":\"Parameters\"}")
            .status());
    assertEquals(Set.of(), open("dr-c", copy));
    assertEquals(404, raw("dr-b", copy), "nor does the forwarder keep it");
  }

  @Test
  void a_file_that_is_sent_on_has_the_readers_of_each_message() {
    system("Communication/n", thread("n", "staff-only", "Practitioner/dr-b", "Practitioner/dr-c"));
    String id = upload("dr-a", 7);
    TestServer.Reply first = sent(as("dr-a").post("Communication", message("t", id)));
    TestServer.Reply second = sent(as("dr-b").post("Communication", message("n", id)));
    String copy = second.json().at("/payload/1/contentAttachment/url").asText().substring(7);
    assertNotEquals(id, copy);
    assertEquals(404, raw("dr-c", id));
    HttpResponse<byte[]> on = as("dr-c").bytes("GET", "Binary/" + copy, null, "Accept", "*/*");
    assertArrayEquals(Samples.png(200, 7), on.body());
    assertEquals(404, raw("dr-a", copy));
    as("dr-a")
        .put(
            "Communication/" + first.id(),
            first.body().replace("\"status\":\"in-progress\"", "\"status\":\"entered-in-error\""));
    assertEquals(404, raw("dr-b", id));
    assertEquals(200, raw("dr-b", copy));
  }

  @Test
  void a_system_s_message_has_its_files_too() {
    HttpResponse<byte[]> up =
        server
            .asSystem()
            .bytes("PUT", "Binary/scan", Samples.png(200, 8), "Content-Type", "image/png");
    assertEquals(201, up.statusCode());
    assertEquals(404, raw("dr-a", "scan"));
    system(
        "Communication/of-system",
        message("t", "scan")
            .replaceFirst("\\{", "{\"id\":\"of-system\",")
            .replace("\"status\"", "\"sender\":{\"reference\":\"Practitioner/dr-b\"},\"status\""));
    assertEquals(200, raw("dr-a", "scan"));
    assertEquals(Set.of(), open("dr-c", "scan"));
    assertFalse(server.asSystem().get("Communication/of-system").body().contains("\"hash\""));
  }

  @Test
  void what_waits_for_an_identity_waits_with_its_message() {
    String sensitive =
        "\"category\":[{\"coding\":[{\"system\":\"https://parley.dev/fhir/CodeSystem/content-class\",\"code\":\"sensitive\"}]}],\"status\"";
    system("Communication/p", thread("p", "patient-facing", "Practitioner/gp", "Patient/anna"));
    String id = upload("gp", 9);
    sent(as("gp").post("Communication", message("p", id).replace("\"status\"", sensitive)));
    HttpResponse<byte[]> held =
        as("Patient/anna").bytes("GET", "Binary/" + id, null, "Accept", "*/*");
    assertEquals(403, held.statusCode(), new String(held.body()));
    assertTrue(new String(held.body()).contains("withheld-identity"));
    TestServer.Reply fhir = as("Patient/anna").get("Binary/" + id);
    assertFalse(fhir.body().contains("image/png") || fhir.body().contains("\"data\""), fhir.body());
    assertEquals(
        "unknown-reference", as("Patient/anna").post("Communication", message("p", id)).reason());
    String open = upload("gp", 10);
    sent(as("gp").post("Communication", message("p", open)));
    assertEquals(200, raw("Patient/anna", open));
  }

  @Test
  void a_document_has_its_file() {
    String id = upload("gp", 11);
    TestServer.Reply document =
        as("gp")
            .post(
                "DocumentReference",
                """
                {"resourceType":"DocumentReference","status":"current","subject":{"reference":"Patient/anna"},
                 "content":[{"attachment":{"url":"Binary/%s"}}]}"""
                    .formatted(id));
    sent(document);
    assertEquals("image/png", document.json().at("/content/0/attachment/contentType").asText());
    assertEquals(200, raw("Patient/anna", id));
    assertEquals(Set.of(), open("dr-c", id));
  }

  @Test
  void a_download_is_in_the_trail_with_its_patient() {
    String id = upload("dr-a", 12);
    sent(as("dr-a").post("Communication", message("t", id)));
    assertEquals(200, raw("dr-b", id));
    TestServer.Reply trail =
        server
            .as(
                server
                    .issuer()
                    .token(
                        "Practitioner/dr-c",
                        "user/*.cruds",
                        Map.of("roles", List.of("privacy-officer"))))
            .get("AuditEvent?patient=Patient/anna&entity=Binary/" + id + "&subtype=download");
    assertEquals(1, trail.json().path("entry").size(), trail.body());
    assertTrue(trail.body().contains("Practitioner/dr-b"));
  }
}
