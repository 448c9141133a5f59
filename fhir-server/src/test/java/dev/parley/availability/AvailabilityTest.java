// SPDX-License-Identifier: Apache-2.0
package dev.parley.availability;

import static dev.parley.expectation.Clinic.LEAD;
import static dev.parley.expectation.Clinic.NURSE;
import static dev.parley.expectation.Clinic.ONCALL;
import static dev.parley.expectation.Clinic.OTHER;
import static dev.parley.expectation.Clinic.STRANGER;
import static dev.parley.expectation.Clinic.parameters;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.parley.TestServer.Reply;
import dev.parley.expectation.Clinic;
import dev.parley.visibility.Doors;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Somebody is not to be disturbed. */
class AvailabilityTest {
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
    patient = clinic.patient("away");
    thread = clinic.thread(patient, NURSE, STRANGER);
  }

  private Reply away(String who, int hours, String... more) {
    String until = "'valueDateTime':'" + clinic.clock.instant().plus(Duration.ofHours(hours)) + "'";
    String[] all = new String[more.length + 2];
    all[0] = "until";
    all[1] = until;
    System.arraycopy(more, 0, all, 2, more.length);
    return clinic.as(who).post(who + "/$set-availability", parameters(all));
  }

  private static String delegate(String who) {
    return "'valueReference':{'reference':'" + who + "'}";
  }

  private JsonNode tasks(String query) {
    return clinic.system().get("Task?" + query).json().path("entry");
  }

  private void accept(String who) {
    String id = tasks("owner=" + who + "&status=requested").at("/0/resource/id").asText();
    Reply reply = clinic.as(who).post("Task/" + id + "/$accept", parameters());
    assertEquals(200, reply.status(), reply.body());
  }

  private Reply stat(String from) {
    return clinic.said(from, thread, ",'priority':'stat'");
  }

  @Test
  void the_sender_sees_it_before_sending_and_is_told_when_they_have() {
    Reply set = away(NURSE, 2, "note", "'valueString':'In surgery'", "delegate", delegate(OTHER));
    assertEquals(200, set.status(), set.body());
    Reply asked = clinic.as(patient).get(NURSE + "/$availability");
    assertTrue(asked.body().contains("\"valueBoolean\":false"), asked.body());
    assertTrue(asked.body().contains("In surgery") && asked.body().contains("11:00:00"));
    Reply sent = clinic.said(STRANGER, thread, "");
    assertTrue(sent.header("Parley-Notice").contains("recipient-away"), sent.body());
    assertTrue(sent.body().contains("In surgery"));
    assertFalse(sent.json().path("recipient").toString().contains(ONCALL), "it can wait");
    clinic.forward(Duration.ofHours(3));
    Reply later = clinic.as(patient).get(NURSE + "/$availability");
    assertTrue(later.body().contains("\"valueBoolean\":true"), "it ends by itself");
    Reply back = clinic.said(STRANGER, thread, "");
    assertFalse(back.body().contains("recipient-away"), back.body());
  }

  @Test
  void what_cannot_wait_goes_to_the_delegate_once_they_have_accepted() {
    away(NURSE, 2, "delegate", delegate(OTHER));
    Reply before = stat(STRANGER);
    assertTrue(before.json().path("recipient").toString().contains(ONCALL), before.body());
    accept(OTHER);
    Reply sent = stat(STRANGER);
    assertTrue(sent.json().path("recipient").toString().contains(OTHER), sent.body());
    assertEquals(200, clinic.as(OTHER).get("Communication/" + sent.id()).status());
    assertEquals(200, clinic.as(OTHER).get(thread).status());
    JsonNode task =
        tasks("code=stand-in&focus=Communication/" + sent.id() + "&owner=" + OTHER)
            .at("/0/resource");
    assertEquals("stand-in", task.at("/code/coding/0/code").asText());
    assertEquals("stat", task.path("priority").asText());
    String reference = "Task/" + task.path("id").asText();
    assertEquals(Set.of(), Doors.of(clinic.as(patient), patient).open(reference));
    Reply demanded =
        clinic.said(
            STRANGER,
            thread,
            ",'extension':[{'url':'https://parley.dev/fhir/StructureDefinition/acknowledge','valueBoolean':true}]");
    assertTrue(demanded.json().path("recipient").toString().contains(OTHER), demanded.body());
  }

  @Test
  void a_delegate_who_is_away_themselves_or_was_asked_for_another_time_does_not_stand_in() {
    away(NURSE, 2, "delegate", delegate(OTHER));
    accept(OTHER);
    away(OTHER, 1);
    assertTrue(stat(STRANGER).json().path("recipient").toString().contains(ONCALL));
    clinic.forward(Duration.ofMinutes(61));
    away(NURSE, 2, "delegate", delegate(OTHER));
    Reply sent = stat(STRANGER);
    assertFalse(sent.body().contains(OTHER + " stands in"), sent.body());
    assertEquals(
        1, tasks("owner=" + OTHER + "&status=cancelled").size(), "asked before for another time");
  }

  @Test
  void where_nobody_is_reachable_the_sender_is_told_who_is() {
    away(NURSE, 2);
    away(ONCALL, 2);
    Reply sent = stat(STRANGER);
    assertTrue(sent.header("Parley-Notice").contains("nobody-reachable"), sent.body());
    assertTrue(sent.body().contains("Who can be reached: ") && sent.body().contains(OTHER));
  }

  @Test
  void nobody_says_it_of_others_and_it_is_changed_by_the_operation_only() {
    String path = NURSE + "/$set-availability";
    assertEquals("not-yourself", clinic.as(OTHER).post(path, parameters()).reason());
    assertEquals("not-yourself", clinic.as(patient).post(path, parameters()).reason());
    assertEquals("until", away(NURSE, -1).reason());
    assertEquals(
        "until",
        clinic.as(NURSE).post(path, parameters("note", "'valueString':'In surgery'")).reason());
    assertEquals("delegate", away(NURSE, 1, "delegate", delegate(NURSE)).reason());
    assertEquals("delegate", away(NURSE, 1, "delegate", delegate(patient)).reason());
    away(NURSE, 2);
    JsonNode basic = clinic.system().get("Basic?subject=" + NURSE).json().at("/entry/0/resource");
    String stored = "Basic/" + basic.path("id").asText();
    assertEquals("use-the-operations", clinic.as(NURSE).put(stored, basic.toString()).reason());
    assertEquals("use-the-operations", clinic.as(NURSE).delete(stored).reason());
    assertEquals("use-the-operations", clinic.as(OTHER).post("Basic", basic.toString()).reason());
    assertEquals(404, clinic.as(OTHER).get(stored).status());
    clinic.stored(NURSE, "'active':true,'name':[{'family':'New'}]");
    Reply asked = clinic.as(OTHER).get(NURSE + "/$availability");
    assertTrue(asked.body().contains("\"valueBoolean\":false"), "the directory does not drop it");
    clinic.as(NURSE).post(path, parameters());
    assertTrue(
        clinic.as(OTHER).get(NURSE + "/$availability").body().contains("\"valueBoolean\":true"));
    assertEquals(1, clinic.system().get("Basic?subject=" + NURSE).json().path("total").asInt());
  }

  private void sees(String who, String reference) {
    Doors doors = Doors.of(clinic.as(who), who);
    assertEquals(doors.all(reference), doors.open(reference), who + " " + reference);
  }

  private void hidden(String who, String... references) {
    for (String reference : references) {
      assertEquals(Set.of(), Doors.of(clinic.as(who), who).open(reference), who + " " + reference);
    }
  }

  @Test
  void a_delegate_sees_the_conversations_of_whom_they_stand_in_for_while_they_do() {
    String draft =
        "'resourceType':'Communication','status':'preparation','sender':{'reference':'%s'},'partOf':[{'reference':'%s'}],'payload':[{'contentString':'not yet'}]"
            .formatted(NURSE, thread);
    String unsent =
        "Communication/" + clinic.as(NURSE).post("Communication", Clinic.json(draft)).id();
    String other = clinic.thread(clinic.patient("elsewhere"), STRANGER);
    String listen =
        "'resourceType':'Subscription','status':'requested','reason':'t','criteria':'Communication?','channel':{'type':'websocket','payload':'application/fhir+json'}";
    String theirs =
        "Subscription/" + clinic.as(NURSE).post("Subscription", Clinic.json(listen)).id();
    String mine = clinic.as(LEAD).post("Subscription", Clinic.json(listen)).id();
    String first = "Communication/" + clinic.said(patient, thread, "").id();
    away(NURSE, 2, "delegate", delegate(LEAD));
    hidden(LEAD, thread, first);
    accept(LEAD);
    sees(LEAD, thread);
    String said = "Communication/" + clinic.said(patient, thread, "").id();
    assertEquals(200, clinic.as(LEAD).get(first).status());
    hidden(LEAD, unsent, other, theirs);
    hidden(OTHER, thread, said);
    await()
        .untilAsserted(
            () -> {
              String events = clinic.as(LEAD).get("Subscription/" + mine + "/$events").body();
              assertTrue(events.contains(said), events);
              assertFalse(events.contains(first), events);
            });
    Reply asThem = clinic.say(LEAD, thread, ",'sender':{'reference':'" + NURSE + "'}");
    assertEquals("not-the-sender", asThem.reason(), asThem.body());
    clinic.forward(Duration.ofHours(3));
    hidden(LEAD, thread, first, said);
    away(NURSE, 2, "delegate", delegate(LEAD));
    accept(LEAD);
    sees(LEAD, thread);
    clinic.as(NURSE).post(NURSE + "/$set-availability", parameters());
    hidden(LEAD, thread, first, said);
  }

  private String inbox(String who) {
    return clinic.as(who).get("Communication/$inbox").body();
  }

  private Reply late(String thread, String who) {
    return clinic
        .as(STRANGER)
        .post(
            thread + "/$add-participant",
            parameters(
                "who",
                "'valueReference':{'reference':'" + who + "'}",
                "history",
                "'valueCode':'from-joined'"));
  }

  @Test
  void a_delegate_does_the_work_of_who_is_away_and_nothing_else_of_theirs() {
    String role = "PractitionerRole/nurse";
    String ofRole = clinic.thread(clinic.patient("role"), role, STRANGER);
    String late = clinic.thread(clinic.patient("late"), STRANGER);
    String elsewhere = clinic.patient("elsewhere");
    clinic.thread(elsewhere, STRANGER);
    String before = "Communication/" + clinic.said("Patient/late", late, "").id();
    assertEquals(200, late(late, NURSE).status());
    clinic.said(patient, thread, "");
    clinic.said("Patient/role", ofRole, "");
    clinic.said("Patient/late", late, "");
    clinic.stored(
        "Observation/of-the-record",
        "'status':'final','code':{'text':'x'},'subject':{'reference':'" + patient + "'}");
    String draft =
        "Communication/"
            + clinic
                .as(NURSE)
                .post(
                    "Communication",
                    Clinic.json(
                        "'resourceType':'Communication','status':'preparation','sender':{'reference':'%s'},'partOf':[{'reference':'%s'}],'payload':[{'contentString':'not yet'}]"
                            .formatted(role, ofRole)))
                .id();
    String mine =
        clinic
            .as(LEAD)
            .post(
                "Subscription",
                Clinic.json(
                    "'resourceType':'Subscription','status':'requested','reason':'t','criteria':'Communication?','channel':{'type':'websocket','payload':'application/fhir+json'}"))
            .id();
    String[] opened = {thread, ofRole, late, patient, "Patient/role", "Patient/late"};
    away(NURSE, 2, "delegate", delegate(LEAD));
    hidden(LEAD, opened);
    accept(LEAD);
    for (String each : opened) {
      if (!each.equals(late)) {
        sees(LEAD, each);
      }
    }
    // Its first version is from before the other came in.
    Doors doors = Doors.of(clinic.as(LEAD), LEAD);
    Set<String> all = doors.all(late);
    all.remove("vread");
    assertEquals(all, doors.open(late));
    hidden(LEAD, before, draft, elsewhere, "Observation/of-the-record");
    hidden(OTHER, opened);
    String said = clinic.said("Patient/role", ofRole, "").id();
    String after = clinic.said("Patient/late", late, "").id();
    assertEquals(200, clinic.as(LEAD).get("Communication/" + said).status());
    assertEquals(200, clinic.as(LEAD).get("Communication/" + after).status());
    await()
        .untilAsserted(
            () -> {
              String events = clinic.as(LEAD).get("Subscription/" + mine + "/$events").body();
              assertTrue(events.contains(said) && events.contains(after), events);
            });
    String inbox = inbox(LEAD);
    for (String each : new String[] {thread, ofRole, late}) {
      assertTrue(inbox.contains("\"" + each.substring("Communication/".length())), inbox);
    }
    assertTrue(inbox.contains("{\"url\":\"stand-in\",\"valueBoolean\":true}"), inbox);
    assertFalse(inbox(NURSE).contains("stand-in"));
    assertEquals(0, clinic.as(OTHER).get("Communication/$inbox").json().path("entry").size());

    // A role that is given later, and a conversation that begins later.
    clinic.role("second", NURSE, "night", "");
    String second = clinic.thread(clinic.patient("second"), "PractitionerRole/second", STRANGER);
    clinic.said("Patient/second", second, "");
    sees(LEAD, second);

    for (String each : new String[] {thread, ofRole, late}) {
      JsonNode answer = clinic.said(LEAD, each, "").json();
      assertEquals(LEAD, answer.at("/sender/reference").asText(), answer.toString());
    }
    String who = "'valueReference':{'reference':'" + LEAD + "'}";
    Reply adding = clinic.as(LEAD).post(thread + "/$add-participant", parameters("who", who));
    assertEquals("not-a-participant", adding.reason(), adding.body());
    String closed = clinic.as(LEAD).get(thread).body().replace("\"in-progress\"", "\"completed\"");
    assertEquals("not-a-participant", clinic.as(LEAD).put(thread, closed).reason());

    clinic.forward(Duration.ofHours(3));
    hidden(LEAD, opened);
    hidden(LEAD, "Communication/" + said, "Communication/" + after);
    assertEquals(0, clinic.as(LEAD).get("Communication/$inbox").json().path("entry").size());
    assertEquals(422, clinic.say(LEAD, thread, "").status());
  }

  @Test
  void nobody_makes_themselves_a_delegate() {
    String task =
        "'resourceType':'Task','status':'%s','intent':'order','code':{'coding':[{'system':'https://parley.dev/fhir/CodeSystem/task','code':'cover-request'}]},'requester':{'reference':'%s'},'owner':{'reference':'%s'}";
    String forged = Clinic.json(task.formatted("accepted", NURSE, LEAD));
    assertEquals("use-the-operations", clinic.as(LEAD).post("Task", forged).reason());
    assertEquals("use-the-operations", clinic.as(NURSE).post("Task", forged).reason());
    away(NURSE, 2, "delegate", delegate(OTHER));
    JsonNode asked = tasks("owner=" + OTHER + "&status=requested").at("/0/resource");
    String reference = "Task/" + asked.path("id").asText();
    String turned = asked.toString().replace(OTHER, LEAD).replace("requested", "accepted");
    for (String who : new String[] {NURSE, OTHER}) {
      assertEquals("use-the-operations", clinic.as(who).put(reference, turned).reason(), who);
    }
    assertEquals(404, clinic.as(LEAD).put(reference, turned).status());
    assertEquals(4, clinic.as(NURSE).post(reference + "/$accept", parameters()).status() / 100);
    hidden(OTHER, thread);
    hidden(LEAD, thread);
  }

  @Test
  void words_of_danger_go_to_who_is_there_and_from_one_to_the_next_until_somebody_takes_them() {
    away(NURSE, 2);
    Reply sent =
        clinic
            .as(patient)
            .post(
                "Communication",
                Clinic.json(
                    "'resourceType':'Communication','status':'in-progress','partOf':[{'reference':'%s'}],'recipient':[{'reference':'%s'}],'payload':[{'contentString':'I cannot breathe'}]"
                        .formatted(thread, NURSE)));
    assertEquals(201, sent.status(), sent.body());
    String query = "code=red-flag&focus=Communication/" + sent.id();
    assertEquals(ONCALL, Clinic.owner(tasks(query).at("/0/resource")));
    clinic.forward(Duration.ofMinutes(9));
    assertEquals(ONCALL, Clinic.owner(tasks(query).at("/0/resource")));
    clinic.forward(Duration.ofMinutes(2));
    assertEquals(LEAD, Clinic.owner(tasks(query).at("/0/resource")));
    JsonNode task = tasks(query).at("/0/resource");
    String reference = "Task/" + task.path("id").asText();
    String taken = task.toString().replace("\"requested\"", "\"in-progress\"");
    assertEquals(200, clinic.as(LEAD).put(reference, taken).status());
    clinic.forward(Duration.ofMinutes(30));
    assertEquals(LEAD, Clinic.owner(tasks(query).at("/0/resource")));
  }

  @Test
  void who_schedules_a_message_hears_that_nobody_is_there_then() {
    away(NURSE, 30);
    String later =
        "{\"resourceType\":\"Communication\",\"status\":\"on-hold\",\"priority\":\"stat\",\"partOf\":[{\"reference\":\"%s\"}],\"recipient\":[{\"reference\":\"%s\"}],\"payload\":[{\"contentString\":\"x\"}],\"extension\":[{\"url\":\"https://parley.dev/fhir/StructureDefinition/send-at\",\"valueDateTime\":\"%s\"}]}";
    away(ONCALL, 30);
    String during = clinic.clock.instant().plus(Duration.ofHours(20)).toString();
    Reply told = clinic.as(STRANGER).post("Communication", later.formatted(thread, NURSE, during));
    assertEquals(201, told.status(), told.body());
    assertTrue(told.header("Parley-Notice").contains("recipient-away"), told.body());
    assertTrue(told.header("Parley-Notice").contains("nobody-reachable"), told.body());
    String after = clinic.clock.instant().plus(Duration.ofHours(40)).toString();
    Reply quiet = clinic.as(STRANGER).post("Communication", later.formatted(thread, NURSE, after));
    assertFalse(quiet.body().contains("recipient-away"), quiet.body());
    assertFalse(quiet.body().contains("nobody-reachable"), quiet.body());
  }

  @Test
  void a_time_without_its_zone_is_not_guessed_at() {
    Reply refused =
        clinic
            .as(NURSE)
            .post(
                NURSE + "/$set-availability",
                parameters("until", "'valueDateTime':'2099-01-01T10:00:00'"));
    assertEquals("time-zone", refused.reason(), refused.body());
    assertTrue(refused.body().contains("+01:00"), "it says how");
  }
}
