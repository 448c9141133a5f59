// SPDX-License-Identifier: Apache-2.0
package dev.parley.visibility;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.TestServer;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class BreakGlassTest {
  private static final String REASON =
      "{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"reason\",\"valueString\":\"%s\"}]}";
  private static TestServer server;

  @BeforeAll
  static void start() {
    server = TestServer.withLogin();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @BeforeEach
  void people() {
    server.empty();
    for (String who : List.of("dr-a", "clerk", "officer")) {
      server
          .asSystem()
          .put(
              "Practitioner/" + who,
              "{\"resourceType\":\"Practitioner\",\"id\":\"%s\"}".formatted(who));
    }
    server.asSystem().put("Patient/anna", "{\"resourceType\":\"Patient\",\"id\":\"anna\"}");
  }

  private static TestServer as(String who, String role) {
    return server.as(
        server
            .issuer()
            .token("Practitioner/" + who, "user/*.cruds", Map.of("roles", List.of(role))));
  }

  private static TestServer.Reply ask(TestServer as, String reason) {
    return as.post("Patient/anna/$break-glass", REASON.formatted(reason));
  }

  @Test
  void a_clinician_with_a_reason_sees_the_record_and_the_privacy_officer_is_told() {
    TestServer doctor = as("dr-a", "physician");
    assertEquals(404, doctor.get("Patient/anna").status());
    TestServer.Reply opened = ask(doctor, "unconscious, needs her medication list");
    assertEquals(200, opened.status(), opened.body());
    assertEquals(200, doctor.get("Patient/anna").status());
    assertEquals(404, as("clerk", "nurse").get("Patient/anna").status());
    String task = "Task/" + opened.json().path("id").asText();
    assertEquals(200, as("officer", "privacy-officer").get(task).status());
    assertEquals(404, as("clerk", "nurse").get(task).status());
    assertEquals(
        1,
        as("officer", "privacy-officer").get("Task?_total=accurate").json().path("total").asInt());
    assertTrue(opened.json().at("/restriction/period/end").asText().length() > 10);
  }

  @Test
  void nobody_else_and_not_without_a_reason() {
    assertEquals(403, ask(as("clerk", "clerk"), "unconscious, needs help").status());
    assertEquals("reason-missing", ask(as("dr-a", "physician"), "x").reason());
    assertEquals(404, as("dr-a", "physician").get("Patient/anna").status());
    server.asSystem().put("Patient/bert", "{\"resourceType\":\"Patient\",\"id\":\"bert\"}");
    TestServer.Reply patient =
        ask(
            server.as(server.issuer().token("Patient/bert", "user/*.cruds")),
            "I am curious about her");
    assertEquals("clinicians-only", patient.reason());
  }

  @Test
  void who_watches_over_privacy_settles_the_review_of_another_and_prolongs_nothing() {
    String task =
        "Task/"
            + ask(as("dr-a", "physician"), "unconscious, needs help").json().path("id").asText();
    TestServer officer = as("officer", "privacy-officer");
    String longer =
        "[{\"op\":\"replace\",\"path\":\"/restriction/period/end\",\"value\":\"2099-01-01T00:00:00Z\"}]";
    assertEquals("not-yours-to-write", patch(officer, task, longer).reason());
    String done = "[{\"op\":\"replace\",\"path\":\"/status\",\"value\":\"completed\"}]";
    assertEquals(403, patch(as("dr-a", "physician"), task, done).status());
    assertEquals(403, patch(as("dr-a", "privacy-officer"), task, done).status(), "not their own");
    TestServer.Reply settled =
        officer.post(
            task + "/$complete",
            "{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"reason\",\"valueString\":\"justified\"}]}");
    assertEquals(200, settled.status(), settled.body());
    assertEquals("completed", officer.get(task).json().path("status").asText());
    assertEquals(
        200, as("dr-a", "physician").get("Patient/anna").status(), "until its time is over");
  }

  private static TestServer.Reply patch(TestServer as, String task, String operations) {
    return as.send("PATCH", task, operations, "Content-Type", "application/json-patch+json");
  }

  @Test
  void it_verifies_nobody() {
    TestServer doctor = as("dr-a", "physician");
    assertEquals(200, ask(doctor, "unconscious, needs her medication list").status());
    String checked =
        "{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"checked\",\"valueString\":\"passport\"}]}";
    TestServer.Reply verified = doctor.post("Patient/anna/$verify-identity", checked);
    assertEquals("not-treating", verified.reason(), verified.body());
    server
        .asSystem()
        .put(
            "Patient/anna",
            "{\"resourceType\":\"Patient\",\"id\":\"anna\",\"generalPractitioner\":[{\"reference\":\"Practitioner/dr-a\"}]}");
    assertEquals(200, doctor.post("Patient/anna/$verify-identity", checked).status());
  }

  @Test
  void a_patient_is_no_officer_whatever_their_token_says() {
    TestServer anna =
        server.as(
            server
                .issuer()
                .token(
                    "Patient/anna",
                    "user/*.cruds",
                    Map.of("roles", List.of("privacy-officer", "administrator"))));
    assertEquals(
        403,
        anna.post("Practitioner", "{\"resourceType\":\"Practitioner\",\"active\":true}").status());
    assertEquals(403, anna.get("AuditEvent").status());
  }

  @Test
  void it_ends_with_its_task() {
    TestServer doctor = as("dr-a", "physician");
    TestServer.Reply opened = ask(doctor, "unconscious, needs her medication list");
    String task = "Task/" + opened.json().path("id").asText();
    assertEquals(403, doctor.delete(task).status());
    assertEquals(204, server.asSystem().delete(task).status());
    assertEquals(404, doctor.get("Patient/anna").status());
  }

  @Test
  void an_app_that_may_not_read_patients_opens_none() { // E-10
    TestServer app =
        server.as(
            server
                .issuer()
                .token(
                    "Practitioner/dr-a",
                    "user/Communication.cruds",
                    Map.of("roles", List.of("physician"))));
    TestServer.Reply refused = ask(app, "unconscious, needs her medication list");
    assertEquals(403, refused.status(), refused.body());
    assertEquals("insufficient-scope", refused.reason());
    assertEquals(404, as("dr-a", "physician").get("Patient/anna").status());
  }
}
