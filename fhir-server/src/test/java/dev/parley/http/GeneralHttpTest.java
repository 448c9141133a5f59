// SPDX-License-Identifier: Apache-2.0
package dev.parley.http;

import static dev.parley.http.Rest.ok;
import static dev.parley.http.Rest.refused;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.TestServer;
import dev.parley.TestServer.Reply;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.Socket;
import java.net.URI;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A.1 of the REST checklist. */
class GeneralHttpTest {
  private static final String JSON = "application/fhir+json";
  private static final String XML = "application/fhir+xml";
  private final TestServer server = Rest.server();

  @Test
  void a_slash_at_the_end_does_not_matter_and_case_does() {
    ok(200, server.get("Patient/"));
    ok(200, server.get("Patient/x/"));
    ok(200, server.get("metadata/"));
    ok(200, server.post(server.base() + "/", "{\"resourceType\":\"Bundle\",\"type\":\"batch\"}"));
    refused(404, server.get("patient/x"));
    refused(404, server.get("Patient/X"));
  }

  @Test
  void an_operation_refuses_a_parameter_that_it_does_not_know() {
    String body =
        """
        {"resourceType":"Parameters","parameter":[{"name":"%s","valueString":"insulin"}]}""";
    ok(200, server.post("Communication/$find", body.formatted("text")));
    ok(200, server.get("Communication/$find?text=insulin&_format=json&_count=5"));
    for (Reply reply :
        new Reply[] {
          server.post("Communication/$find", body.formatted("Text")),
          server.get("Communication/$find?text=insulin&form=2026-01-01"),
        }) {
      assertEquals("unknown-parameter", refused(400, reply).reason());
      assertTrue(reply.body().contains("it takes "), reply.body());
      assertTrue(reply.body().contains("has-attachment"), reply.body());
    }
  }

  @Test
  void a_connection_goes_on_after_a_request_that_was_answered_unread() throws Exception {
    try (Socket socket = new Socket("127.0.0.1", URI.create(server.base()).getPort())) {
      socket.setSoTimeout(20_000);
      BufferedReader in =
          new BufferedReader(new InputStreamReader(socket.getInputStream(), ISO_8859_1));
      for (int i = 0; i < 2; i++) {
        String head =
            "POST /fhir/R4/Nonsense HTTP/1.1\r\nHost: x\r\nContent-Type: application/fhir+json\r\nContent-Length: 6\r\n\r\n";
        socket.getOutputStream().write(head.getBytes(ISO_8859_1));
        String line = in.readLine();
        while (line != null && !line.contains("HTTP/1.1 404")) {
          line = in.readLine();
        }
        assertTrue(line != null, "closed");
        // The body comes when the answer is there.
        socket.getOutputStream().write("{    }".getBytes(ISO_8859_1));
      }
    }
  }

  @Test
  void text_is_utf_8_both_ways() {
    Reply created = ok(201, server.post("Patient", Rest.patient("Ångström 漢字 🙂")));
    assertEquals(
        "Ångström 漢字 🙂",
        server.get("Patient/" + created.id()).json().at("/name/0/family").asText());
  }

  @Test
  void json_and_xml_are_served_under_all_their_names() {
    for (String type :
        new String[] {JSON, "application/json", "text/json", "application/json+fhir", "*/*"}) {
      Reply reply = ok(200, server.get("Patient/x", "Accept", type));
      assertTrue(reply.header("Content-Type").startsWith(JSON), type);
      assertTrue(reply.body().startsWith("{"), type);
    }
    for (String type : new String[] {XML, "application/xml", "text/xml", "application/xml+fhir"}) {
      Reply reply = ok(200, server.get("Patient/x", "Accept", type));
      assertTrue(reply.header("Content-Type").contains("xml"), type);
      assertTrue(reply.body().startsWith("<Patient"), type);
    }
  }

  @Test
  void format_overrides_accept() {
    for (String format :
        new String[] {
          "json", "application/json", "application/fhir%2Bjson", "application/fhir+json"
        }) {
      Reply reply = ok(200, server.get("Patient/x?_format=" + format, "Accept", XML));
      assertTrue(reply.body().startsWith("{"), format);
    }
    for (String format :
        new String[] {
          "xml", "text/xml", "application/xml", "application/fhir%2Bxml", "application/fhir+xml"
        }) {
      Reply reply = ok(200, server.get("Patient/x?_format=" + format, "Accept", JSON));
      assertTrue(reply.body().startsWith("<Patient"), format);
    }
    refused(406, server.get("Patient/x?_format=pdf"));
  }

  @Test
  void xml_is_read_and_written_alike() {
    Reply created =
        server.post(
            "Patient",
            "<Patient xmlns=\"http://hl7.org/fhir\"><name><family value=\"Xml\"/></name></Patient>",
            "Content-Type",
            XML,
            "Accept",
            XML);
    ok(201, created);
    assertTrue(created.body().startsWith("<Patient"), created.body());
    Reply read = server.get("Patient/" + created.id());
    assertEquals("Xml", read.json().at("/name/0/family").asText());
    Reply bundle = server.get("Patient?_id=" + created.id(), "Accept", XML);
    assertTrue(bundle.body().startsWith("<Bundle"), bundle.body());
  }

  @Test
  void what_cannot_be_served_or_read_is_406_or_415() {
    refused(406, server.get("Patient/x", "Accept", "application/pdf"));
    refused(406, server.get("Patient/x", "Accept", JSON + ";q=0"));
    refused(415, server.post("Patient", Rest.patient("a"), "Content-Type", "text/plain"));
    refused(415, server.put("Patient/x", Rest.patient("x", "a"), "Content-Type", "text/csv"));
    refused(
        415, server.post("Patient", Rest.patient("a"), "Content-Type", JSON + ";charset=utf-16"));
  }

  @Test
  void the_fhir_version_may_be_named() {
    ok(200, server.get("Patient/x", "Accept", JSON + "; fhirVersion=4.0"));
    refused(406, server.get("Patient/x", "Accept", JSON + "; fhirVersion=3.0"));
    ok(201, server.post("Patient", Rest.patient("a"), "Content-Type", JSON + "; fhirVersion=4.0"));
    refused(
        415, server.post("Patient", Rest.patient("a"), "Content-Type", JSON + ";fhirVersion=5.0"));
  }

  @Test
  void pretty_is_indented() {
    assertTrue(server.get("Patient/x?_pretty=true").body().contains("\n"));
    assertFalse(server.get("Patient/x?_pretty=false").body().contains("\n"));
  }

  @Test
  void etag_and_last_modified_are_on_every_resource() {
    Reply created = server.post("Patient", Rest.patient("a"));
    String id = created.id();
    Reply updated = server.put("Patient/" + id, Rest.patient(id, "b"));
    Reply read = server.get("Patient/" + id);
    Reply vread = server.get("Patient/" + id + "/_history/1");
    assertEquals("W/\"1\"", created.header("ETag"));
    assertEquals("W/\"2\"", updated.header("ETag"));
    assertEquals("W/\"2\"", read.header("ETag"));
    assertEquals("W/\"1\"", vread.header("ETag"));
    for (Reply reply : new Reply[] {created, updated, read, vread}) {
      assertTrue(reply.header("Last-Modified").endsWith(" GMT"));
    }
  }

  @Test
  void errors_come_in_the_format_that_was_asked_for() {
    Reply xml = server.get("Patient/nobody", "Accept", XML);
    assertEquals(404, xml.status());
    assertTrue(xml.body().startsWith("<OperationOutcome"), xml.body());
    refused(404, server.get("Patient/nobody"));
  }

  @Test
  void prefer_decides_the_body_of_a_success_only() {
    Reply minimal = server.post("Patient", Rest.patient("a"), "Prefer", "return=minimal");
    ok(201, minimal);
    assertEquals("", minimal.body());
    assertEquals("W/\"1\"", minimal.header("ETag"));
    assertTrue(minimal.header("Location").contains("/Patient/"));
    Reply full = server.post("Patient", Rest.patient("a"), "Prefer", "return=representation");
    assertEquals("Patient", full.json().at("/resourceType").asText());
    Reply outcome = server.post("Patient", Rest.patient("a"), "Prefer", "return=OperationOutcome");
    assertEquals("OperationOutcome", ok(201, outcome).json().at("/resourceType").asText());
    assertEquals(
        "Patient", server.post("Patient", Rest.patient("a")).json().at("/resourceType").asText());
    refused(
        422,
        server.post(
            "Communication", "{\"resourceType\":\"Communication\"}", "Prefer", "return=minimal"));
  }

  @Test
  void a_request_id_is_echoed_or_given() {
    assertEquals(
        "abc-123", server.get("Patient/x", "X-Request-Id", "abc-123").header("X-Request-Id"));
    assertEquals("e-1", server.get("Patient/no", "X-Request-Id", "e-1").header("X-Request-Id"));
    assertEquals(
        "e-2",
        server.get("Patient/x", "Accept", "a/b", "X-Request-Id", "e-2").header("X-Request-Id"));
    String given = server.get("Patient/x", "X-Request-Id", "<script>").header("X-Request-Id");
    assertTrue(given.matches("[A-Za-z0-9]{8,64}"), given);
    assertNotEquals(
        server.get("Patient/x").header("X-Request-Id"),
        server.get("Patient/x").header("X-Request-Id"));
  }

  @Test
  void head_answers_the_headers_of_get() {
    for (String path :
        new String[] {"Patient/x", "Patient/x/_history/1", "Patient?_count=1", "metadata"}) {
      Reply get = server.get(path);
      Reply head = server.send("HEAD", path, null);
      assertEquals(200, head.status(), path);
      assertEquals("", head.body());
      assertEquals(get.header("ETag"), head.header("ETag"), path);
      assertEquals(get.header("Content-Type"), head.header("Content-Type"), path);
    }
    assertEquals(404, server.send("HEAD", "Patient/nobody", null).status());
  }

  @Test
  void pages_of_allowed_origins_may_call() {
    try (TestServer open = TestServer.start(Map.of("PARLEY_CORS_ORIGINS", "https://a.example"))) {
      Reply preflight =
          open.send(
              "OPTIONS",
              "Patient",
              null,
              "Origin",
              "https://a.example",
              "Access-Control-Request-Method",
              "POST");
      assertEquals(200, preflight.status());
      assertEquals("https://a.example", preflight.header("Access-Control-Allow-Origin"));
      assertTrue(preflight.header("Access-Control-Allow-Headers").contains("If-None-Exist"));
      Reply call = open.get("Patient", "Origin", "https://a.example");
      assertTrue(call.header("Access-Control-Expose-Headers").contains("ETag"));
      assertNull(
          open.get("Patient", "Origin", "https://b.example").header("Access-Control-Allow-Origin"));
    }
    assertNull(
        server.get("Patient", "Origin", "https://a.example").header("Access-Control-Allow-Origin"));
  }

  @Test
  void a_body_that_is_too_long_is_413() {
    String long20 = Rest.patient("x".repeat(20_000_000));
    Reply reply = refused(413, server.post("Patient", long20));
    assertEquals("too-long", reply.json().at("/issue/0/code").asText());
    ok(200, server.get("Patient/x"));
  }

  @Test
  void a_method_that_is_not_there_is_405_and_a_type_404() {
    Reply reply = refused(405, server.send("PUT", "metadata", "{}"));
    assertTrue(reply.header("Allow").contains("GET"), String.valueOf(reply.header("Allow")));
    refused(405, server.send("DELETE", "Patient/x/_history", null));
    refused(405, server.post("Patient/x", Rest.patient("x", "a")));
    refused(404, server.get("Nothing/1"));
    refused(404, server.post("Nothing", "{\"resourceType\":\"Nothing\"}"));
    refused(404, server.get("Nothing"));
  }

  @Test
  void nothing_may_be_kept_by_caches() {
    for (Reply reply :
        new Reply[] {server.get("Patient/x"), server.get("Patient/no"), server.get("Patient")}) {
      assertEquals("no-store", reply.header("Cache-Control"));
      assertEquals("nosniff", reply.header("X-Content-Type-Options"));
      assertNull(reply.header("X-Powered-By"));
      assertNull(reply.header("Server"));
    }
    String health = server.base().replace("/fhir/R4", "/health/ready");
    assertEquals("nosniff", server.get(health).header("X-Content-Type-Options"));
  }
}
