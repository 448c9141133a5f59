// SPDX-License-Identifier: Apache-2.0
package dev.parley.expectation;

import static dev.parley.expectation.Clinic.NURSE;
import static dev.parley.expectation.Clinic.SERVICE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.parley.TestDatabase;
import dev.parley.TestServer.Reply;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a service says by itself while it is closed. */
class AutomaticAnswerTest {
  private static Clinic clinic;
  private String patient;
  private String thread;

  @BeforeAll
  static void start() {
    clinic = new Clinic();
  }

  @AfterAll
  static void stop() {
    clinic.close();
  }

  @BeforeEach
  void anew() {
    clinic.anew();
    patient = clinic.patient("night");
    thread = clinic.thread(patient, SERVICE, NURSE);
    clinic.forward(Duration.ofHours(12));
  }

  private List<JsonNode> answers() {
    clinic.forward(Duration.ofSeconds(10));
    List<JsonNode> answers = new ArrayList<>();
    clinic
        .as(patient)
        .get("Communication?part-of=" + thread + "&sender=" + SERVICE + "&_sort=sent")
        .json()
        .path("entry")
        .forEach(e -> answers.add(e.path("resource")));
    return answers;
  }

  @Test
  void it_says_when_somebody_reads_it_and_what_to_do_in_an_emergency() {
    Reply sent = clinic.said(patient, thread, "");
    assertTrue(sent.header("Parley-Notice").contains("out-of-hours"), sent.body());
    List<JsonNode> answers = answers();
    assertEquals(1, answers.size());
    JsonNode answer = answers.get(0);
    assertEquals(
        "Automatic answer: Dialysis answers by Thursday 4 March, 12:00 (Europe/Berlin). It is closed"
            + " until Thursday 4 March, 08:00 (Europe/Berlin). We read messages on weekdays. In an"
            + " emergency call 112.",
        answer.at("/payload/0/contentString").asText());
    assertEquals("Communication/" + sent.id(), answer.at("/inResponseTo/0/reference").asText());
    assertEquals(patient, answer.at("/recipient/0/reference").asText());
    assertEquals(1, answer.path("recipient").size());
    assertTrue(answer.toString().contains("\"out-of-hours\""));
    assertTrue(answer.at("/extension").toString().contains("StructureDefinition/automatic"));
    assertFalse(answer.toString().contains("Private words"));
    assertEquals("unassigned", Clinic.state(clinic.work(thread)), "it is no answer of a person");
  }

  @Test
  void a_conversation_gets_one_in_a_window() {
    clinic.said(patient, thread, "");
    clinic.said(patient, thread, "");
    assertEquals(1, answers().size());
    clinic.forward(Duration.ofMinutes(14).minusSeconds(10));
    clinic.said(patient, thread, "");
    assertEquals(1, answers().size());
    clinic.forward(Duration.ofMinutes(2));
    clinic.said(patient, thread, "");
    assertEquals(2, answers().size());
  }

  @Test
  void it_is_silent_while_people_answer_and_while_the_service_is_open() {
    clinic.said(NURSE, thread, "");
    clinic.forward(Duration.ofMinutes(5));
    clinic.said(patient, thread, "");
    assertEquals(0, answers().size());
    clinic.forward(Duration.ofMinutes(16));
    clinic.said(patient, thread, "");
    clinic.said(NURSE, thread, "");
    assertEquals(0, answers().size(), "somebody was faster");
    clinic.forward(Duration.ofHours(11));
    clinic.said(patient, thread, "");
    assertEquals(0, answers().size(), "it is open");
  }

  @Test
  void a_consent_that_ends_in_between_stops_it() {
    clinic.said(patient, thread, "");
    clinic.as(patient).post("Consent/night/$withdraw", Clinic.parameters());
    assertEquals(0, answers().size());
  }

  @Test
  void it_is_sent_once_however_often_it_is_tried() throws Exception {
    Reply sent = clinic.said(patient, thread, "");
    assertEquals(1, answers().size());
    try (var connection = clinic.server.server().wiring().database().connection()) {
      clinic
          .server
          .server()
          .wiring()
          .agenda()
          .at(
              connection,
              "automatic-answer",
              "Communication/" + sent.id() + " " + SERVICE,
              clinic.clock.instant());
    }
    assertEquals(1, answers().size());
  }

  @Test
  void a_database_that_is_away_for_a_moment_delays_it() {
    clinic.said(patient, thread, "");
    TestDatabase.readOnly(
        clinic.server.config(), "thread_message", () -> assertEquals(0, answers().size()));
    clinic.forward(Duration.ofSeconds(30));
    assertEquals(1, answers().size());
  }
}
