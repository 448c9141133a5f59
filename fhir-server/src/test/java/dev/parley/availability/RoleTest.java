// SPDX-License-Identifier: Apache-2.0
package dev.parley.availability;

import static dev.parley.expectation.Clinic.NURSE;
import static dev.parley.expectation.Clinic.OTHER;
import static dev.parley.expectation.Clinic.SERVICE;
import static dev.parley.expectation.Clinic.STRANGER;
import static dev.parley.expectation.Clinic.parameters;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.parley.TestServer.Reply;
import dev.parley.expectation.Clinic;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** "Charge nurse": a role that people take for a shift. */
class RoleTest {
  private static final String ROLE = "PractitionerRole/charge";
  private static final String SHIFT =
      ",'extension':[{'url':'https://parley.dev/fhir/StructureDefinition/shift-role','valueBoolean':true}%s]";
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
    clinic.role("charge", null, "charge-nurse", SHIFT.formatted(""));
    patient = clinic.patient("role");
    thread = clinic.thread(patient, ROLE);
  }

  private Reply take(String who) {
    return clinic.as(who).post(ROLE + "/$take-role", parameters());
  }

  private Reply giveUp(String who) {
    return clinic.as(who).post(ROLE + "/$give-up-role", parameters());
  }

  @Test
  void messages_follow_whoever_holds_it_and_are_sent_in_its_name() {
    assertEquals(200, take(NURSE).status());
    assertEquals(200, take(NURSE).status(), "again");
    Reply sent = clinic.said(patient, thread, "");
    assertEquals(200, clinic.as(NURSE).get("Communication/" + sent.id()).status());
    assertEquals(404, clinic.as(OTHER).get("Communication/" + sent.id()).status());
    assertEquals(ROLE, Clinic.owner(clinic.work(thread)));
    Reply answer = clinic.said(NURSE, thread, ",'sender':{'reference':'" + ROLE + "'}");
    assertEquals(ROLE, answer.json().at("/sender/reference").asText());
    Reply audit =
        clinic.system().get("AuditEvent?entity=Communication/" + answer.id() + "&action=C");
    assertTrue(audit.body().contains(NURSE), audit.body());
    assertEquals(200, giveUp(NURSE).status());
    assertEquals(404, clinic.as(NURSE).get("Communication/" + sent.id()).status());
    assertEquals(
        "not-the-sender",
        clinic
            .as(NURSE)
            .post(
                "Communication",
                Clinic.json(
                    "'resourceType':'Communication','status':'in-progress','sender':{'reference':'%s'},'recipient':[{'reference':'%s'}],'payload':[{'contentString':'x'}]"
                        .formatted(ROLE, OTHER)))
            .reason());
    assertEquals(200, take(OTHER).status());
    assertEquals(200, clinic.as(OTHER).get("Communication/" + sent.id()).status());
  }

  @Test
  void one_holds_it_at_a_time_unless_it_allows_more() {
    List<CompletableFuture<Integer>> all =
        Stream.of(NURSE, OTHER, Clinic.LEAD)
            .map(w -> CompletableFuture.supplyAsync(() -> take(w).status()))
            .toList();
    assertEquals(
        List.of(200, 409, 409), all.stream().map(CompletableFuture::join).sorted().toList());
    clinic.role(
        "charge",
        null,
        "charge-nurse",
        SHIFT.formatted(
            ",{'url':'https://parley.dev/fhir/StructureDefinition/several-holders','valueBoolean':true}"));
    assertEquals(200, take(NURSE).status());
    assertEquals(200, take(OTHER).status());
    Reply sent = clinic.said(patient, thread, "");
    assertEquals(200, clinic.as(NURSE).get("Communication/" + sent.id()).status());
    assertEquals(200, clinic.as(OTHER).get("Communication/" + sent.id()).status());
    assertEquals(200, giveUp(NURSE).status());
    assertEquals(404, clinic.as(NURSE).get("Communication/" + sent.id()).status());
    assertEquals(200, clinic.as(OTHER).get("Communication/" + sent.id()).status());
    assertEquals("role-not-held", giveUp(NURSE).reason());
  }

  @Test
  void nobody_takes_what_is_not_theirs_to_take() {
    assertEquals("not-a-colleague", take(STRANGER).reason());
    assertEquals("not-staff", take(patient).reason());
    assertEquals(
        "no-shift-role",
        clinic.as(NURSE).post("PractitionerRole/lead/$take-role", parameters()).reason());
    assertEquals(
        "role-not-held",
        clinic.as(NURSE).post("PractitionerRole/nurse/$give-up-role", parameters()).reason());
    String forged = clinic.system().get(ROLE).body();
    assertEquals("not-yours-to-write", clinic.as(NURSE).put(ROLE, forged).reason());
  }

  @Test
  void a_role_that_nobody_holds_says_so_and_its_messages_go_to_the_pool() {
    Reply asked = clinic.as(patient).get(ROLE + "/$availability");
    assertTrue(asked.body().contains("is held by nobody now"), asked.body());
    Reply sent = clinic.said(patient, thread, "");
    assertTrue(sent.header("Parley-Notice").contains("role-unmanned"), sent.body());
    assertEquals(200, clinic.as(Clinic.ONCALL).get("Communication/" + sent.id()).status());
    assertEquals(SERVICE, Clinic.owner(clinic.work(thread)));
    take(NURSE);
    assertTrue(
        clinic.as(patient).get(ROLE + "/$availability").body().contains("\"valueBoolean\":true"));
  }

  private String taken(String id, String who) {
    String task =
        "'intent':'order','for':{'reference':'" + patient + "'},'owner':{'reference':'%s'}";
    clinic.stored("Task/" + id, "'status':'requested'," + task.formatted(ROLE));
    return clinic.stored("Task/" + id, "'status':'accepted'," + task.formatted(who));
  }

  private String held(String task) {
    JsonNode stored = clinic.system().get(task).json();
    return stored.path("status").asText() + " " + Clinic.owner(stored);
  }

  @Test
  void what_is_owed_to_the_role_stays_with_it_and_what_a_holder_took_comes_back_to_it() {
    clinic.role(
        "charge",
        null,
        "charge-nurse",
        SHIFT.formatted(
            ",{'url':'https://parley.dev/fhir/StructureDefinition/several-holders','valueBoolean':true}"));
    take(NURSE);
    take(OTHER);
    String owed =
        clinic.stored(
            "Task/owed",
            "'status':'in-progress','intent':'order','owner':{'reference':'" + ROLE + "'}");
    String nurses = taken("nurses", NURSE);
    String others = taken("others", OTHER);
    giveUp(NURSE);
    assertEquals("in-progress " + ROLE, held(owed));
    assertEquals("requested " + ROLE, held(nurses));
    assertEquals("accepted " + OTHER, held(others), "who holds it besides");
    take(NURSE);
    assertEquals("in-progress " + ROLE, held(owed));
    giveUp(OTHER);
    assertEquals("requested " + ROLE, held(others));
    giveUp(NURSE);
    take(Clinic.LEAD);
    assertEquals("in-progress " + ROLE, held(owed));
  }
}
