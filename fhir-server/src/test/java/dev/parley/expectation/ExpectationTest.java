// SPDX-License-Identifier: Apache-2.0
package dev.parley.expectation;

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

class ExpectationTest {
  private static TestServer server;

  @BeforeAll
  static void start() {
    server =
        TestServer.withLogin(
            Map.of("PARLEY_TIME_ZONE", "America/New_York"), java.time.Clock.systemUTC());
    stored("Patient/anna", "'active':true");
    stored("HealthcareService/dialysis", Clinic.DIALYSIS);
    stored("HealthcareService/silent", "'name':'Records'");
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static Reply put(String reference, String elements) {
    String[] parts = reference.split("/");
    String body = "{'resourceType':'%s','id':'%s',%s}".formatted(parts[0], parts[1], elements);
    return server.asSystem().put(reference, body.replace('\'', '"'));
  }

  private static void stored(String reference, String elements) {
    Reply reply = put(reference, elements);
    assertTrue(reply.status() < 300, reply.body());
  }

  private static JsonNode ask(String query) {
    Reply reply =
        server.asUser("Patient/anna").get("HealthcareService/dialysis/$expectation?" + query);
    assertEquals(200, reply.status(), reply.body());
    return reply.json();
  }

  private static String value(JsonNode answer, String name) {
    for (JsonNode each : answer.path("parameter")) {
      if (each.path("name").asText().equals(name)) {
        for (String type : new String[] {"valueString", "valueDateTime", "valueBoolean"}) {
          if (each.has(type)) {
            return each.path(type).asText();
          }
        }
        return each.toString();
      }
    }
    return null;
  }

  @Test
  void a_patient_reads_before_they_write_by_when_they_are_answered() {
    JsonNode answer = ask("at=2026-11-27T15:30:00Z");
    assertEquals("2026-11-30T10:30:00.000Z", value(answer, "due"));
    assertEquals("true", value(answer, "open"));
    assertEquals(
        "Dialysis answers by Monday 30 November, 11:30 (Europe/Berlin). In an emergency call 112.",
        value(answer, "sentence"));
    assertEquals("In an emergency call 112.", value(answer, "emergency"));
    assertTrue(value(answer, "within").contains("240"));
  }

  @Test
  void outside_the_hours_it_says_when_it_opens() {
    JsonNode answer = ask("at=2026-11-28T12:00:00Z");
    assertEquals("false", value(answer, "open"));
    assertEquals("2026-11-30T07:00:00.000Z", value(answer, "opens"));
    assertEquals(
        "Dialysis answers by Monday 30 November, 12:00 (Europe/Berlin). It is closed until Monday 30"
            + " November, 08:00 (Europe/Berlin). We read messages on weekdays. In an emergency call"
            + " 112.",
        value(answer, "sentence"));
  }

  @Test
  void the_closest_promise_counts() {
    String at = "&at=2026-11-25T09:00:00Z";
    assertEquals("2026-11-25T13:00:00.000Z", value(ask("priority=routine" + at), "due"));
    assertEquals("2026-11-25T10:00:00.000Z", value(ask("priority=urgent" + at), "due"));
    assertEquals("2026-11-26T08:00:00.000Z", value(ask("category=refill" + at), "due"));
    assertEquals(
        "2026-11-25T11:00:00.000Z", value(ask("category=refill&priority=urgent" + at), "due"));
  }

  @Test
  void what_promises_nothing_says_so_and_has_no_due_time() {
    Reply reply = server.asUser("Patient/anna").get("HealthcareService/silent/$expectation");
    assertEquals(
        "Records answers as soon as it can.", value(reply.json(), "sentence"), reply.body());
    assertEquals(null, value(reply.json(), "due"));
    assertEquals("true", value(reply.json(), "open"));
  }

  @Test
  void what_is_asked_wrongly_is_refused() {
    TestServer anna = server.asUser("Patient/anna");
    assertEquals(404, anna.get("HealthcareService/nowhere/$expectation").status());
    String path = "HealthcareService/dialysis/$expectation?";
    assertEquals("priority", anna.get(path + "priority=soon").reason());
    assertEquals("at", anna.get(path + "at=2026-11-25").reason());
    assertEquals("time-zone", anna.get(path + "at=2026-11-25T10:00:00").reason());
    assertEquals(401, server.get(path).status());
  }

  @Test
  void a_promise_that_cannot_be_read_is_refused_when_it_is_written() {
    for (String[] wrong :
        new String[][] {
          {"'code':'h'", "'code':'wk'"},
          {"'url':'within'", "'url':'in'"},
          {"Europe/Berlin", "Europe/Atlantis"}
        }) {
      Reply refused = put("HealthcareService/wrong", Clinic.DIALYSIS.replace(wrong[0], wrong[1]));
      assertEquals(422, refused.status(), wrong[1]);
      assertEquals("promise-invalid", refused.reason());
    }
    assertFalse(server.asSystem().get("HealthcareService/wrong").status() == 200);
  }
}
