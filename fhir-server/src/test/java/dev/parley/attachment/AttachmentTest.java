// SPDX-License-Identifier: Apache-2.0
package dev.parley.attachment;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.TestClock;
import dev.parley.TestDatabase;
import dev.parley.TestServer;
import dev.parley.access.Caller;
import dev.parley.access.Refusal;
import dev.parley.access.Scopes;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.sql.Connection;
import java.sql.ResultSet;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Files in and out, and what is known of them. */
class AttachmentTest {
  private static final String THREAD =
      """
      {"resourceType":"Communication","id":"t","status":"in-progress","sender":{"reference":"Practitioner/dr-a"},
       "subject":{"reference":"Patient/anna"},
       "category":[{"coding":[{"system":"https://parley.dev/fhir/CodeSystem/audience","code":"staff-only"}]}],
       "recipient":[{"reference":"Practitioner/dr-a"},{"reference":"Practitioner/dr-b"}]}""";
  private static final TestClock CLOCK = new TestClock();
  private static TestServer server;

  @BeforeAll
  static void start() {
    server = TestServer.withLogin(Map.of("PARLEY_ATTACHMENT_LIMIT_BYTES", "3000000"), CLOCK);
    for (String who : List.of("dr-a", "dr-b", "dr-c")) {
      system("Practitioner/" + who, "{\"resourceType\":\"Practitioner\",\"id\":\"" + who + "\"}");
    }
    system("Patient/anna", "{\"resourceType\":\"Patient\",\"id\":\"anna\"}");
    system("Communication/t", THREAD);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static void system(String reference, String body) {
    TestServer.Reply reply = server.asSystem().put(reference, body);
    assertTrue(reply.status() < 300, reply.body());
  }

  private static TestServer as(String who) {
    return server.asUser("Practitioner/" + who);
  }

  private static HttpResponse<byte[]> upload(String who, byte[] bytes, String... headers) {
    return as(who).bytes("POST", "Binary", bytes, headers);
  }

  private static String body(HttpResponse<byte[]> reply) {
    return new String(reply.body(), StandardCharsets.UTF_8);
  }

  private static String id(HttpResponse<byte[]> reply) {
    assertEquals(201, reply.statusCode(), body(reply));
    return reply
        .headers()
        .firstValue("Location")
        .orElseThrow()
        .replaceAll(".*/Binary/([^/]+)/_history/1", "$1");
  }

  private static HttpResponse<byte[]> raw(String who, String id, String... headers) {
    String[] all = Arrays.copyOf(headers, headers.length + 2);
    all[headers.length] = "Accept";
    all[headers.length + 1] = "*/*";
    return as(who).bytes("GET", "Binary/" + id, null, all);
  }

  private static String header(HttpResponse<byte[]> reply, String name) {
    return reply.headers().firstValue(name).orElse(null);
  }

  private static String reason(HttpResponse<byte[]> reply) {
    return body(reply).replaceAll("(?s).*\"code\":\"([a-z0-9-]+)\"\\}\\].*", "$1");
  }

  private static String message(String id) {
    return """
        {"resourceType":"Communication","status":"in-progress","partOf":[{"reference":"Communication/t"}],
         "payload":[{"contentString":"see this"},{"contentAttachment":{"url":"Binary/%s"}}]}"""
        .formatted(id);
  }

  @Test
  void what_goes_in_comes_out() {
    byte[] image = Samples.png(1_700_000, 1);
    String id = id(upload("dr-a", image, "Content-Type", "image/png"));
    HttpResponse<byte[]> whole = raw("dr-a", id);
    assertEquals(200, whole.statusCode());
    assertArrayEquals(image, whole.body());
    assertEquals("image/png", header(whole, "Content-Type"));
    assertEquals("1700000", header(whole, "Content-Length"));
    assertEquals("bytes", header(whole, "Accept-Ranges"));
    assertEquals("nosniff", header(whole, "X-Content-Type-Options"));
    assertEquals("inline", header(whole, "Content-Disposition"));
    assertTrue(header(whole, "Content-Security-Policy").endsWith("sandbox"));
    assertEquals("no-store", header(whole, "Cache-Control"));
    HttpResponse<byte[]> head = as("dr-a").bytes("HEAD", "Binary/" + id, null, "Accept", "image/*");
    assertEquals("1700000", header(head, "Content-Length"));
    assertEquals(0, head.body().length);
    String etag = header(whole, "ETag");
    assertEquals(etag, header(head, "ETag"));
    assertEquals(304, raw("dr-a", id, "If-None-Match", "\"x\", " + etag).statusCode());
    assertEquals(200, raw("dr-a", id, "If-None-Match", "\"x\"").statusCode());
    assertEquals(
        200,
        as("dr-a")
            .bytes("GET", "Binary/" + id + "/_history/1", null, "Accept", "*/*")
            .statusCode());
  }

  @Test
  void a_range_is_that_range() {
    byte[] image = Samples.png(1_300_000, 2);
    String id = id(upload("dr-a", image, "Content-Type", "image/png"));
    for (int[] part :
        List.of(new int[] {0, 0}, new int[] {524_280, 524_300}, new int[] {100, 1_299_999})) {
      HttpResponse<byte[]> some =
          raw("dr-a", id, "Range", "bytes=%d-%d".formatted(part[0], part[1]));
      assertEquals(206, some.statusCode());
      assertEquals(
          "bytes %d-%d/1300000".formatted(part[0], part[1]), header(some, "Content-Range"));
      assertArrayEquals(Arrays.copyOfRange(image, part[0], part[1] + 1), some.body());
    }
    assertArrayEquals(
        Arrays.copyOfRange(image, 1_299_990, 1_300_000),
        raw("dr-a", id, "Range", "bytes=-10").body());
    assertArrayEquals(
        Arrays.copyOfRange(image, 1_299_990, 1_300_000),
        raw("dr-a", id, "Range", "bytes=1299990-").body());
    HttpResponse<byte[]> beyond = raw("dr-a", id, "Range", "bytes=1300000-");
    assertEquals(416, beyond.statusCode());
    assertEquals("bytes */1300000", header(beyond, "Content-Range"));
    String etag = header(beyond, "ETag");
    assertEquals(206, raw("dr-a", id, "Range", "bytes=0-1", "If-Range", etag).statusCode());
    assertEquals(200, raw("dr-a", id, "Range", "bytes=0-1", "If-Range", "\"other\"").statusCode());
    assertEquals(200, raw("dr-a", id, "Range", "bytes=0-1,5-6").statusCode());
    assertEquals(200, raw("dr-a", id, "Range", "lines=1-2").statusCode());
  }

  @Test
  void as_fhir_it_holds_its_bytes_if_they_are_few() {
    byte[] note = Samples.text("few words");
    String id = id(upload("dr-a", note, "Content-Type", "text/plain"));
    TestServer.Reply fhir = as("dr-a").get("Binary/" + id, "Accept", "application/fhir+json");
    assertEquals("text/plain", fhir.json().path("contentType").asText());
    assertEquals(Base64.getEncoder().encodeToString(note), fhir.json().path("data").asText());
    assertTrue(
        as("dr-a")
            .get("Binary/" + id, "Accept", "application/fhir+xml")
            .body()
            .startsWith("<Binary"));
    String large = id(upload("dr-a", Samples.png(1_000_001, 3), "Content-Type", "image/png"));
    TestServer.Reply refused = as("dr-a").get("Binary/" + large, "Accept", "application/fhir+json");
    assertEquals(406, refused.status());
    assertEquals("attachment-too-large-for-fhir", refused.reason());
    TestServer.Reply about = as("dr-a").get("Binary/" + large + "?_summary=true");
    assertEquals("image/png", about.json().path("contentType").asText());
    // A browser's own page: it likes its own types best.
    assertEquals(
        200,
        as("dr-a")
            .bytes(
                "GET",
                "Binary/" + large,
                null,
                "Accept",
                "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8")
            .statusCode());
  }

  @Test
  void sent_inside_of_fhir_it_is_stored_as_any_other() {
    byte[] pdf = Samples.pdf("by JSON");
    String body =
        "{\"resourceType\":\"Binary\",\"contentType\":\"application/pdf\",\"data\":\"%s\"}"
            .formatted(Base64.getEncoder().encodeToString(pdf));
    TestServer.Reply created = as("dr-a").post("Binary", body);
    assertEquals(201, created.status(), created.body());
    HttpResponse<byte[]> raw = raw("dr-a", created.id());
    assertArrayEquals(pdf, raw.body());
    assertFalse(header(raw, "Content-Security-Policy").contains("sandbox"));
    assertEquals(
        body, as("dr-a").get("Binary/" + created.id()).body().replaceAll("\"id\":.*?\\},", ""));
    String lying = body.replace("application/pdf", "image/png");
    assertEquals("attachment-type-mismatch", as("dr-a").post("Binary", lying).reason());
    TestServer.Reply records = server.asSystem().post("Binary", lying);
    assertEquals(201, records.status());
    HttpResponse<byte[]> kept =
        server.asSystem().bytes("GET", "Binary/" + records.id(), null, "Accept", "*/*");
    assertArrayEquals(pdf, kept.body());
  }

  @Test
  void what_is_said_of_a_file_is_not_believed() {
    byte[] image = Samples.png(100, 4);
    HttpResponse<byte[]> lie = upload("dr-a", image, "Content-Type", "application/pdf");
    assertEquals(415, lie.statusCode());
    assertEquals("attachment-type-mismatch", reason(lie));
    byte[] page = Samples.text("<!DOCTYPE html><html><script>alert(1)</script></html>");
    assertEquals(
        "attachment-type-mismatch", reason(upload("dr-a", page, "Content-Type", "image/png")));
    assertEquals("attachment-type", reason(upload("dr-a", page, "Content-Type", "text/html")));
    byte[] svg = Samples.text("<svg xmlns=\"http://www.w3.org/2000/svg\"><script>1</script></svg>");
    assertEquals("attachment-type", reason(upload("dr-a", svg, "Content-Type", "image/svg+xml")));
    byte[] program = {0x7f, 'E', 'L', 'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 62, 0};
    assertEquals(
        "attachment-type",
        reason(upload("dr-a", program, "Content-Type", "application/octet-stream")));
    assertEquals(
        "attachment-empty", reason(upload("dr-a", new byte[0], "Content-Type", "image/png")));
    // Not said: found out.
    String id = id(upload("dr-a", image, "Content-Type", "application/octet-stream"));
    assertEquals("image/png", header(raw("dr-a", id), "Content-Type"));
    // A table is text of a kind; saved, not shown.
    String csv =
        id(
            upload(
                "dr-a",
                Samples.text("a,b\n1,2\n"),
                "Content-Type",
                "text/csv",
                "Content-Disposition",
                "attachment; filename=\"../..\\\\evil\\u202etab<>le.csv\""));
    HttpResponse<byte[]> table = raw("dr-a", csv);
    assertEquals("text/csv", header(table, "Content-Type"));
    assertTrue(
        header(table, "Content-Disposition").startsWith("attachment; filename=\"evil"),
        header(table, "Content-Disposition"));
    assertFalse(header(table, "Content-Disposition").contains("/"));
  }

  @Test
  void a_file_that_is_too_long_leaves_nothing() throws Exception {
    long before = count("select count(*) from attachment_chunk");
    HttpResponse<byte[]> refused =
        upload("dr-a", Samples.png(3_000_001, 5), "Content-Type", "image/png");
    assertEquals(413, refused.statusCode());
    assertEquals("too-large", reason(refused));
    assertEquals(before, count("select count(*) from attachment_chunk"));
    assertEquals(0, count("select count(*) from attachment_upload"));
  }

  @Test
  void the_same_bytes_are_stored_once() throws Exception {
    byte[] image = Samples.png(700_000, 6);
    long before = count("select count(*) from attachment_chunk");
    String first = id(upload("dr-a", image, "Content-Type", "image/png"));
    String second = id(upload("dr-b", image, "Content-Type", "image/png"));
    assertNotEquals(first, second);
    assertEquals(before + 2, count("select count(*) from attachment_chunk"));
    assertEquals(404, raw("dr-b", first).statusCode());
    assertArrayEquals(image, raw("dr-b", second).body());
    assertEquals(204, as("dr-a").delete("Binary/" + first).status());
    assertEquals(410, raw("dr-a", first).statusCode());
    sweepAfter(Duration.ofHours(2));
    assertArrayEquals(image, raw("dr-b", second).body());
    assertEquals(204, as("dr-b").delete("Binary/" + second).status());
    sweepAfter(Duration.ofHours(2));
    assertEquals(before, count("select count(*) from attachment_chunk"));
  }

  @Test
  void an_upload_that_no_message_takes_is_deleted_after_its_time() throws Exception {
    String id = id(upload("dr-a", Samples.png(100, 7), "Content-Type", "image/png"));
    String taken = id(upload("dr-a", Samples.png(100, 8), "Content-Type", "image/png"));
    assertEquals(201, as("dr-a").post("Communication", message(taken)).status());
    sweepAfter(Duration.ofHours(23));
    assertEquals(200, raw("dr-a", id).statusCode());
    sweepAfter(Duration.ofHours(2));
    assertEquals(410, raw("dr-a", id).statusCode());
    assertEquals(200, raw("dr-a", taken).statusCode());
  }

  @Test
  void the_message_says_what_is_known_of_its_file() throws Exception {
    byte[] image = Samples.png(900, 9);
    String id =
        id(
            upload(
                "dr-a",
                image,
                "Content-Type",
                "image/png",
                "Content-Disposition",
                "attachment; filename*=UTF-8''wound%20%C3%A4.png"));
    TestServer.Reply sent = as("dr-a").post("Communication", message(id));
    assertEquals(201, sent.status(), sent.body());
    var attachment = sent.json().at("/payload/1/contentAttachment");
    assertEquals("Binary/" + id, attachment.path("url").asText());
    assertEquals("image/png", attachment.path("contentType").asText());
    assertEquals(900, attachment.path("size").asInt());
    assertEquals("wound ä.png", attachment.path("title").asText());
    assertEquals(
        Base64.getEncoder().encodeToString(MessageDigest.getInstance("SHA-1").digest(image)),
        attachment.path("hash").asText());
    assertTrue(attachment.has("creation"));
    assertEquals(
        "inline; filename=\"wound _.png\"; filename*=UTF-8''wound%20%C3%A4.png",
        header(raw("dr-b", id), "Content-Disposition"));
    assertEquals(
        "Communication/" + sent.id(),
        as("dr-b").get("Binary/" + id).json().at("/securityContext/reference").asText());
  }

  @Test
  void a_file_stays_as_it_was_sent() {
    String id = id(upload("dr-a", Samples.png(100, 10), "Content-Type", "image/png"));
    assertEquals(
        405,
        as("dr-a")
            .bytes("PUT", "Binary/" + id, Samples.png(100, 11), "Content-Type", "image/png")
            .statusCode());
    assertEquals(
        404,
        as("dr-a")
            .bytes("PUT", "Binary/mine", Samples.png(100, 11), "Content-Type", "image/png")
            .statusCode());
    assertEquals(
        201,
        server
            .asSystem()
            .bytes("PUT", "Binary/theirs", Samples.png(100, 11), "Content-Type", "image/png")
            .statusCode());
    assertEquals(
        405,
        server
            .asSystem()
            .bytes("PUT", "Binary/theirs", Samples.png(100, 12), "Content-Type", "image/png")
            .statusCode());
    String claiming =
        "{\"resourceType\":\"Binary\",\"contentType\":\"text/plain\",\"data\":\"eA==\",\"securityContext\":{\"reference\":\"Communication/t\"}}";
    assertEquals("attachment-claim", as("dr-c").post("Binary", claiming).reason());
    assertEquals(201, as("dr-a").post("Communication", message(id)).status());
    assertEquals("attachment-in-use", as("dr-a").delete("Binary/" + id).reason());
    String inline =
        message(id)
            .replace(
                "\"url\":\"Binary/" + id + "\"", "\"contentType\":\"text/html\",\"data\":\"eA==\"");
    assertEquals("attachment-type", as("dr-a").post("Communication", inline).reason());
  }

  @Test
  void a_few_bytes_may_stand_in_the_message_and_many_are_uploaded() {
    String small =
        message("x")
            .replace("\"url\":\"Binary/x\"", "\"contentType\":\"text/plain\",\"data\":\"eA==\"");
    TestServer.Reply sent = as("dr-a").post("Communication", small);
    assertEquals(201, sent.status(), sent.body());
    assertTrue(as("dr-b").get("Communication/" + sent.id()).body().contains("\"data\":\"eA==\""));
    assertEquals(404, as("dr-c").get("Communication/" + sent.id()).status());
    String many = Base64.getEncoder().encodeToString(new byte[70_000]);
    assertEquals(
        "attachment-inline",
        as("dr-a").post("Communication", small.replace("eA==", many)).reason());
    String program =
        Base64.getEncoder().encodeToString("#!/bin/sh".getBytes(StandardCharsets.UTF_8));
    assertEquals(
        "attachment-type-mismatch",
        as("dr-a")
            .post(
                "Communication", small.replace("text/plain", "image/png").replace("eA==", program))
            .reason());
  }

  @Test
  void what_is_sent_names_its_file_so_that_it_is_found() {
    String id = id(upload("dr-a", Samples.text("found by it"), "Content-Type", "text/plain"));
    String bare = message(id).replace("Binary/", "");
    TestServer messaging = server.as(server.issuer().system("system/*.cruds messaging"));
    String bySystem =
        bare.replace("\"partOf\"", "\"sender\":{\"reference\":\"Practitioner/dr-a\"},\"partOf\"");
    for (TestServer.Reply refused :
        List.of(
            as("dr-a").post("Communication", bare), messaging.post("Communication", bySystem))) {
      assertEquals(422, refused.status(), refused.body());
      assertEquals("attachment-url", refused.reason());
      assertTrue(refused.body().contains("refer to it as Binary/<id>"), refused.body());
    }
    String nothing = message(id).replace("\"url\":\"Binary/" + id + "\"", "\"title\":\"x\"");
    TestServer.Reply empty = as("dr-a").post("Communication", nothing);
    assertEquals(422, empty.status(), empty.body());
    assertTrue(empty.body().contains("Binary/<id>"), empty.body());
    // A draft may wait for its file, and records are kept as they come.
    TestServer.Reply draft =
        as("dr-a").post("Communication", nothing.replace("in-progress", "preparation"));
    assertEquals(201, draft.status(), draft.body());
    TestServer.Reply sent =
        as("dr-a")
            .put("Communication/" + draft.id(), draft.body().replace("preparation", "in-progress"));
    assertEquals("attachment-url", sent.reason(), sent.body());
    TestServer.Reply kept = server.asSystem().post("Communication", bySystem);
    assertEquals(201, kept.status(), kept.body());
    assertEquals(id, kept.json().at("/payload/1/contentAttachment/url").asText());
    TestServer.Reply right = as("dr-a").post("Communication", message(id));
    assertEquals(201, right.status(), right.body());
  }

  @Test
  void a_form_is_not_taken_for_a_file() {
    byte[] form = "file=hello".getBytes(StandardCharsets.UTF_8);
    for (String type :
        List.of("multipart/form-data; boundary=x", "application/x-www-form-urlencoded")) {
      HttpResponse<byte[]> refused = upload("dr-a", form, "Content-Type", type);
      assertEquals(415, refused.statusCode(), body(refused));
      assertEquals("attachment-form", reason(refused));
      assertTrue(body(refused).contains("curl --data-binary @file"), body(refused));
    }
  }

  @Test
  void a_transaction_may_bring_the_file_and_the_message() {
    String bundle =
        """
        {"resourceType":"Bundle","type":"transaction","entry":[
         {"fullUrl":"urn:uuid:0f2d1d4e-0000-4000-8000-000000000001","resource":
          {"resourceType":"Binary","contentType":"text/plain","data":"aGVsbG8="},"request":{"method":"POST","url":"Binary"}},
         {"resource":%s,"request":{"method":"POST","url":"Communication"}}]}"""
            .formatted(
                message("x").replace("Binary/x", "urn:uuid:0f2d1d4e-0000-4000-8000-000000000001"));
    TestServer.Reply done = as("dr-a").post("", bundle);
    assertEquals(200, done.status(), done.body());
    String binary =
        done.json()
            .at("/entry/0/response/location")
            .asText()
            .replaceAll(".*Binary/([^/]+)/.*", "$1");
    assertEquals("hello", body(raw("dr-b", binary)));
    assertEquals(404, raw("dr-c", binary).statusCode());
  }

  @Test
  void without_a_login_or_a_scope_nothing_is_taken_in() {
    assertEquals(
        401,
        server
            .bytes("POST", "Binary", Samples.png(30, 1), "Content-Type", "image/png")
            .statusCode());
    TestServer reads = server.as(server.issuer().token("Practitioner/dr-a", "user/*.rs"));
    HttpResponse<byte[]> refused =
        reads.bytes("POST", "Binary", Samples.png(30, 1), "Content-Type", "image/png");
    assertEquals(403, refused.statusCode());
    assertEquals("insufficient-scope", reason(refused));
    assertNull(header(refused, "Location"));
  }

  private static void sweepAfter(Duration time) {
    CLOCK.forward(time);
    server.runDue();
  }

  private static long count(String sql) throws Exception {
    try (Connection connection = TestDatabase.connect(server.config());
        ResultSet row = connection.createStatement().executeQuery(sql)) {
      row.next();
      return row.getLong(1);
    }
  }

  @Test
  void one_person_uploads_so_many_files_at_once() throws Exception {
    byte[] part = Samples.png(1_000, 61);
    List<Socket> open = new ArrayList<>();
    try {
      for (int i = 0; i < 4; i++) {
        open.add(begun("dr-c", part));
      }
      Awaitility.await()
          .until(
              () -> {
                HttpResponse<byte[]> fifth = upload("dr-c", part, "Content-Type", "image/png");
                return fifth.statusCode() == 429 && reason(fifth).equals("too-many-uploads");
              });
      assertEquals("10", header(upload("dr-c", part, "Content-Type", "image/png"), "Retry-After"));
      id(upload("dr-b", part, "Content-Type", "image/png"));
    } finally {
      for (Socket each : open) {
        each.close();
      }
    }
    Awaitility.await()
        .until(() -> upload("dr-c", part, "Content-Type", "image/png").statusCode() == 201);
  }

  /** An upload whose client has not sent all of it. */
  private static Socket begun(String who, byte[] part) throws IOException {
    URI base = URI.create(server.base());
    Socket socket = new Socket(base.getHost(), base.getPort());
    String head =
        "POST %s/Binary HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\nContent-Type: image/png\r\nContent-Length: 200000\r\n\r\n"
            .formatted(
                base.getPath(), server.issuer().token("Practitioner/" + who, "user/*.cruds"));
    socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
    socket.getOutputStream().write(part);
    socket.getOutputStream().flush();
    return socket;
  }

  @Test
  void one_person_uploads_so_many_bytes_in_a_day() throws Exception {
    TestClock clock = new TestClock();
    Allowance allowance = new Allowance(server.server().wiring().database(), 4, 10_000, clock);
    Caller person = caller("Patient/quota");
    for (int i = 0; i < 2; i++) {
      try (Allowance.Going going = allowance.begin(person, 4_000)) {
        going.counted(new ByteArrayInputStream(new byte[4_000])).readAllBytes();
      }
    }
    Refusal refusal = assertThrows(Refusal.class, () -> allowance.begin(person, 4_000));
    assertEquals("uploaded-too-much", refusal.reason());
    assertEquals(429, refusal.status());
    assertTrue(Integer.parseInt(refusal.headers().get("Retry-After")) <= 86_401);
    allowance.begin(person, 1_000).close();
    allowance.begin(caller("Patient/other"), 9_000).close();
    clock.forward(Duration.ofDays(1));
    allowance.begin(person, 4_000).close();
  }

  private static Caller caller(String who) {
    return Caller.person(who, "app", Scopes.parse("patient/*.cruds"));
  }

  @Test
  void an_upload_that_only_holds_a_thread_is_ended() {
    TestClock clock = new TestClock();
    Allowance allowance = new Allowance(server.server().wiring().database(), 4, 0, clock);
    byte[] bytes = new byte[200_000];
    try (Allowance.Going going = allowance.begin(caller("Patient/slow"), -1)) {
      InputStream in = going.counted(new ByteArrayInputStream(bytes));
      assertEquals(70_000, in.readNBytes(70_000).length);
      clock.forward(Duration.ofSeconds(61));
      assertEquals(1, in.readNBytes(1).length);
      clock.forward(Duration.ofSeconds(30));
      assertEquals("upload-too-slow", assertThrows(Refusal.class, () -> in.readNBytes(1)).reason());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
