// SPDX-License-Identifier: Apache-2.0
package dev.parley.expectation;

import static dev.parley.expectation.Clinic.NURSE;
import static dev.parley.expectation.Clinic.OTHER;
import static dev.parley.expectation.Clinic.SERVICE;
import static dev.parley.expectation.Clinic.STRANGER;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.parley.TestServer.Reply;
import dev.parley.visibility.Doors;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A message to a pool is work; one person of the pool has it. */
class PoolWorkTest {
  private static Clinic clinic;

  @BeforeAll
  static void start() {
    clinic = new Clinic();
  }

  @AfterAll
  static void stop() {
    clinic.close();
  }

  private static String task(JsonNode work) {
    return "Task/" + work.path("id").asText();
  }

  private static Reply does(String who, JsonNode work, String operation, String... parameters) {
    return clinic.as(who).post(task(work) + "/" + operation, Clinic.parameters(parameters));
  }

  private static String to(String who) {
    return "'valueReference':{'reference':'" + who + "'}";
  }

  @Test
  void a_patient_s_message_is_work_with_a_due_time_and_they_are_told_it() {
    String patient = clinic.patient("work");
    String thread = clinic.thread(patient, SERVICE);
    Reply sent = clinic.said(patient, thread, "");
    assertTrue(sent.header("Parley-Notice").contains("expected-answer"), sent.body());
    assertTrue(sent.body().contains("Dialysis answers by Wednesday 3 March, 14:00"), sent.body());
    JsonNode work = clinic.work(thread);
    assertEquals(SERVICE, Clinic.owner(work));
    assertEquals("unassigned", Clinic.state(work));
    assertEquals("2027-03-03T13:00:00.000Z", Clinic.due(work));
    assertEquals(patient, work.at("/for/reference").asText());
    assertEquals("routine", work.path("priority").asText());
    assertTrue(!work.toString().contains("Private words"));
    clinic.said(patient, thread, "");
    assertEquals("1", clinic.work(thread).at("/meta/versionId").asText());
    clinic.said(patient, thread, ",\"priority\":\"urgent\"");
    assertEquals("urgent", clinic.work(thread).path("priority").asText());
    assertEquals("2027-03-03T10:00:00.000Z", Clinic.due(clinic.work(thread)));
    String search = "Task?performer=https://parley.dev/fhir/pool|" + SERVICE;
    assertTrue(clinic.as(NURSE).get(search).body().contains(task(work)));
    assertEquals(0, clinic.as(STRANGER).get(search).json().path("total").asInt());
  }

  @Test
  void an_answer_of_staff_completes_it_and_the_next_message_is_new_work() {
    String patient = clinic.patient("answered");
    String thread = clinic.thread(patient, SERVICE);
    clinic.said(patient, thread, "");
    JsonNode work = clinic.work(thread);
    Reply answer = clinic.said(NURSE, thread, "");
    work = clinic.work(thread);
    assertEquals("completed", work.path("status").asText());
    assertEquals(
        "Communication/" + answer.id(), work.at("/output/0/valueReference/reference").asText());
    assertEquals("done", does(NURSE, work, "$claim").reason());
    clinic.said(patient, thread, "");
    assertEquals(2, clinic.tasks("answer-message", thread).size());
  }

  @Test
  void the_people_of_the_pool_see_it_and_no_patient_and_no_stranger_does() {
    String patient = clinic.patient("seen");
    String thread = clinic.thread(patient, SERVICE);
    clinic.said(patient, thread, "");
    String task = task(clinic.work(thread));
    Doors nurse = Doors.of(clinic.as(NURSE), NURSE);
    assertEquals(nurse.all(task), nurse.open(task));
    assertEquals(Set.of(), Doors.of(clinic.as(patient), patient).open(task));
    assertEquals(Set.of(), Doors.of(clinic.as(STRANGER), STRANGER).open(task));
    assertEquals(200, does(NURSE, clinic.work(thread), "$claim").status());
    Doors other = Doors.of(clinic.as(OTHER), OTHER);
    assertEquals(other.all(task), other.open(task), "it stays the pool's when somebody has it");
  }

  @Test
  void one_person_claims_it_and_the_next_is_told_that_it_is_taken() {
    String patient = clinic.patient("claimed");
    String thread = clinic.thread(patient, SERVICE);
    clinic.said(patient, thread, "");
    JsonNode work = clinic.work(thread);
    assertEquals(404, does(STRANGER, work, "$claim").status());
    assertEquals("not-staff", does(patient, work, "$claim").reason());
    Reply claimed = does(NURSE, work, "$claim");
    assertEquals(200, claimed.status(), claimed.body());
    assertEquals(NURSE, Clinic.owner(claimed.json()));
    assertEquals("claimed", Clinic.state(claimed.json()));
    assertEquals(200, does(NURSE, work, "$claim").status(), "again by the same person");
    Reply taken = does(OTHER, work, "$claim");
    assertEquals(409, taken.status());
    assertEquals("taken", taken.reason());
    assertTrue(taken.body().contains(NURSE));
    assertEquals("not-yours", does(OTHER, work, "$release").reason());
    Reply stale =
        clinic.as(NURSE).post(task(work) + "/$release", Clinic.parameters(), "If-Match", "W/\"1\"");
    assertEquals(412, stale.status(), stale.body());
    assertEquals(SERVICE, Clinic.owner(does(NURSE, work, "$release").json()));
    assertEquals(200, does(OTHER, work, "$claim").status());
  }

  @Test
  void of_many_who_claim_at_once_one_has_it() {
    String patient = clinic.patient("race");
    String thread = clinic.thread(patient, SERVICE);
    clinic.said(patient, thread, "");
    JsonNode work = clinic.work(thread);
    List<CompletableFuture<Integer>> all =
        Stream.of(NURSE, OTHER, Clinic.ONCALL, Clinic.LEAD)
            .map(w -> CompletableFuture.supplyAsync(() -> does(w, work, "$claim").status()))
            .toList();
    List<Integer> answers = all.stream().map(CompletableFuture::join).sorted().toList();
    assertEquals(List.of(200, 409, 409, 409), answers);
  }

  @Test
  void it_is_assigned_within_the_pool_only() {
    String patient = clinic.patient("assigned");
    String thread = clinic.thread(patient, SERVICE);
    clinic.said(patient, thread, "");
    JsonNode work = clinic.work(thread);
    assertEquals("not-in-pool", does(NURSE, work, "$assign", "owner", to(STRANGER)).reason());
    assertEquals("owner", does(NURSE, work, "$assign").reason());
    assertEquals(404, does(STRANGER, work, "$assign", "owner", to(STRANGER)).status());
    assertEquals(OTHER, Clinic.owner(does(NURSE, work, "$assign", "owner", to(OTHER)).json()));
  }

  @Test
  void it_is_handed_over_when_the_other_accepts() {
    String patient = clinic.patient("handed");
    String thread = clinic.thread(patient, SERVICE);
    clinic.said(patient, thread, "");
    JsonNode work = clinic.work(thread);
    does(NURSE, work, "$claim");
    assertEquals("not-yours", does(OTHER, work, "$handover", "to", to(OTHER)).reason());
    String note = "'valueString':'She waits for the lab'";
    JsonNode first = does(NURSE, work, "$handover", "to", to(OTHER), "note", note).json();
    assertTrue(first.toString().contains("waits for the lab"));
    assertEquals(NURSE, Clinic.owner(clinic.work(thread)));
    assertEquals("not-asked", does(NURSE, first, "$accept").reason());
    Reply declined = does(OTHER, first, "$decline", "reason", "'valueString':'In surgery'");
    assertEquals("rejected", declined.json().path("status").asText(), declined.body());
    assertEquals("In surgery", declined.json().at("/statusReason/text").asText());
    assertEquals("answered-already", does(OTHER, first, "$accept").reason());
    assertEquals(NURSE, Clinic.owner(clinic.work(thread)));
    JsonNode second = does(NURSE, work, "$handover", "to", to(OTHER)).json();
    assertEquals(200, does(OTHER, second, "$accept").status());
    assertEquals(OTHER, Clinic.owner(clinic.work(thread)));
  }

  @Test
  void it_is_changed_by_nothing_but_the_operations() {
    String patient = clinic.patient("put");
    String thread = clinic.thread(patient, SERVICE);
    clinic.said(patient, thread, "");
    JsonNode work = clinic.work(thread);
    String mine = work.toString().replace("\"" + SERVICE + "\"}", "\"" + OTHER + "\"}");
    assertEquals("use-the-operations", clinic.as(OTHER).put(task(work), mine).reason());
    assertEquals("use-the-operations", clinic.as(OTHER).delete(task(work)).reason());
    assertEquals("use-the-operations", clinic.as(OTHER).post("Task", mine).reason());
    assertEquals(404, clinic.as(patient).put(task(work), mine).status());
    assertEquals(SERVICE, Clinic.owner(clinic.work(thread)));
    clinic
        .system()
        .put(
            "Task/plain",
            Clinic.json(
                "'resourceType':'Task','id':'plain','status':'requested','intent':'order','owner':{'reference':'"
                    + NURSE
                    + "'}"));
    assertEquals(
        200,
        clinic
            .as(NURSE)
            .put(
                "Task/plain",
                Clinic.json(
                    "'resourceType':'Task','id':'plain','status':'completed','intent':'order','owner':{'reference':'"
                        + NURSE
                        + "'}"))
            .status(),
        "other Tasks are as they were");
  }

  @Test
  void a_message_to_somebody_of_a_service_is_theirs_and_one_among_staff_is_no_work() {
    String patient = clinic.patient("person");
    String thread = clinic.thread(patient, NURSE);
    clinic.said(patient, thread, "");
    JsonNode work = clinic.work(thread);
    assertEquals(NURSE, Clinic.owner(work));
    assertEquals("claimed", Clinic.state(work));
    assertEquals("2027-03-03T13:00:00.000Z", Clinic.due(work));
    clinic.stored(
        "Communication/staff",
        "'status':'in-progress','sender':{'reference':'%s'},'recipient':[{'reference':'%s'}]"
            .formatted(NURSE, SERVICE));
    clinic.said(NURSE, "Communication/staff", "");
    assertEquals(List.of(), clinic.tasks("answer-message", "Communication/staff"));
  }

  @Test
  void a_draft_is_no_work_until_it_is_sent() {
    String patient = clinic.patient("draft");
    String thread = clinic.thread(patient, SERVICE);
    String draft =
        Clinic.json(
            "'resourceType':'Communication','status':'preparation','partOf':[{'reference':'%s'}],'payload':[{'contentString':'Hm'}]"
                .formatted(thread));
    Reply kept = clinic.as(patient).post("Communication", draft);
    assertEquals(List.of(), clinic.tasks("answer-message", thread));
    String sent = kept.body().replace("\"preparation\"", "\"in-progress\"");
    assertEquals(200, clinic.as(patient).put("Communication/" + kept.id(), sent).status());
    assertEquals("unassigned", Clinic.state(clinic.work(thread)));
  }

  private JsonNode stored(String id, String code, String more) {
    clinic.stored(
        "Task/" + id,
        "'status':'requested','intent':'order','for':{'reference':'%s'},'code':{'coding':[{'system':'https://parley.dev/fhir/CodeSystem/task','code':'%s'}]}%s"
            .formatted(clinic.patient(id), code, more));
    return clinic.system().get("Task/" + id).json();
  }

  @Test
  void other_work_is_taken_given_back_and_ended_in_the_same_way() {
    String owner = ",'owner':{'reference':'" + SERVICE + "'}";
    JsonNode flag = stored("flagged", "red-flag", owner);
    assertEquals(200, does(NURSE, flag, "$claim").status());
    assertEquals("taken", does(OTHER, flag, "$claim").reason());
    JsonNode taken = clinic.as(OTHER).get(task(flag)).json();
    assertEquals(NURSE, Clinic.owner(taken));
    assertEquals("in-progress", taken.path("status").asText());
    assertEquals(200, does(NURSE, flag, "$release").status());
    assertEquals(SERVICE, Clinic.owner(clinic.system().get(task(flag)).json()));
    assertEquals(200, does(OTHER, flag, "$assign", "owner", to(NURSE)).status());
    assertEquals(404, does(STRANGER, flag, "$complete", "reason", "'valueString':'x'").status());
    assertEquals("how-settled", does(NURSE, flag, "$complete").reason());
    Reply ended = does(NURSE, flag, "$complete", "reason", "'valueString':'Rang them'");
    assertEquals("completed", ended.json().path("status").asText(), ended.body());
    assertEquals("done", does(NURSE, flag, "$claim").reason());
  }

  @Test
  void what_is_not_taken_says_what_to_do_instead() {
    String owner = ",'owner':{'reference':'" + NURSE + "'}";
    for (String[] each :
        new String[][] {
          {"acknowledge", "$acknowledge"}, {"unreached", "ends"}, {"stand-in", "$accept"}
        }) {
      JsonNode task = stored("not-" + each[0], each[0], owner);
      Reply refused = does(NURSE, task, "$claim");
      assertEquals("not-work", refused.reason(), refused.body());
      assertTrue(refused.body().contains(each[1]), refused.body());
    }
    JsonNode own = stored("own", "call-the-patient", owner);
    assertEquals("no-pool", does(NURSE, own, "$release").reason());
    assertEquals("not-answer-work", does(NURSE, own, "$handover", "to", to(OTHER)).reason());
  }

  @Test
  void who_schedules_a_message_hears_what_they_may_expect_then() {
    String patient = clinic.patient("later");
    String thread = clinic.thread(patient, SERVICE);
    String at =
        "{\"resourceType\":\"Communication\",\"status\":\"on-hold\",\"partOf\":[{\"reference\":\"%s\"}],\"payload\":[{\"contentString\":\"Private words\"}],\"extension\":[{\"url\":\"https://parley.dev/fhir/StructureDefinition/send-at\",\"valueDateTime\":\"%s\"}]}";
    Reply open =
        clinic.as(patient).post("Communication", at.formatted(thread, "2027-03-04T09:00:00Z"));
    assertEquals("expected-answer", open.header("Parley-Notice"), open.body());
    assertTrue(open.body().contains("answers by Thursday 4 March, 14:00"), open.body());
    Reply night =
        clinic.as(patient).post("Communication", at.formatted(thread, "2027-03-04T22:00:00Z"));
    assertEquals("out-of-hours", night.header("Parley-Notice"), night.body());
    assertEquals(0, clinic.tasks("answer-message", thread).size(), "it is work when it is sent");
  }

  @Test
  void the_work_is_about_who_wrote_also_if_they_do_not_say() {
    String patient = clinic.patient("unsaid");
    Reply sent =
        clinic
            .as(patient)
            .post(
                "Communication",
                "{\"resourceType\":\"Communication\",\"status\":\"in-progress\",\"recipient\":[{\"reference\":\"%s\"}],\"payload\":[{\"contentString\":\"Hello\"}]}"
                    .formatted(SERVICE));
    assertEquals(patient, sent.json().at("/subject/reference").asText(), sent.body());
    String thread = sent.json().at("/partOf/0/reference").asText();
    assertEquals(
        patient, clinic.tasks("answer-message", thread).get(0).at("/for/reference").asText());
  }

  @Test
  void what_was_refused_is_promised_no_answer() {
    clinic.stored("Organization/house", "'telecom':[{'system':'phone','value':'555-0177'}]");
    clinic.stored("Organization/ward", "'partOf':{'reference':'Organization/house'}");
    String patient =
        clinic.stored(
            "Patient/unasked",
            "'active':true,'managingOrganization':{'reference':'Organization/ward'}");
    Reply refused =
        clinic
            .as(patient)
            .post(
                "Communication",
                "{\"resourceType\":\"Communication\",\"status\":\"in-progress\",\"recipient\":[{\"reference\":\"%s\"}],\"payload\":[{\"contentString\":\"Hello\"}]}"
                    .formatted(SERVICE));
    assertEquals("consent-missing", refused.reason(), refused.body());
    assertFalse(refused.body().contains("answers by"), refused.body());
    assertTrue(refused.body().contains("call 555-0177"), refused.body());
    assertEquals(null, refused.header("Parley-Notice"), refused.body());
  }

  @Test
  void a_template_says_the_day_of_its_service() {
    String thread = clinic.thread(clinic.patient("day"), NURSE, SERVICE);
    clinic.stored(
        "ActivityDefinition/day",
        "'status':'active','kind':'CommunicationRequest','description':'Today is {{date}}'");
    java.time.Duration toMidnight =
        java.time.Duration.between(
            clinic.clock.instant(), java.time.Instant.parse("2027-03-03T23:30:00Z"));
    clinic.clock.forward(toMidnight);
    try {
      Reply draft =
          clinic
              .as(NURSE)
              .post(
                  "ActivityDefinition/day/$apply-message", Clinic.parameters("thread", to(thread)));
      assertEquals(
          "Today is 2027-03-04",
          draft.json().at("/payload/0/contentString").asText(),
          draft.body());
    } finally {
      clinic.clock.forward(toMidnight.negated());
    }
  }
}
