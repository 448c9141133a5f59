// SPDX-License-Identifier: Apache-2.0
package dev.parley.audit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.TestServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What each door leaves (G-1, G-15), as rows; how they are shown is in AuditEventTest. */
class TrailTest {
  private static TestServer server;
  private static Rows rows;

  @BeforeAll
  static void start() {
    server = TestServer.start();
    rows = new Rows(server);
    server.put("Patient/p1", patient("p1"));
    server.put("Patient/p2", patient("p2"));
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @BeforeEach
  void forget() {
    rows.forget();
  }

  static String patient(String id) {
    return "{\"resourceType\":\"Patient\",\"id\":\"%s\"}".formatted(id);
  }

  static String message(String patient) {
    return """
        {"resourceType":"Communication","status":"completed","subject":{"reference":"Patient/%s"},
         "payload":[{"contentString":"hello Patient/p9"}]}"""
        .formatted(patient);
  }

  @Test
  void a_create_leaves_its_row_with_the_patient_the_client_and_the_request() {
    TestServer.Reply reply =
        server.post("Communication", message("p1"), "X-Request-Id", "request-1");
    assertEquals(
        "create system anyone 127.0.0.1 request-1 Communication/%s/1 [p1] 0".formatted(reply.id()),
        rows.one());
  }

  @Test
  void update_patch_and_delete_concern_the_patients_before_and_after() {
    String id = server.post("Communication", message("p1")).id();
    rows.forget();
    String changed = message("p2").replace("{\"resource", "{\"id\":\"" + id + "\",\"resource");
    assertEquals(200, server.put("Communication/" + id, changed).status());
    assertTrue(
        rows.one().matches("update .* Communication/%s/2 \\[p1, p2\\] 0".formatted(id)),
        rows.all().toString());
    rows.forget();
    String patch = "[{\"op\":\"replace\",\"path\":\"/status\",\"value\":\"stopped\"}]";
    server.send(
        "PATCH", "Communication/" + id, patch, "Content-Type", "application/json-patch+json");
    assertTrue(
        rows.one().matches("patch .* Communication/%s/3 \\[p2\\] 0".formatted(id)),
        rows.all().toString());
    rows.forget();
    assertEquals(204, server.delete("Communication/" + id).status());
    assertTrue(
        rows.one().matches("delete .* Communication/%s/4 \\[p2\\] 0".formatted(id)),
        rows.all().toString());
  }

  @Test
  void a_read_of_each_version_leaves_its_row() {
    String id = server.post("Communication", message("p1")).id();
    rows.forget();
    server.get("Communication/" + id);
    server.get("Communication/" + id + "/_history/1");
    server.get("Communication/" + id + "/_history");
    assertEquals("read", rows.word(0, 0));
    assertEquals("Communication/" + id + "/1 [p1] 0", rows.tail(0, 5));
    assertEquals("vread", rows.word(1, 0));
    assertEquals("Communication/" + id + "/1 [p1] 0", rows.tail(1, 5));
    assertEquals("history", rows.word(2, 0));
    assertEquals("Communication/" + id + "/null [p1] 0", rows.tail(2, 5));
  }

  @Test
  void a_search_leaves_its_query_and_all_patients_but_no_results() {
    server.post("Communication", message("p1"));
    server.post("Communication", message("p2"));
    rows.forget();
    server.get("Communication?subject=Patient/p1,Patient/p2&_include=Communication:subject");
    assertEquals("search", rows.word(0, 0));
    assertEquals("Communication/null/null [p1, p2] 0", rows.tail(0, 5));
    assertTrue(
        rows.query(0)
            .matches(
                "Communication\\?(_include=Communication:subject|subject=Patient/p1,Patient/p2|&)+"),
        rows.query(0));
    rows.forget();
    server.get("Patient/p1/Communication");
    assertEquals("Patient/p1/Communication", rows.query(0));
  }

  @Test
  void every_entry_of_a_transaction_and_of_a_batch_leaves_its_row() {
    String bundle =
        """
        {"resourceType":"Bundle","type":"%s","entry":[
          {"resource":%s,"request":{"method":"POST","url":"Communication"}},
          {"resource":%s,"request":{"method":"POST","url":"Communication"}},
          {"request":{"method":"GET","url":"Patient/p2"}}]}""";
    server.post("", bundle.formatted("transaction", message("p1"), message("p2")));
    assertEquals("create create read", rows.words());
    rows.forget();
    server.post("", bundle.formatted("batch", message("p1"), message("p2")));
    assertEquals("create create read", rows.words());
  }

  @Test
  void a_conditional_create_that_meets_one_is_a_read_of_it() {
    String tagged =
        "{\"resourceType\":\"Basic\",\"identifier\":[{\"value\":\"b1\"}],\"code\":{\"text\":\"x\"},"
            + "\"subject\":{\"reference\":\"Patient/p2\"}}";
    server.post("Basic", tagged, "If-None-Exist", "identifier=b1");
    server.post("Basic", tagged, "If-None-Exist", "identifier=b1");
    assertEquals("create read", rows.words());
    assertEquals("[p2] 0", rows.tail(1, 6));
  }

  @Test
  void what_is_refused_leaves_a_row_in_a_transaction_of_its_own() {
    server.get("Communication/unknown");
    assertEquals("Communication/unknown/null [] 4", rows.tail(0, 5));
    rows.forget();
    String stale = message("p1").replace("{\"resource", "{\"id\":\"stale\",\"resource");
    server.put("Communication/stale", stale, "If-Match", "W/\"7\"");
    assertEquals("update", rows.word(0, 0));
    assertEquals("Communication/stale/null [] 4", rows.tail(0, 5));
  }

  @Test
  void what_was_rolled_back_leaves_no_row_of_success() {
    String bundle =
        """
        {"resourceType":"Bundle","type":"transaction","entry":[
          {"resource":%s,"request":{"method":"POST","url":"Communication"}},
          {"resource":%s,"request":{"method":"PUT","url":"Patient/p2","ifMatch":"W/\\"77\\""}}]}"""
            .formatted(message("p1"), patient("p2"));
    assertEquals(412, server.post("", bundle).status());
    assertEquals(1, rows.all().size(), rows.all().toString());
    assertTrue(rows.one().endsWith(" 4"), rows.one());
  }

  @Test
  void an_operation_leaves_its_name() {
    server.get("Subscription/$status");
    assertEquals("operation", rows.word(0, 0));
    assertEquals("$status", rows.query(0));
  }
}
