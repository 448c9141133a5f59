// SPDX-License-Identifier: Apache-2.0
package dev.parley.expectation;

import static dev.parley.expectation.Clinic.LEAD;
import static dev.parley.expectation.Clinic.NURSE;
import static dev.parley.expectation.Clinic.ONCALL;
import static dev.parley.expectation.Clinic.OTHER;
import static dev.parley.expectation.Clinic.SERVICE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.parley.FhirServer;
import dev.parley.TestServer.Reply;
import dev.parley.visibility.Doors;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What happens when an answer is late: four hours after nine o'clock. */
class LadderTest {
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
    patient = clinic.patient("late");
    thread = clinic.thread(patient, SERVICE);
    clinic.said(patient, thread, "");
  }

  private List<String> rungs() {
    return clinic.tasks("answer-overdue", thread).stream()
        .map(
            t ->
                Clinic.owner(t).replaceAll(".*/", "")
                    + " "
                    + t.path("status").asText()
                    + (t.has("statusReason")
                        ? " " + t.at("/statusReason/coding/0/code").asText()
                        : ""))
        .toList();
  }

  private Reply does(String who, JsonNode task, String operation) {
    return clinic
        .as(who)
        .post("Task/" + task.path("id").asText() + "/" + operation, Clinic.parameters());
  }

  private JsonNode last() {
    List<JsonNode> all = clinic.tasks("answer-overdue", thread);
    return all.get(all.size() - 1);
  }

  @Test
  void each_rung_tells_the_next_until_somebody_answers() {
    clinic.forward(Duration.ofMinutes(239));
    assertEquals(List.of(), rungs());
    clinic.forward(Duration.ofMinutes(1));
    assertEquals(List.of("dialysis requested"), rungs());
    assertEquals("escalated", Clinic.state(clinic.work(thread)));
    clinic.forward(Duration.ofMinutes(15));
    assertEquals(List.of("dialysis failed timeout", "oncall requested"), rungs());
    clinic.forward(Duration.ofMinutes(15));
    assertEquals(
        List.of("dialysis failed timeout", "oncall failed timeout", "lead requested"), rungs());
    JsonNode rung = last();
    assertEquals(
        "Task/" + clinic.work(thread).path("id").asText(), rung.at("/partOf/0/reference").asText());
    assertEquals(patient, rung.at("/for/reference").asText());
    clinic.forward(Duration.ofDays(2));
    assertEquals(3, rungs().size());
    clinic.said(NURSE, thread, "");
    assertEquals("lead completed answered", rungs().get(2));
    assertEquals("completed", clinic.work(thread).path("status").asText());
  }

  @Test
  void an_answer_in_time_ends_it() {
    clinic.forward(Duration.ofHours(3));
    clinic.said(NURSE, thread, "");
    clinic.forward(Duration.ofDays(1));
    assertEquals(List.of(), rungs());
  }

  @Test
  void whoever_has_it_is_reminded_first() {
    does(OTHER, clinic.work(thread), "$claim");
    clinic.forward(Duration.ofHours(4));
    assertEquals(List.of("other requested"), rungs());
  }

  @Test
  void who_accepts_has_it_and_some_time_before_the_next_is_told() {
    clinic.forward(Duration.ofHours(4));
    clinic.forward(Duration.ofMinutes(15));
    assertEquals("not-asked", does(NURSE, last(), "$accept").reason());
    assertEquals(200, does(ONCALL, last(), "$accept").status());
    assertEquals(ONCALL, Clinic.owner(clinic.work(thread)));
    clinic.forward(Duration.ofMinutes(29));
    assertEquals(2, rungs().size());
    clinic.forward(Duration.ofMinutes(1));
    assertEquals("lead requested", rungs().get(2));
  }

  @Test
  void who_declines_is_passed_at_once() {
    clinic.forward(Duration.ofHours(4));
    clinic.forward(Duration.ofMinutes(15));
    assertEquals(200, does(ONCALL, last(), "$decline").status());
    clinic.server.runDue();
    assertEquals(
        Set.of("dialysis failed timeout", "oncall rejected declined", "lead requested"),
        Set.copyOf(rungs()));
  }

  @Test
  void nobody_on_the_patient_s_side_sees_a_rung() {
    clinic.forward(Duration.ofHours(4));
    String rung = "Task/" + last().path("id").asText();
    assertEquals(Set.of(), Doors.of(clinic.as(patient), patient).open(rung));
    Doors nurse = Doors.of(clinic.as(NURSE), NURSE);
    assertEquals(nurse.all(rung), nurse.open(rung));
    assertEquals("not-staff", does(patient, last(), "$accept").reason());
  }

  @Test
  void two_nodes_and_a_crash_after_the_commit_climb_each_rung_once() throws Exception {
    String id = clinic.work(thread).path("id").asText();
    try (FhirServer second = FhirServer.start(clinic.server.config(), clinic.clock)) {
      clinic.clock.forward(Duration.ofHours(4));
      CompletableFuture<Void> one = CompletableFuture.runAsync(clinic.server::runDue);
      second.wiring().agenda().runDue();
      one.join();
      assertEquals(1, rungs().size());
      for (int i = 0; i < 3; i++) {
        // As if the process had died before it could say that it was done.
        try (Connection connection = second.wiring().database().connection()) {
          second.wiring().agenda().at(connection, "answer-due", id, clinic.clock.instant());
        }
        second.wiring().agenda().runDue();
      }
      assertEquals(1, rungs().size());
      clinic.forward(Duration.ofMinutes(15));
      assertEquals(2, rungs().size());
    }
  }

  @Test
  void a_service_has_a_ladder_of_its_own() {
    String rung =
        ",{'url':'https://parley.dev/fhir/StructureDefinition/escalation','extension':[{'url':'after','valueDuration':{'value':5,'system':'http://unitsofmeasure.org','code':'min'}},{'url':'to','valueReference':{'reference':'%s'}}]}]"
            .formatted(LEAD);
    clinic.stored(
        SERVICE, Clinic.DIALYSIS.replace("],\n'availableTime'", rung + ",\n'availableTime'"));
    String other = clinic.patient("own");
    thread = clinic.thread(other, SERVICE);
    clinic.said(other, thread, "");
    clinic.forward(Duration.ofHours(4));
    assertEquals(List.of(), rungs());
    clinic.forward(Duration.ofMinutes(5));
    assertEquals(List.of("lead requested"), rungs());
    clinic.forward(Duration.ofDays(1));
    assertEquals(1, rungs().size());
    assertTrue(clinic.system().get(SERVICE).body().contains("escalation"));
  }

  private void recall(String who, Reply sent) {
    String path = "Communication/" + sent.id();
    String recalled =
        clinic.as(who).get(path).body().replace("\"in-progress\"", "\"entered-in-error\"");
    Reply reply = clinic.as(who).put(path, recalled);
    assertEquals(200, reply.status(), reply.body());
  }

  @Test
  void work_ends_when_nothing_is_asked_any_more() {
    String patient = clinic.patient("recalls");
    String thread = clinic.thread(patient, SERVICE);
    Reply first = clinic.said(patient, thread, "");
    Reply second = clinic.said(patient, thread, "");
    recall(patient, first);
    assertEquals("requested", clinic.work(thread).path("status").asText(), "one is left");
    recall(patient, second);
    assertEquals("cancelled", clinic.work(thread).path("status").asText());
    clinic.forward(Duration.ofHours(6));
    assertEquals(0, clinic.tasks("answer-overdue", thread).size());
  }

  @Test
  void work_ends_by_closing_the_conversation_or_by_saying_how_it_was_settled() {
    String patient = clinic.patient("closes");
    String thread = clinic.thread(patient, SERVICE, NURSE);
    clinic.said(patient, thread, "");
    Reply header = clinic.as(NURSE).get(thread);
    Reply closed = clinic.as(NURSE).put(thread, header.body().replace("in-progress", "completed"));
    assertEquals(200, closed.status(), closed.body());
    assertEquals("cancelled", clinic.work(thread).path("status").asText());
    String other = clinic.patient("settles");
    String called = clinic.thread(other, SERVICE);
    clinic.said(other, called, "");
    clinic.forward(Duration.ofHours(5));
    String complete = "Task/" + clinic.work(called).path("id").asText() + "/$complete";
    String reason = Clinic.parameters("reason", "'valueString':'Called them'");
    assertEquals("how-settled", clinic.as(NURSE).post(complete, Clinic.parameters()).reason());
    assertEquals(404, clinic.as(Clinic.STRANGER).post(complete, reason).status());
    Reply settled = clinic.as(NURSE).post(complete, reason);
    assertEquals(200, settled.status(), settled.body());
    assertEquals("completed", clinic.work(called).path("status").asText());
    clinic
        .tasks("answer-overdue", called)
        .forEach(t -> assertEquals("cancelled", t.path("status").asText(), t.toString()));
    assertEquals("done", clinic.as(NURSE).post(complete, reason).reason());
  }
}
