// SPDX-License-Identifier: Apache-2.0
package dev.parley.subscription;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.parley.TestServer;
import dev.parley.TestServer.Reply;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SubscriptionOperationsTest {
  private static TestServer server;

  @BeforeAll
  static void start() {
    server = TestServer.start();
    server.put("Practitioner/dr-1", "{\"resourceType\":\"Practitioner\",\"id\":\"dr-1\"}");
    server.put("Patient/pt-1", "{\"resourceType\":\"Patient\",\"id\":\"pt-1\"}");
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  static String toTopic(String filter, String content, String extra) {
    return """
        {"resourceType":"Subscription","status":"requested","reason":"test",
         "criteria":"https://parley.dev/fhir/SubscriptionTopic/communication",
         "_criteria":{"extension":[{"url":"http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-filter-criteria","valueString":"%s"}]},
         "channel":{"type":"websocket","payload":"application/fhir+json"%s,
          "_payload":{"extension":[{"url":"http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-payload-content","valueCode":"%s"}]}}}
        """
        .formatted(filter, extra, content);
  }

  static String message(String recipient, String text) {
    return """
        {"resourceType":"Communication","status":"completed","subject":{"reference":"Patient/pt-1"},
         "recipient":[{"reference":"%s"}],"payload":[{"contentString":"%s"}]}
        """
        .formatted(recipient, text);
  }

  private static JsonNode parameter(JsonNode parameters, String name) {
    for (JsonNode each : parameters.at("/parameter")) {
      if (each.at("/name").asText().equals(name)) {
        return each;
      }
    }
    return parameters.at("/nothing");
  }

  private static JsonNode status(String id) {
    return server.get("Subscription/" + id + "/$status").json().at("/entry/0/resource");
  }

  private static void awaitCount(String id, int count) {
    await()
        .untilAsserted(
            () ->
                assertEquals(
                    String.valueOf(count),
                    parameter(status(id), "events-since-subscription-start")
                        .at("/valueString")
                        .asText()));
  }

  @Test
  void a_websocket_subscription_is_active_at_once() { // B-16, B-17
    Reply reply =
        server.post("Subscription", toTopic("recipient=Practitioner/dr-1", "full-resource", ""));
    assertEquals(201, reply.status(), reply.body());
    assertEquals("active", reply.json().at("/status").asText());
    assertEquals("active", server.get("Subscription/" + reply.id()).json().at("/status").asText());
  }

  @Test
  void events_are_counted_and_read_by_number() { // B-19, B-43 to B-45
    String id =
        server
            .post(
                "Subscription",
                toTopic("Communication?recipient=Practitioner/dr-1", "full-resource", ""))
            .id();
    server.post("Communication", message("Practitioner/dr-1", "first"));
    server.post("Communication", message("Patient/pt-1", "for somebody else"));
    String second = server.post("Communication", message("Practitioner/dr-1", "second")).id();
    server.delete("Communication/" + second);
    awaitCount(id, 3);

    JsonNode bundle = server.get("Subscription/" + id + "/$events?eventsSinceNumber=2").json();
    assertEquals("history", bundle.at("/type").asText());
    JsonNode status = bundle.at("/entry/0/resource");
    assertEquals("query-event", parameter(status, "type").at("/valueCode").asText());
    assertEquals(3, bundle.at("/entry").size());
    assertEquals("second", bundle.at("/entry/1/resource/payload/0/contentString").asText());
    assertEquals("POST", bundle.at("/entry/1/request/method").asText());
    assertEquals("201", bundle.at("/entry/1/response/status").asText());
    assertEquals("DELETE", bundle.at("/entry/2/request/method").asText()); // B-30
    assertTrue(bundle.at("/entry/2/resource").isMissingNode());

    JsonNode one =
        server
            .post(
                "Subscription/" + id + "/$events",
                """
                {"resourceType":"Parameters","parameter":[{"name":"eventsSinceNumber","valueString":"1"},
                {"name":"eventsUntilNumber","valueString":"1"},{"name":"content","valueCode":"id-only"}]}""")
            .json();
    assertEquals(1, one.at("/entry").size());
    assertTrue(one.toString().contains("notification-event"));
    assertFalse(one.toString().contains("first"));
  }

  @Test
  void content_is_never_more_than_the_subscription_has() { // B-44
    String id =
        server.post("Subscription", toTopic("recipient=Practitioner/dr-1", "empty", "")).id();
    server.post("Communication", message("Practitioner/dr-1", "hidden"));
    awaitCount(id, 1);
    String body = server.get("Subscription/" + id + "/$events?content=full-resource").body();
    assertTrue(body.contains("\"event-number\""), body);
    assertFalse(body.contains("focus"));
    assertFalse(body.contains("hidden"));
  }

  @Test
  void status_of_the_type_filters_by_id_and_status() { // B-40, B-41
    String one = server.post("Subscription", toTopic("recipient=Patient/a", "empty", "")).id();
    String two = server.post("Subscription", toTopic("recipient=Patient/b", "empty", "")).id();
    JsonNode both = server.get("Subscription/$status?id=" + one + "&id=" + two).json();
    assertEquals("searchset", both.at("/type").asText());
    assertEquals(2, both.at("/entry").size());
    assertEquals("match", both.at("/entry/0/search/mode").asText());
    assertTrue(both.at("/entry/0/request").isMissingNode());
    assertEquals(
        0,
        server.get("Subscription/$status?id=" + one + "&status=error").json().at("/entry").size());
    assertEquals(404, server.get("Subscription/nobody/$status").status()); // B-42
  }

  @Test
  void a_token_is_given_for_one_and_for_several() { // B-46, B-47
    String id = server.post("Subscription", toTopic("recipient=Patient/a", "empty", "")).id();
    JsonNode get = server.get("Subscription/" + id + "/$get-ws-binding-token").json();
    assertEquals("Parameters", get.at("/resourceType").asText());
    assertTrue(parameter(get, "token").at("/valueString").asText().length() >= 43);
    assertTrue(parameter(get, "expiration").at("/valueDateTime").asText().endsWith("Z"));
    assertEquals(id, parameter(get, "subscription").at("/valueString").asText());
    assertTrue(
        parameter(get, "websocket-url").at("/valueUrl").asText().endsWith("/ws/subscriptions-r4"));
    Reply post =
        server.post(
            "Subscription/$get-ws-binding-token",
            "{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"id\",\"valueId\":\""
                + id
                + "\"}]}");
    assertEquals(200, post.status(), post.body());
  }

  @ParameterizedTest
  @CsvSource({
    "https://parley.dev/fhir/SubscriptionTopic/communication, https://parley.dev/fhir/SubscriptionTopic/nothing, unknown-topic",
    "recipient=Practitioner/dr-1, colour=red, unknown-filter",
    "application/fhir+json, application/fhir+xml, payload-mime",
    "application/fhir+json, application/fhir+json; fhirVersion=5.0, payload-mime",
    "full-resource, everything, payload-content",
    "\"websocket\", \"email\", channel-type",
    "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-filter-criteria, http://hl7.org/fhir/5.0/subscriptions-backport/StructureDefinition/backport-filter-criteria, cross-version-extension"
  })
  void what_is_not_supported_is_refused_by_name(String part, String other, String reason) {
    // B-10 to B-13, B-79, B-80
    String body = toTopic("recipient=Practitioner/dr-1", "full-resource", "");
    assertTrue(body.contains(part));
    Reply reply = server.post("Subscription", body.replace(part, other));
    assertEquals(422, reply.status(), reply.body());
    assertEquals(reason, reply.reason());
  }

  @ParameterizedTest
  @CsvSource({
    "Communication?sent=gt2026-01-01, sent",
    "Communication?subject.name=x, subject.name",
    "Communication?colour=red, colour",
    "Patient?name=x, name"
  })
  void criteria_that_keys_cannot_judge_are_refused_by_name(String criteria, String named) {
    Reply reply =
        server.post(
            "Subscription",
            """
            {"resourceType":"Subscription","status":"active","reason":"t","criteria":"%s","channel":{"type":"websocket"}}"""
                .formatted(criteria));
    assertEquals(422, reply.status(), reply.body());
    assertTrue(reply.body().contains(named));
  }

  @Test
  void a_changed_filter_runs_the_numbers_on_and_says_what_is_gone() {
    String id =
        server.post("Subscription", toTopic("recipient=Patient/old", "full-resource", "")).id();
    server.post("Communication", message("Patient/pt-1", "none"));
    server.put("Patient/old", "{\"resourceType\":\"Patient\",\"id\":\"old\"}");
    server.put("Patient/new", "{\"resourceType\":\"Patient\",\"id\":\"new\"}");
    server.post("Communication", message("Patient/old", "one"));
    server.post("Communication", message("Patient/old", "two"));
    Reply changed =
        server.put(
            "Subscription/" + id,
            toTopic("recipient=Patient/new", "full-resource", "")
                .replaceFirst("\\{", "{\"id\":\"" + id + "\","));
    assertEquals(200, changed.status(), changed.body());
    server.post("Communication", message("Patient/old", "not any more"));
    server.post("Communication", message("Patient/new", "three"));
    awaitCount(id, 3);
    JsonNode bundle = server.get("Subscription/" + id + "/$events?eventsSinceNumber=1").json();
    assertEquals(2, bundle.at("/entry").size());
    assertEquals("three", bundle.at("/entry/1/resource/payload/0/contentString").asText());
    assertTrue(bundle.toString().contains("events-not-kept"));
  }

  @Test
  void headers_of_a_rest_hook_are_not_given_back() { // B-9
    String body =
        """
        {"resourceType":"Subscription","status":"requested","reason":"t","criteria":"Communication?recipient=Patient/x",
         "channel":{"type":"rest-hook","endpoint":"http://127.0.0.1:9/none","payload":"application/fhir+json",
         "header":["Authorization: Bearer secret-1"]}}""";
    Reply reply = server.post("Subscription", body);
    assertEquals(201, reply.status(), reply.body());
    assertEquals("requested", reply.json().at("/status").asText());
    assertFalse(reply.body().contains("secret-1"));
    assertFalse(server.get("Subscription/" + reply.id() + "/_history").body().contains("secret-1"));
    assertEquals(
        422,
        server
            .post("Subscription", body.replace("http://127.0.0.1:9", "http://10.0.0.1"))
            .status()); // B-15
  }

  @Test
  void a_subscription_belongs_to_one_app_of_a_person() { // B-71
    try (TestServer login = TestServer.withLogin()) {
      String who = "Practitioner/dr-1";
      login.asSystem().put(who, "{\"resourceType\":\"Practitioner\",\"id\":\"dr-1\"}");
      TestServer app = login.asUser(who);
      TestServer other =
          login.as(login.issuer().token(who, "user/*.cruds", Map.of("client_id", "other-app")));
      String id = app.post("Subscription", toTopic("recipient=" + who, "full-resource", "")).id();
      String path = "Subscription/" + id;
      String body = app.get(path).body();
      assertEquals(200, app.get(path + "/$status").status());
      assertEquals(404, other.get(path + "/$status").status());
      assertEquals(404, other.get(path + "/$events?eventsSinceNumber=1").status());
      assertEquals(0, other.get("Subscription/$status").json().at("/entry").size());
      assertEquals("not-the-owner", other.put(path, body).reason());
      assertEquals("not-the-owner", other.delete(path).reason());
      assertEquals(200, app.put(path, body).status());
    }
  }

  @Test
  void rest_hooks_are_for_systems() {
    try (TestServer login = TestServer.withLogin()) {
      String who = "Practitioner/dr-1";
      login.asSystem().put(who, "{\"resourceType\":\"Practitioner\",\"id\":\"dr-1\"}");
      String hook =
          """
          {"resourceType":"Subscription","status":"requested","reason":"t","criteria":"Communication?status=completed",
           "channel":{"type":"rest-hook","endpoint":"http://127.0.0.1:9/none"}}""";
      Reply refused = login.asUser(who).post("Subscription", hook);
      assertEquals(403, refused.status(), refused.body());
      assertEquals("rest-hook-for-systems", refused.reason());
      assertEquals(201, login.asSystem().post("Subscription", hook).status());
      // Nor does a websocket become one.
      TestServer doctor = login.asUser(who);
      String id = doctor.post("Subscription", toTopic("recipient=" + who, "id-only", "")).id();
      String changed = hook.replace("{\"resourceType\"", "{\"id\":\"" + id + "\",\"resourceType\"");
      assertEquals("rest-hook-for-systems", doctor.put("Subscription/" + id, changed).reason());
    }
  }
}
