// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.TestServer;
import dev.parley.TestServer.Reply;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class ResourceStoreTest {
  private static TestServer server;

  @BeforeAll
  static void start() {
    server = TestServer.start();
    server.put("Patient/p1", "{\"resourceType\":\"Patient\",\"id\":\"p1\"}");
    server.put("Practitioner/d1", "{\"resourceType\":\"Practitioner\",\"id\":\"d1\"}");
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static String message(String more) {
    return """
        {"resourceType":"Communication","status":"completed","sender":{"reference":"Patient/p1"},
         "recipient":[{"reference":"Practitioner/d1"}],"payload":[{"contentString":"Hello"}]%s}"""
        .formatted(more);
  }

  @Test
  void a_message_is_stored_and_read_back_as_it_was_sent() {
    Reply created = server.post("Communication", message(",\"sent\":\"2026-11-22T10:00:00.50Z\""));
    assertEquals(201, created.status(), created.body());
    assertEquals("W/\"1\"", created.header("ETag"));
    Reply read = server.get("Communication/" + created.id());
    assertEquals(200, read.status());
    assertEquals("2026-11-22T10:00:00.50Z", read.json().at("/sent").asText());
    assertEquals("1", read.json().at("/meta/versionId").asText());
    assertEquals(created.id(), read.json().at("/id").asText());
  }

  @Test
  void a_number_keeps_its_digits() {
    Reply created =
        server.post(
            "Observation",
            """
            {"resourceType":"Observation","status":"final","code":{"text":"x"},
             "valueQuantity":{"value":1.500E+2}}""");
    assertEquals(201, created.status(), created.body());
    assertTrue(server.get("Observation/" + created.id()).body().contains("1.500E+2"));
  }

  @Test
  void an_update_makes_a_version_and_a_wrong_if_match_none() {
    String id = server.post("Communication", message("")).id();
    String body = message(",\"id\":\"" + id + "\",\"priority\":\"urgent\"");
    assertEquals(200, server.put("Communication/" + id, body, "If-Match", "W/\"1\"").status());
    Reply stale = server.put("Communication/" + id, body, "If-Match", "W/\"1\"");
    assertEquals(412, stale.status());
    assertEquals("version-conflict", stale.reason());
    assertEquals("2", server.get("Communication/" + id).json().at("/meta/versionId").asText());
    assertTrue(
        server.get("Communication/" + id + "/_history/1").json().at("/priority").isMissingNode());
  }

  @Test
  void a_deleted_resource_is_gone_but_not_its_history() {
    String id = server.post("Communication", message("")).id();
    assertEquals(204, server.delete("Communication/" + id).status());
    assertEquals(410, server.get("Communication/" + id).status());
    assertEquals(200, server.get("Communication/" + id + "/_history/1").status());
    Reply history = server.get("Communication/" + id + "/_history");
    assertEquals(2, history.json().at("/total").asInt());
    assertEquals("DELETE", history.json().at("/entry/0/request/method").asText());
    assertEquals(204, server.delete("Communication/" + id).status());
  }

  @Test
  void a_message_to_somebody_unknown_is_refused_by_name() {
    Reply refused =
        server.post("Communication", message("").replace("Practitioner/d1", "Practitioner/nobody"));
    assertEquals(422, refused.status());
    assertEquals("unknown-reference", refused.reason());
    assertTrue(refused.body().contains("Practitioner/nobody"));
  }

  @Test
  void what_is_not_known_is_404() {
    assertEquals(404, server.get("Communication/none").status());
    assertEquals(404, server.get("Nonsense/1").status());
  }
}
