// SPDX-License-Identifier: Apache-2.0
package dev.parley.http;

import static dev.parley.http.Rest.ok;
import static dev.parley.http.Rest.refused;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.TestServer;
import dev.parley.TestServer.Reply;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever is sent, the answer is 4xx with a reason, and the server goes on. */
class BadInputTest {
  private final TestServer server = Rest.server();

  @AfterEach
  void the_server_goes_on() {
    ok(200, server.get("Patient/x"));
  }

  private Reply send(String method, String path, BodyPublisher body, String type)
      throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(server.base() + "/" + path))
            .method(method, body)
            .header("Content-Type", type)
            .build();
    return new Reply(
        HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "nonsense",
        "null",
        "[]",
        "7",
        "\"x\"",
        "{",
        "{}",
        "{\"resourceType\":\"Patient\"",
        "{\"resourceType\":\"Patient\"}}",
        "{\"resourceType\":\"Patient\"}{\"resourceType\":\"Patient\"}",
        "{\"resourceType\":\"Patient\",}",
        "{'resourceType':'Patient'}",
        "{\"resourceType\":\"Patient\",\"active\":tru}",
        "{\"resourceType\":7}",
        "{\"resourceType\":\"Nothing\"}",
        "{\"resourceType\":\"Communication\",\"status\":\"completed\"}",
        "{\"resourceType\":\"Patient\",\"active\":true,\"active\":false}",
        "{\"resourceType\":\"Patient\",\"name\":[{\"family\":\"a\",\"family\":\"b\"}]}",
        "{\"resourceType\":\"Patient\",\"active\":\"yes\"}",
        "{\"resourceType\":\"Patient\",\"active\":[true]}",
        "{\"resourceType\":\"Patient\",\"name\":{\"family\":\"a\"}}",
        "{\"resourceType\":\"Patient\",\"name\":\"a\"}",
        "{\"resourceType\":\"Patient\",\"name\":[]}",
        "{\"resourceType\":\"Patient\",\"name\":[null]}",
        "{\"resourceType\":\"Patient\",\"name\":[{}]}",
        "{\"resourceType\":\"Patient\",\"name\":[{\"given\":[\"a\",null]}]}",
        "{\"resourceType\":\"Patient\",\"name\":[{\"given\":[]}]}",
        "{\"resourceType\":\"Patient\",\"name\":[\"a\"]}",
        "{\"resourceType\":\"Patient\",\"birthDate\":\"1970-02-31\"}",
        "{\"resourceType\":\"Patient\",\"birthDate\":\"31.12.1970\"}",
        "{\"resourceType\":\"Patient\",\"birthDate\":1970}",
        "{\"resourceType\":\"Patient\",\"deceasedDateTime\":\"2026-01-01T25:00:00Z\"}",
        "{\"resourceType\":\"Patient\",\"deceasedDateTime\":\"2026-01-01T10:00\"}",
        "{\"resourceType\":\"Patient\",\"deceasedBoolean\":true,\"deceasedDateTime\":\"2026\"}",
        "{\"resourceType\":\"Patient\",\"gender\":\"unheard-of\"}",
        "{\"resourceType\":\"Patient\",\"multipleBirthInteger\":1.5}",
        "{\"resourceType\":\"Patient\",\"multipleBirthInteger\":99999999999}",
        "{\"resourceType\":\"Patient\",\"photo\":[{\"data\":\"no base64 !\"}]}",
        "{\"resourceType\":\"Patient\",\"contained\":[{\"id\":\"a\"}]}",
        "{\"resourceType\":\"Patient\",\"contained\":\"x\"}",
        "{\"resourceType\":\"Patient\",\"meta\":\"x\"}",
        "{\"resourceType\":\"Patient\",\"meta\":[]}",
        "{\"resourceType\":\"Patient\",\"extension\":[{\"valueString\":\"no url\"}]}",
        "{\"resourceType\":\"Patient\",\"extension\":[{\"url\":\"u\",\"valueString\":7}]}",
        "{\"resourceType\":\"Patient\",\"extension\":{\"url\":\"u\",\"valueString\":\"x\"}}",
        "{\"resourceType\":\"Patient\",\"text\":{\"status\":\"generated\",\"div\":\"<div\"}}",
        "{\"resourceType\":\"Patient\",\"unknown\":{\"a\":1}}",
        "<Patient xmlns=\"http://hl7.org/fhir\"/>",
      })
  void a_body_that_is_not_a_patient_is_refused(String body) {
    Reply created = server.post("Patient", body);
    assertTrue(
        created.status() == 400 || created.status() == 422, created.status() + created.body());
    refused(created.status(), created);
    Reply updated = server.put("Patient/x", body);
    assertTrue(
        updated.status() == 400 || updated.status() == 422, updated.status() + updated.body());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "<Patient",
        "<Patient xmlns=\"http://hl7.org/fhir\"><name></Patient>",
        "<Patient xmlns=\"http://hl7.org/fhir\"><shoe value=\"1\"/></Patient>",
        "<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/hostname\">]>"
            + "<Patient xmlns=\"http://hl7.org/fhir\"><name><family value=\"&e;\"/></name></Patient>",
        "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">]>"
            + "<Patient xmlns=\"http://hl7.org/fhir\"><name><family value=\"&b;\"/></name></Patient>",
        "<Nothing xmlns=\"http://hl7.org/fhir\"/>",
        "nonsense",
      })
  void xml_that_is_not_a_patient_is_refused(String body) {
    Reply reply =
        server.post(
            "Patient",
            body,
            "Content-Type",
            "application/fhir+xml",
            "Accept",
            "application/fhir+json");
    refused(400, reply);
  }

  @Test
  void deep_nesting_is_refused() {
    String open = "{\"url\":\"http://x\",\"extension\":[";
    String deep = open.repeat(5_000) + "]}".repeat(5_000);
    refused(
        400, server.post("Patient", "{\"resourceType\":\"Patient\",\"extension\":[" + deep + "]}"));
    refused(400, server.post("Patient", "[".repeat(100_000)));
    refused(400, server.post("", "[".repeat(100_000)));
    String tags = "<extension url=\"http://x\">".repeat(5_000);
    refused(
        400,
        server.post(
            "Patient",
            "<Patient xmlns=\"http://hl7.org/fhir\">"
                + tags
                + "</extension>".repeat(5_000)
                + "</Patient>",
            "Content-Type",
            "application/fhir+xml",
            "Accept",
            "application/fhir+json"));
  }

  @Test
  void broken_utf_8_is_refused() throws Exception {
    byte[] body = Rest.patient("caf").getBytes(StandardCharsets.ISO_8859_1);
    byte[] broken =
        new String(body, StandardCharsets.ISO_8859_1)
            .replace("caf", "caf\u00e9")
            .getBytes(StandardCharsets.ISO_8859_1);
    refused(
        400, send("POST", "Patient", BodyPublishers.ofByteArray(broken), "application/fhir+json"));
  }

  @Test
  void twenty_megabytes_are_refused_with_and_without_a_length() throws Exception {
    byte[] body = Rest.patient("x".repeat(20_000_000)).getBytes(StandardCharsets.UTF_8);
    refused(
        413, send("POST", "Patient", BodyPublishers.ofByteArray(body), "application/fhir+json"));
    BodyPublisher chunked =
        BodyPublishers.ofInputStream(() -> (InputStream) new ByteArrayInputStream(body));
    refused(413, send("POST", "Patient", chunked, "application/fhir+json"));
    refused(
        413, send("PUT", "Patient/x", BodyPublishers.ofByteArray(body), "application/fhir+json"));
  }

  @Test
  void a_missing_content_type_is_415() throws Exception { // A-4
    URI base = URI.create(server.base());
    try (Socket socket = new Socket(base.getHost(), base.getPort())) {
      String body = Rest.patient("a");
      String request =
          "POST /fhir/R4/Patient HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s"
              .formatted(body.length(), body);
      socket.getOutputStream().write(request.getBytes(StandardCharsets.UTF_8));
      String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertTrue(answer.startsWith("HTTP/1.1 415"), answer);
      assertTrue(answer.contains("OperationOutcome"), answer);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Patient/a%2Fb",
        "Patient/..%2F..%2Fx",
        "Patient/a%00b",
        "Patient/a;b",
        "Patient/%F0%9F%99%82",
        "Patient/x/_history/%2F",
        "Patient/x/_history/-1",
        "Patient/x/_history/99999999999999999999",
        "Patient/x/nothing",
        "Patient/x/y/z/w",
        "Patient//x",
        "$no-such-operation",
        "Patient/$no-such-operation",
        "Patient/x/$no-such-operation",
        "no/such/path",
        "%2e%2e/metadata",
      })
  void a_wrong_path_is_refused(String path) {
    Reply reply = server.get(path);
    assertTrue(reply.status() >= 400 && reply.status() < 500, reply.status() + " " + reply.body());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "birthdate=yesterday",
        "birthdate=ge",
        "birthdate=2026-13",
        "_lastUpdated=now",
        "_count=-1",
        "_count=many",
        "_count=99999999999999999999",
        "name:nonsense=x",
        "gender:exact=x",
        "no-such-parameter=x",
        "_sort=no-such-parameter",
        "_include=Patient",
        "_include=Patient:no-such",
        "_revinclude=Nothing:x",
        "_has:Observation:no-such:code=x",
        "_has:x=y",
        "general-practitioner.no-such=x",
        "name.family=x",
        "_total=perhaps",
        "_summary=perhaps",
        "birthdate:missing=perhaps",
        "_filter=name%20eq",
        "_query=x",
      })
  void a_wrong_search_is_refused(String query) {
    refused(400, server.get("Patient?" + query, "Prefer", "handling=strict"));
  }

  @Test
  void a_wrong_bundle_is_refused() {
    for (String body :
        new String[] {
          "{\"resourceType\":\"Bundle\"}",
          "{\"resourceType\":\"Bundle\",\"type\":\"collection\"}",
          "{\"resourceType\":\"Bundle\",\"type\":\"nonsense\"}",
          "{\"resourceType\":\"Patient\"}",
          "{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[{}]}",
          "{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":\"x\"}",
          "{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[{\"request\":{\"method\":\"POST\",\"url\":\"Patient\"}}]}",
          "{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[{\"request\":{\"method\":\"BREW\",\"url\":\"Patient\"}}]}",
          "{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"total\":1}",
        }) {
      Reply reply = server.post("", body);
      assertTrue(
          reply.status() == 400 || reply.status() == 422,
          reply.status() + " " + body + reply.body());
      refused(reply.status(), reply);
    }
  }

  @Test
  void an_unknown_method_is_refused() throws Exception {
    Reply reply = send("BREW", "Patient/x", BodyPublishers.noBody(), "application/fhir+json");
    assertTrue(reply.status() == 405 || reply.status() == 501, "" + reply.status());
    assertEquals("OperationOutcome", reply.json().at("/resourceType").asText());
  }

  @Test
  void a_19_a_zipped_body_is_limited_as_it_unfolds() throws IOException, InterruptedException {
    ByteArrayOutputStream zipped = new ByteArrayOutputStream();
    try (GZIPOutputStream zip = new GZIPOutputStream(zipped)) {
      zip.write(
          "{\"resourceType\":\"Basic\",\"code\":{\"text\":\"".getBytes(StandardCharsets.UTF_8));
      for (int i = 0; i < 20; i++) {
        zip.write("a".repeat(1 << 20).getBytes(StandardCharsets.UTF_8));
      }
      zip.write("\"}}".getBytes(StandardCharsets.UTF_8));
    }
    assertEquals(413, encoded("gzip", zipped.toByteArray()));
    assertEquals(400, encoded("gzip", "{}".getBytes(StandardCharsets.UTF_8)));
    assertEquals(400, encoded("gzip", Arrays.copyOf(zipped.toByteArray(), 500)));
    assertEquals(415, encoded("br", zipped.toByteArray()));
    zipped.reset();
    try (GZIPOutputStream zip = new GZIPOutputStream(zipped)) {
      zip.write(
          "{\"resourceType\":\"Basic\",\"code\":{\"text\":\"a\"}}"
              .getBytes(StandardCharsets.UTF_8));
    }
    assertEquals(201, encoded("gzip", zipped.toByteArray()));
  }

  private int encoded(String encoding, byte[] body) throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(server.base() + "/Basic"))
            .POST(HttpRequest.BodyPublishers.ofByteArray(body))
            .header("Content-Type", "application/fhir+json")
            .header("Content-Encoding", encoding)
            .build();
    return HttpClient.newHttpClient()
        .send(request, HttpResponse.BodyHandlers.discarding())
        .statusCode();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"entry\":[null]",
        "\"entry\":{\"request\":{\"method\":\"GET\",\"url\":\"Patient\"}}",
        "\"entry\":[E],\"entry\":[E]",
        "\"entry\":[{\"resource\":R,\"resource\":R,\"request\":{\"method\":\"POST\",\"url\":\"Basic\"}}]",
      })
  void entries_that_could_be_read_in_two_ways_are_refused(String entries) {
    String resource = "{\"resourceType\":\"Basic\",\"code\":{\"text\":\"a\"}}";
    String entry =
        "{\"resource\":%s,\"request\":{\"method\":\"POST\",\"url\":\"Basic\"}}".formatted(resource);
    for (String type : List.of("batch", "transaction")) {
      String bundle =
          "{\"resourceType\":\"Bundle\",\"type\":\"%s\",%s}"
              .formatted(type, entries.replace("E", entry).replace("R", resource));
      Reply reply = server.post("", bundle);
      assertEquals(400, reply.status(), reply.body());
    }
  }

  @Test
  void the_ends_of_time_and_of_numbers_are_stored() {
    for (String born : List.of("9999-12-31", "9999", "0001-01-01")) {
      String patient = "{\"resourceType\":\"Patient\",\"birthDate\":\"%s\"}".formatted(born);
      Reply reply = server.post("Patient", patient);
      assertEquals(201, reply.status(), reply.body());
      String found = server.get("Patient?birthdate=" + born + "&_id=" + reply.id()).body();
      assertTrue(found.contains("\"total\":1"), found);
      Reply inBundle =
          server.post(
              "",
              "{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[{\"resource\":%s,\"request\":{\"method\":\"POST\",\"url\":\"Patient\"}}]}"
                  .formatted(patient));
      assertEquals(200, inBundle.status(), inBundle.body());
    }
    for (String value : List.of("1E900", "-1E900", "1E-900")) {
      Reply reply = observed(value);
      assertEquals(201, reply.status(), reply.body());
    }
    for (String value : List.of("1E400000", "1.5e-400000", "1E+999999999", "-1E-999999999")) {
      refused(400, observed(value));
    }
    int none =
        server.post("Patient", "{\"resourceType\":\"Patient\",\"birthDate\":\"0000\"}").status();
    assertTrue(none == 201 || none == 400 || none == 422);
  }

  private Reply observed(String value) {
    return server.post(
        "Observation",
        "{\"resourceType\":\"Observation\",\"status\":\"final\",\"code\":{\"text\":\"\\\"1E9999\"},\"valueQuantity\":{\"value\":%s}}"
            .formatted(value));
  }

  @ParameterizedTest
  @ValueSource(strings = {"\\ud83d", "a\\ud83d b", "\\ude00", "\\ude00\\ud83d", "\\u0000"})
  void half_a_character_is_refused_and_not_stored_as_something_else(String half) {
    String patient =
        "{\"resourceType\":\"Patient\",\"name\":[{\"family\":\"%s\"}]}".formatted(half);
    refused(400, server.post("Patient", patient));
    refused(
        400,
        server.post(
            "",
            "{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[{\"fullUrl\":\"urn:uuid:a\",\"resource\":%s,\"request\":{\"method\":\"POST\",\"url\":\"Patient\"}}]}"
                .formatted(patient)));
    String id = server.post("Patient", Rest.patient("whole")).id();
    Reply patched =
        server.send(
            "PATCH",
            "Patient/" + id,
            "[{\"op\":\"replace\",\"path\":\"/name/0/family\",\"value\":\"%s\"}]".formatted(half),
            "Content-Type",
            "application/json-patch+json");
    assertTrue(patched.status() == 400 || patched.status() == 422, patched.body());
  }

  @Test
  void a_character_in_two_halves_is_kept() {
    Reply reply = server.post("Patient", Rest.patient("\\ud83d\\ude00"));
    assertEquals(201, reply.status(), reply.body());
    assertEquals(
        "\ud83d\ude00", server.get("Patient/" + reply.id()).json().at("/name/0/family").asText());
  }

  @Test
  void a_gap_among_values_is_filled_by_extensions() {
    ok(
        201,
        server.post(
            "Patient",
            """
            {"resourceType":"Patient","name":[{"given":["a",null],
              "_given":[null,{"extension":[{"url":"http://x","valueString":"y"}]}]}]}"""));
  }

  @Test
  void a_nul_in_a_search_is_refused_and_keeps_nobody_else_from_reading() {
    for (String search :
        List.of("Patient?name=%00", "Patient?family:exact=a%00", "Patient?_id=%00")) {
      assertEquals("nul", refused(400, server.get(search)).reason());
    }
    Reply operation =
        server.post(
            "Patient/$validate",
            "{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"mode\",\"valueString\":\"\\u0000\"}]}");
    assertEquals("nul", refused(400, operation).reason());
  }
}
