// SPDX-License-Identifier: Apache-2.0
package dev.parley.auth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.parley.TestServer;
import dev.parley.TestServer.Reply;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What a token delegates, interaction by interaction (E-5 to E-11, E-33, E-34). */
class ScopesTest {
  private static final String PATIENT = "{\"resourceType\":\"Patient\",\"id\":\"%s\"}";
  private static TestServer server;

  /** How each interaction is asked for, and which letter it takes. */
  private record Interaction(String letter, String method, String path, String body) {
    Reply by(TestServer client, String... headers) {
      return client.send(method, path, body, headers);
    }
  }

  private static final List<Interaction> INTERACTIONS =
      List.of(
          new Interaction("r", "GET", "Patient/p1", null),
          new Interaction("r", "GET", "Patient/p1/_history/1", null),
          new Interaction("r", "GET", "Patient/p1/_history", null),
          new Interaction("s", "GET", "Patient?_id=p1", null),
          new Interaction("s", "POST", "Patient/_search", null),
          new Interaction("s", "GET", "Patient/_history", null),
          new Interaction("s", "GET", "?_type=Patient", null),
          new Interaction("c", "POST", "Patient", "{\"resourceType\":\"Patient\"}"),
          new Interaction("u", "PUT", "Patient/p1", PATIENT.formatted("p1")),
          new Interaction("u", "PUT", "Patient/new-1", PATIENT.formatted("new-1")),
          new Interaction("u", "PATCH", "Patient/p1", "[]"),
          new Interaction("d", "DELETE", "Patient/never-there", null));

  @BeforeAll
  static void start() {
    server = TestServer.withLogin();
    server.asSystem().put("Patient/p1", PATIENT.formatted("p1"));
    server.asSystem().put("Patient/p2", PATIENT.formatted("p2"));
    server
        .asSystem()
        .put("Practitioner/dr-1", "{\"resourceType\":\"Practitioner\",\"id\":\"dr-1\"}");
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static TestServer client(String scope) {
    return server.as(server.issuer().system(scope));
  }

  private static String[] headers(Interaction each) {
    if (each.method().equals("PATCH")) {
      return new String[] {"Content-Type", "application/json-patch+json"};
    }
    return each.path().endsWith("_search")
        ? new String[] {"Content-Type", "application/x-www-form-urlencoded"}
        : new String[0];
  }

  private static void lacks(String scope, Reply reply) {
    assertEquals(403, reply.status(), reply.body());
    assertEquals("insufficient-scope", reply.reason());
    assertTrue(reply.body().contains(scope), reply.body());
    String header = reply.header("WWW-Authenticate");
    assertTrue(header.contains("error=\"insufficient_scope\""), header);
    assertTrue(header.contains("scope=\"" + scope + "\""), header);
  }

  @Test
  void each_interaction_takes_its_letter_and_no_other() { // E-6
    for (Interaction each : INTERACTIONS) {
      Reply with = each.by(client("system/Patient." + each.letter()), headers(each));
      assertTrue(with.status() < 300, each + ": " + with.body());
      String others = "cruds".replace(each.letter(), "");
      lacks(
          "system/Patient." + each.letter(),
          each.by(client("system/Patient." + others), headers(each)));
      lacks(
          "system/Patient." + each.letter(),
          each.by(client("system/Communication.cruds"), headers(each)));
    }
  }

  @Test
  void the_older_scopes_mean_what_they_meant() { // E-7
    for (Interaction each : INTERACTIONS) {
      boolean reads = "rs".contains(each.letter());
      TestServer reader = client("system/Patient.read");
      TestServer writer = client("system/Patient.write");
      assertTrue(each.by(client("system/*.*"), headers(each)).status() < 300, each::toString);
      assertEquals(reads, each.by(reader, headers(each)).status() < 300, each::toString);
      assertEquals(!reads, each.by(writer, headers(each)).status() < 300, each::toString);
    }
  }

  @Test
  void letters_out_of_order_are_no_scope() { // E-5
    for (String scope :
        List.of("Patient.sr", "Patient.rr", "Patient.", "patient.r", "Patient.r,s", "*.srudc")) {
      assertEquals(
          401,
          client("system/" + scope).get("Patient/p1").status(),
          "no scope is left of system/" + scope);
    }
    lacks("system/Patient.s", client("system/Patient.r system/Patient.sr").get("Patient?_id=p1"));
  }

  @Test
  void scopes_add_up() { // E-10
    TestServer client = client("openid system/Patient.r system/Communication.s system/Patient.s");
    assertEquals(200, client.get("Patient/p1").status());
    assertEquals(200, client.get("Patient").status());
    assertEquals(200, client.get("Communication").status());
    lacks("system/Communication.r", client.get("Communication/x"));
  }

  @Test
  void the_whole_system_takes_all_types() { // E-6
    lacks("system/*.s", client("system/Patient.cruds").get(""));
    lacks("system/*.s", client("system/Patient.cruds").get("_history"));
    lacks("system/Task.s", client("system/Patient.cruds").get("?_type=Patient,Task"));
    lacks("system/*.s", client("system/Patient.cruds").get("Patient/p1/*"));
    assertEquals(200, client("system/*.s").get("_history").status());
    assertEquals(200, client("system/*.s").get("").status());
  }

  @Test
  void a_condition_is_a_search() { // E-6
    String found = "If-None-Exist";
    String body = "{\"resourceType\":\"Patient\"}";
    lacks("system/Patient.s", client("system/Patient.c").post("Patient", body, found, "_id=p1"));
    lacks(
        "system/Patient.s",
        client("system/Patient.u").put("Patient?_id=p1", PATIENT.formatted("p1")));
    lacks("system/Patient.s", client("system/Patient.d").delete("Patient?_id=nobody"));
    assertEquals(200, client("system/Patient.cs").post("Patient", body, found, "_id=p1").status());
  }

  @Test
  void another_app_of_the_same_person_does_not_hear_more_than_its_token_lets_it() { // E-35
    String id =
        server
            .asUser("Practitioner/dr-1")
            .post(
                "Subscription",
                """
                {"resourceType":"Subscription","status":"requested","reason":"test",
                 "criteria":"Communication?status=completed","channel":{"type":"websocket"}}""")
            .id();
    for (String scope :
        List.of(
            "user/Subscription.cruds",
            "user/Subscription.cruds user/Communication.cuds",
            "user/Subscription.cruds user/Communication.r?status=draft")) {
      TestServer app = server.as(server.issuer().token("Practitioner/dr-1", scope));
      for (String operation : List.of("$status", "$events", "$get-ws-binding-token")) {
        Reply reply = app.get("Subscription/" + id + "/" + operation);
        assertEquals(403, reply.status(), scope + " " + operation);
        assertEquals("insufficient-scope", reply.reason());
      }
      assertEquals(422, app.get("Subscription/$get-ws-binding-token").status(), scope);
    }
    TestServer able =
        server.as(
            server.issuer().token("Practitioner/dr-1", "user/Subscription.r user/Communication.r"));
    assertEquals(200, able.get("Subscription/" + id + "/$get-ws-binding-token").status());
  }

  @Test
  void a_query_in_a_scope_restricts_what_is_read_and_written() { // E-8
    TestServer all = server.asSystem();
    String task =
        "{\"resourceType\":\"Task\",\"id\":\"%s\",\"status\":\"%s\",\"intent\":\"order\"}";
    all.put("Task/open", task.formatted("open", "requested"));
    all.put("Task/done", task.formatted("done", "completed"));
    TestServer client = client("system/Task.cruds?status=requested");
    assertEquals(200, client.get("Task/open").status());
    assertEquals(404, client.get("Task/done").status());
    assertEquals(1, client.get("Task").json().path("total").asInt(-1));
    assertEquals(404, client.put("Task/done", task.formatted("done", "requested")).status());
    Reply changed = client.put("Task/open", task.formatted("open", "completed"));
    assertEquals(403, changed.status(), changed.body());
    assertEquals("insufficient-scope", changed.reason());
    assertEquals(403, client.put("Task/made", task.formatted("made", "completed")).status());
    assertEquals(201, client.put("Task/made", task.formatted("made", "requested")).status());
  }

  @Test
  void a_query_that_cannot_be_judged_gives_nothing() { // E-8
    for (String query :
        List.of(
            "subject.name=x", "_filter=true", "authored-on=gt2020", "nonsense=1", "code:in=x")) {
      TestServer client = client("system/Task.cruds?" + query);
      assertEquals(0, client.get("Task").json().path("total").asInt(0), query);
      assertEquals(404, client.get("Task/open").status(), query);
      Reply made =
          client.post(
              "Task", "{\"resourceType\":\"Task\",\"status\":\"draft\",\"intent\":\"order\"}");
      assertEquals(403, made.status(), query);
    }
  }

  @Test
  void patient_scopes_stay_with_the_launch_patient() { // E-9
    server
        .asSystem()
        .put(
            "RelatedPerson/rp",
            "{\"resourceType\":\"RelatedPerson\",\"id\":\"rp\",\"patient\":{\"reference\":\"Patient/p1\"}}");
    TestServer app =
        server.as(
            server
                .issuer()
                .token("Patient/p1", "patient/*.cruds", java.util.Map.of("patient", "p1")));
    assertEquals(200, app.get("Patient/p1").status());
    assertEquals(404, app.get("Patient/p2").status());
    String media =
        "{\"resourceType\":\"Media\",\"status\":\"completed\",\"subject\":{\"reference\":\"Patient/%s\"},\"content\":{\"title\":\"x\"}}";
    assertEquals(201, app.post("Media", media.formatted("p1")).status());
    assertTrue(app.post("Media", media.formatted("p2")).status() >= 400);
  }

  @Test
  void a_persons_scopes_are_not_a_systems() { // E-9, E-11
    TestServer user = server.as(server.issuer().token("Practitioner/dr-1", "system/*.cruds"));
    lacks("user/Practitioner.r", user.get("Practitioner/dr-1"));
    assertEquals(401, client("user/*.cruds patient/*.cruds").get("Patient/p1").status());
    TestServer noPatient = server.as(server.issuer().token("Practitioner/dr-1", "patient/*.rs"));
    lacks("user/Practitioner.r", noPatient.get("Practitioner/dr-1"));
  }

  @Test
  void each_entry_of_a_batch_is_judged_for_itself() { // E-10
    StringBuilder entries = new StringBuilder();
    for (String url : List.of("Patient/p1", "Patient?_id=p1", "Task/x", "Patient/p1/_history")) {
      entries.append(
          "%s{\"request\":{\"method\":\"GET\",\"url\":\"%s\"}}"
              .formatted(entries.isEmpty() ? "" : ",", url));
    }
    entries.append(
        ",{\"resource\":{\"resourceType\":\"Patient\"},\"request\":{\"method\":\"POST\",\"url\":\"Patient\"}}");
    entries.append(",{\"request\":{\"method\":\"DELETE\",\"url\":\"Patient/p2\"}}");
    String batch = "{\"resourceType\":\"Bundle\",\"type\":\"batch\",\"entry\":[" + entries + "]}";
    Reply reply = client("system/Patient.r").post("", batch);
    assertEquals(200, reply.status(), reply.body());
    List<String> statuses = new ArrayList<>();
    for (JsonNode entry : reply.json().path("entry")) {
      statuses.add(entry.at("/response/status").asText().substring(0, 3));
    }
    assertEquals(List.of("200", "403", "403", "200", "403", "403"), statuses);
    assertEquals(200, server.asSystem().get("Patient/p2").status());
  }

  @Test
  void a_transaction_without_one_scope_writes_nothing() { // E-10
    for (String other :
        List.of(
            "{\"resource\":{\"resourceType\":\"Task\",\"status\":\"draft\",\"intent\":\"order\"},\"request\":{\"method\":\"POST\",\"url\":\"Task\"}}",
            "{\"request\":{\"method\":\"GET\",\"url\":\"Task/x\"}}",
            "{\"request\":{\"method\":\"GET\",\"url\":\"Task?status=draft\"}}",
            "{\"request\":{\"method\":\"GET\",\"url\":\"Task/_history\"}}")) {
      String transaction =
          """
          {"resourceType":"Bundle","type":"transaction","entry":[
            {"resource":{"resourceType":"Patient","id":"in-transaction"},
             "request":{"method":"PUT","url":"Patient/in-transaction"}},%s]}"""
              .formatted(other);
      Reply reply = client("system/Patient.cruds").post("", transaction);
      assertEquals(403, reply.status(), reply.body());
      assertEquals(404, server.asSystem().get("Patient/in-transaction").status());
    }
  }

  @Test
  void operations_take_the_scopes_of_what_they_touch() { // E-10, E-35
    String subscription =
        """
        {"resourceType":"Subscription","status":"requested","reason":"test",
         "criteria":"Communication?status=completed","channel":{"type":"websocket"}}""";
    lacks(
        "system/Communication.r",
        client("system/Subscription.cruds").post("Subscription", subscription));
    TestServer able = client("system/Subscription.crus system/Communication.r");
    String id = able.post("Subscription", subscription).id();
    for (String operation : List.of("$status", "$events", "$get-ws-binding-token")) {
      String path = "Subscription/" + id + "/" + operation;
      assertEquals(200, able.get(path).status(), operation);
      lacks("system/Subscription.r", client("system/Subscription.cus").get(path));
    }
    lacks("system/Subscription.r", client("system/Patient.r").get("Subscription/$status"));
    assertTrue(
        server.get("metadata").json().at("/rest/0/operation").toString().contains("\"log-off\""));
    assertEquals(
        200, client("system/Task.c").post("Patient/$validate", PATIENT.formatted("x")).status());
  }

  @Test
  void who_may_not_read_is_shown_nothing_of_what_they_change() { // E-6, E-8
    String female = "{\"resourceType\":\"Patient\",\"id\":\"p3\",\"gender\":\"female\"}";
    server.asSystem().put("Patient/p3", female);
    TestServer writer = client("system/Patient.u");
    String[] json = {"Content-Type", "application/json-patch+json"};
    for (String guess : List.of("male", "female")) {
      String test = "[{\"op\":\"test\",\"path\":\"/gender\",\"value\":\"" + guess + "\"}]";
      lacks("system/Patient.r", writer.send("PATCH", "Patient/p3", test, json));
      TestServer some = client("system/Patient.u system/Patient.r?gender=male");
      assertEquals(403, some.send("PATCH", "Patient/p3", test, json).status());
    }
    for (String prefer : List.of("return=representation", "return=minimal")) {
      Reply patched = writer.send("PATCH", "Patient/p3", "[]", json[0], json[1], "Prefer", prefer);
      assertEquals(200, patched.status(), patched.body());
      assertEquals("", patched.body());
      assertEquals("", writer.put("Patient/p3", female, "Prefer", prefer).body());
      Reply bundle =
          writer.post(
              "",
              """
              {"resourceType":"Bundle","type":"batch","entry":[{"resource":%s,"request":{"method":"PUT","url":"Patient/p3"}}]}"""
                  .formatted(female),
              "Prefer",
              prefer);
      assertTrue(!bundle.body().contains("female"), bundle.body());
    }
    assertTrue(client("system/Patient.ru").put("Patient/p3", female).body().contains("female"));
  }

  @Test
  void who_may_read_some_is_shown_those() { // E-8
    TestServer some = client("system/Patient.u system/Patient.r?gender=male");
    String patient = "{\"resourceType\":\"Patient\",\"id\":\"p4\",\"gender\":\"%s\"}";
    assertEquals("", some.put("Patient/p4", patient.formatted("female")).body());
    assertTrue(some.put("Patient/p4", patient.formatted("male")).body().contains("male"));
  }
}
