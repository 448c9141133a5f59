// SPDX-License-Identifier: Apache-2.0
package dev.parley.conversation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.parley.TestServer.Reply;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class TeamTest {
  private static final String SECRET = "the other Anna has it";
  private static Room room;

  @BeforeAll
  static void start() {
    room = new Room();
    for (String who : List.of("nurse", "late")) {
      room.stored("Practitioner/" + who, "'active':true");
    }
    room.stored("Patient/ben", "'active':true");
    room.stored(
        "PractitionerRole/charge",
        "'active':true,'practitioner':{'reference':'Practitioner/dr-b'}");
  }

  @AfterAll
  static void stop() {
    room.close();
  }

  private static String team(String id, String... members) {
    room.stored(
        "CareTeam/" + id,
        "'status':'active','subject':{'reference':'Patient/anna'},'participant':["
            + List.of(members).stream()
                .map(m -> "{'member':{'reference':'%s'}}".formatted(m))
                .collect(Collectors.joining(","))
            + "]");
    return "CareTeam/" + id;
  }

  private static Set<String> meant(JsonNode message) {
    Set<String> found = new TreeSet<>();
    for (JsonNode recipient : message.path("recipient")) {
      for (JsonNode each : recipient.path("extension")) {
        if (each.path("url").asText().endsWith("/member")) {
          found.add(each.at("/valueReference/reference").asText());
        }
      }
    }
    return found;
  }

  private static int unread(String who) {
    return room.as(who)
        .get("Communication/$unread")
        .json()
        .at("/parameter/0/valueInteger")
        .asInt(
            room.as(who)
                .get("Communication/$unread")
                .json()
                .at("/parameter/0/valueUnsignedInt")
                .asInt());
  }

  @Test
  void who_was_in_the_team_is_written_on_the_message_and_who_is_in_it_sees_it() {
    String team =
        team(
            "ward", "Practitioner/dr-b", "Practitioner/nurse", "RelatedPerson/mum", "Patient/anna");
    room.thread("tt", "anna", "staff-only", "Practitioner/dr-a", team);
    int before = unread("nurse");
    String first =
        room.sent(
            "dr-a",
            "tt",
            "hello all",
            "'recipient':[{'reference':'%s','extension':[{'url':'https://parley.dev/fhir/StructureDefinition/member','valueReference':{'reference':'Practitioner/gp'}}]}]"
                .formatted(team));
    Set<String> both = Set.of("Practitioner/dr-b", "Practitioner/nurse");
    assertEquals(both, meant(room.as("nurse").get(first).json()));
    assertEquals(before + 1, unread("nurse"));

    team("ward", "Practitioner/dr-b", "Practitioner/late");
    assertEquals(404, room.as("nurse").get(first).status());
    assertEquals(before, unread("nurse"));
    assertEquals(both, meant(room.as("late").get(first).json()));
    String second = room.sent("dr-a", "tt", "and you", "");
    assertEquals(
        Set.of("Practitioner/dr-b", "Practitioner/late"),
        meant(room.as("late").get(second).json()));
    // What is stored of a receipt or a recall leaves it.
    assertEquals(200, room.as("dr-a").post(first + "/$recall", Room.parameters()).status());
    assertEquals(both, meant(room.as("late").get(first).json()));
  }

  private static String group(String id, String type, String... members) {
    room.stored(
        "Group/" + id,
        "'type':'%s','actual':true,'active':true".formatted(type)
            + (members.length == 0
                ? ""
                : List.of(members).stream()
                    .map(m -> "{'entity':{'reference':'%s'}}".formatted(m))
                    .collect(Collectors.joining(",", ",'member':[", "]"))));
    return "Group/" + id;
  }

  private static Reply to(String who, String group, String more) {
    return room.as(who)
        .post(
            "Communication",
            Room.json(
                "'resourceType':'Communication','status':'in-progress','recipient':[{'reference':'%s'}],'payload':[{'contentString':'flu shots'}]%s"
                    .formatted(group, more)));
  }

  @Test
  void a_group_of_staff_is_in_a_thread_as_a_team_is() {
    String inner = group("inner", "practitioner", "Practitioner/late");
    String outer = group("outer", "practitioner", "Practitioner/nurse", inner);
    int before = unread("late");
    Reply sent = to("dr-a", outer, "");
    assertEquals(201, sent.status(), sent.body());
    String path = "Communication/" + sent.id();
    Set<String> both = Set.of("Practitioner/nurse", "Practitioner/late");
    for (String who : List.of("nurse", "late")) {
      assertEquals(both, meant(room.as(who).get(path).json()), who);
      assertTrue(room.as(who).get("Communication/$inbox").body().contains(sent.id()), who);
    }
    assertEquals(before + 1, unread("late"));
    assertEquals(404, room.as("dr-b").get(path).status());
    Reply answer =
        room.as("late")
            .post(
                "Communication",
                Room.json(
                    "'resourceType':'Communication','status':'in-progress','inResponseTo':[{'reference':'%s'}],'payload':[{'contentString':'ok'}]"
                        .formatted(path)));
    assertEquals(201, answer.status(), answer.body());
    group("outer", "practitioner", "Practitioner/dr-b");
    assertEquals(404, room.as("nurse").get(path).status());
    assertEquals(404, room.as("late").get(path).status());
    assertEquals(200, room.as("dr-b").get(path).status());
  }

  @Test
  void a_group_of_patients_is_written_to_by_a_broadcast_and_in_no_other_way() {
    String flu = group("flu", "person", "Patient/anna", "Patient/ben");
    String mixed = group("mixed", "practitioner", "Practitioner/nurse", "RelatedPerson/mum");
    String nested = group("nested", "practitioner", "Practitioner/nurse", flu);
    String nobody = group("nobody", "person");
    for (String group : List.of(flu, mixed, nested, nobody)) {
      for (String more :
          List.of(
              "",
              ",'partOf':[{'reference':'Communication/t'}]",
              ",'category':[{'coding':[{'system':'https://parley.dev/fhir/CodeSystem/audience','code':'staff-only'}]}]",
              ",'priority':'stat','subject':{'reference':'Patient/anna'}")) {
        Reply refused = to("dr-a", group, more);
        assertEquals("group-of-patients", refused.reason(), refused.body());
        assertTrue(refused.body().contains("broadcast"), refused.body());
      }
      Reply thread =
          room.as("dr-a")
              .post(
                  "Communication",
                  Room.json(
                      "'resourceType':'Communication','status':'in-progress','recipient':[{'reference':'Practitioner/dr-a'},{'reference':'%s'}]"
                          .formatted(group)));
      assertEquals("group-of-patients", thread.reason(), thread.body());
      Reply added =
          room.as("dr-a")
              .post(
                  "Communication/t/$add-participant",
                  Room.json(
                      "'resourceType':'Parameters','parameter':[{'name':'who','valueReference':{'reference':'%s'}}]"
                          .formatted(group)));
      assertEquals("group-of-patients", added.reason(), added.body());
      Reply bundle =
          room.as("dr-a")
              .post(
                  "",
                  Room.json(
                      "'resourceType':'Bundle','type':'transaction','entry':[{'request':{'method':'POST','url':'Communication'},'resource':{'resourceType':'Communication','status':'completed','recipient':[{'reference':'%s'}],'payload':[{'contentString':'x'}]}}]"
                          .formatted(group)));
      assertEquals("group-of-patients", bundle.reason(), bundle.body());
      // A draft is kept, and not sent.
      String kept =
          Room.json(
              "'resourceType':'Communication','status':'preparation','recipient':[{'reference':'%s'}],'payload':[{'contentString':'x'}]"
                  .formatted(group));
      Reply draft = room.as("dr-a").post("Communication", kept);
      assertEquals(201, draft.status(), draft.body());
      Reply sent =
          room.as("dr-a")
              .put(
                  "Communication/" + draft.id(),
                  draft.body().replace("\"preparation\"", "\"in-progress\""));
      assertEquals("group-of-patients", sent.reason(), sent.body());
    }
    // To a patient a Group is as unknown as one that is not there.
    Reply known = to("Patient/anna", flu, "");
    assertEquals("unknown-reference", known.reason(), known.body());
    assertEquals(
        known.body().replace("Group/flu", "Group/none"),
        to("Patient/anna", "Group/none", "").body());
  }

  /** A thread that an older system has recorded with such a Group: nobody is shut out of it. */
  @Test
  void who_is_in_a_recorded_thread_with_a_group_of_patients_can_answer() {
    group("old", "person", "Patient/anna");
    room.thread("og", "anna", "patient-facing", "Practitioner/dr-a", "Group/old");
    String path = room.sent("dr-a", "og", "hello", "");
    assertEquals(404, room.as("officer").get(path).status());
  }

  @Test
  void in_the_name_of_a_team_or_role_is_by_a_person_of_it() {
    String team = team("round", "Practitioner/dr-b");
    room.thread("tr", "anna", "staff-only", "Practitioner/dr-a", team, "PractitionerRole/charge");
    String said = "'sender':{'reference':'%s'}";
    String path = room.sent("dr-b", "tr", "from us all", said.formatted(team));
    JsonNode message = room.as("dr-a").get(path).json();
    assertEquals("Practitioner/dr-b", message.at("/sender/reference").asText());
    assertTrue(
        message
            .path("extension")
            .toString()
            .contains("/on-behalf-of\",\"valueReference\":{\"reference\":\"" + team),
        message.toString());
    String again =
        room.sent(
            "dr-b",
            "tr",
            "me too",
            "'extension':[{'url':'https://parley.dev/fhir/StructureDefinition/on-behalf-of','valueReference':{'reference':'%s'}}]"
                .formatted(team));
    assertEquals(200, room.as("dr-a").get(again).status());
    Reply outsider =
        room.as("dr-a")
            .post(
                "Communication",
                Room.message(
                    "tr",
                    "x",
                    "'extension':[{'url':'https://parley.dev/fhir/StructureDefinition/on-behalf-of','valueReference':{'reference':'%s'}}]"
                        .formatted(team)));
    assertEquals("not-the-sender", outsider.reason(), outsider.body());

    String role =
        room.sent("dr-b", "tr", "from the desk", said.formatted("PractitionerRole/charge"));
    assertEquals(
        "PractitionerRole/charge",
        room.as("dr-a").get(role).json().at("/sender/reference").asText());
    for (String each : List.of(path, role)) {
      String trail = room.system().get("AuditEvent?entity=" + each + "&action=C").body();
      assertTrue(trail.contains("Practitioner/dr-b"), trail);
      assertFalse(trail.contains("CareTeam/round\""), trail);
    }
  }

  private static String forwarded(String who, String path, String thread) {
    Reply reply =
        room.as(who)
            .post(
                path + "/$forward",
                Room.json(
                    "'resourceType':'Parameters','parameter':[{'name':'to','valueReference':{'reference':'Communication/%s'}},{'name':'text','valueString':'look'}]"
                        .formatted(thread)));
    assertEquals(200, reply.status(), reply.body());
    return "Communication/" + reply.json().path("id").asText();
  }

  @Test
  void a_recall_reaches_what_was_forwarded_and_forwarded_again() {
    room.thread("f1", "anna", "staff-only", "Practitioner/dr-b", "Practitioner/nurse");
    room.thread("f2", "anna", "staff-only", "Practitioner/nurse", "Practitioner/late");
    String path = room.sent("dr-a", "t", SECRET, "'priority':'stat'");
    String one = forwarded("dr-b", path, "f1");
    String two = forwarded("nurse", one, "f2");
    assertTrue(room.as("late").get(two).body().contains(SECRET));
    assertTrue(room.as("late").get("Communication/$find?text=Anna").body().contains("other Anna"));
    Reply recalled =
        room.as("dr-a").post(path + "/$recall", Room.parameters("reason", "wrong-patient"));
    assertEquals(200, recalled.status(), recalled.body());
    assertTrue(recalled.body().contains("Practitioner/late"), recalled.body());
    for (String copy : List.of(one, two)) {
      for (String who : List.of("dr-b", "nurse", "late", "gp", "dr-a")) {
        for (String door : List.of("", "/_history", "/_history/1", "?_elements=payload")) {
          assertFalse(room.as(who).get(copy + door).body().contains(SECRET), who + door);
        }
        String doors =
            room.as(who).get("Communication/_history?_count=1000").body()
                + room.as(who).get("Communication?_count=1000").body()
                + room.as(who).get("Communication/$find?text=Anna").body();
        // The sender of the original keeps their own history.
        assertEquals(who.equals("dr-a"), doors.contains(SECRET), who);
      }
    }
    JsonNode left = room.as("late").get(two).json();
    assertEquals("entered-in-error", left.path("status").asText());
    assertEquals("wrong-patient", left.at("/statusReason/coding/0/code").asText());
    String task = room.system().get("Task?focus=" + path + "&code=recalled").body();
    assertTrue(task.contains("forwarded-as") && task.contains(two), task);
    assertEquals(
        "recalled",
        error(
            room.as("dr-b")
                .post(
                    path + "/$forward",
                    Room.json(
                        "'resourceType':'Parameters','parameter':[{'name':'to','valueReference':{'reference':'Communication/f1'}}]"))));

    Reply provenance = room.as("late").get("Provenance?target=" + two);
    assertEquals(1, provenance.json().path("total").asInt(), provenance.body());
  }

  private static String error(Reply reply) {
    return reply.status() == 422 ? "recalled" : reply.body();
  }

  @Test
  void who_changed_what_is_told_to_who_sees_the_message_and_written_by_nobody() {
    String path = room.sent("dr-a", "t", "1 mg", "");
    assertEquals(0, room.as("dr-b").get("Provenance?target=" + path).json().path("total").asInt());
    assertEquals(
        200, room.as("dr-a").post(path + "/$edit", Room.parameters("text", "2 mg")).status());
    JsonNode found = room.as("dr-b").get("Provenance?target=" + path).json();
    assertEquals(1, found.path("total").asInt(), found.toString());
    JsonNode edited = found.at("/entry/0/resource");
    assertEquals("Practitioner/dr-a", edited.at("/agent/0/who/reference").asText());
    assertEquals("edited", edited.at("/activity/coding/1/code").asText());
    assertEquals(path + "/_history/1", edited.at("/entity/0/what/reference").asText());
    String put =
        room.sent(
            "dr-a",
            "t",
            "3 mg",
            "'extension':[{'url':'https://parley.dev/fhir/StructureDefinition/replaces','valueReference':{'reference':'%s'}}]"
                .formatted(path));
    JsonNode corrected =
        room.as("dr-b").get("Provenance?target=" + put).json().at("/entry/0/resource");
    assertEquals(path, corrected.at("/entity/0/what/reference").asText(), corrected.toString());
    assertEquals(200, room.as("dr-a").post(path + "/$recall", Room.parameters()).status());
    assertEquals(2, room.as("dr-b").get("Provenance?target=" + path).json().path("total").asInt());

    String id = edited.path("id").asText();
    for (String stranger : List.of("officer", "Patient/anna")) {
      assertEquals(404, room.as(stranger).get("Provenance/" + id).status(), stranger);
      assertEquals(
          0, room.as(stranger).get("Provenance?target=" + path).json().path("total").asInt());
    }
    assertEquals(403, room.as("dr-a").put("Provenance/" + id, edited.toString()).status());
    assertEquals(403, room.as("dr-a").delete("Provenance/" + id).status());
  }

  @Test
  void a_thread_is_found_by_what_it_is_linked_to_by_those_who_see_both() {
    String of = "'status':'%s',%s'subject':{'reference':'Patient/anna'}";
    String code = "'code':{'text':'x'},";
    room.stored("Encounter/stay", of.formatted("in-progress", "'class':{'code':'IMP'},"));
    room.stored("ServiceRequest/order", of.formatted("active", "'intent':'order'," + code));
    room.stored("DiagnosticReport/lab", of.formatted("preliminary", code));
    room.stored("CarePlan/plan", of.formatted("active", "'intent':'plan',"));
    room.stored(
        "Appointment/visit",
        "'status':'proposed','participant':[{'actor':{'reference':'Patient/anna'},'status':'accepted'}]");
    Reply made =
        room.as("dr-a")
            .post(
                "Communication",
                Room.json(
                    "'resourceType':'Communication','status':'in-progress','subject':{'reference':'Patient/anna'},'category':[{'coding':[{'system':'https://parley.dev/fhir/CodeSystem/audience','code':'staff-only'}]}],'recipient':[{'reference':'Practitioner/dr-a'},{'reference':'Practitioner/officer'}],'encounter':{'reference':'Encounter/stay'},'basedOn':[{'reference':'CarePlan/plan'},{'reference':'ServiceRequest/order'}],'about':[{'reference':'DiagnosticReport/lab'},{'reference':'Appointment/visit'}]"));
    assertEquals(201, made.status(), made.body());
    String thread = "Communication/" + made.id();
    for (String link :
        List.of(
            "encounter=Encounter/stay",
            "based-on=CarePlan/plan",
            "based-on=ServiceRequest/order",
            "about=DiagnosticReport/lab",
            "about=Appointment/visit")) {
      String found = room.as("dr-a").get("Communication?part-of:missing=true&" + link).body();
      assertTrue(found.contains(made.id()), link + " " + found);
    }
    String both = room.as("dr-a").get("Communication?_id=" + made.id() + "&_include=*").body();
    String backwards =
        room.as("gp").get("Encounter?_id=stay&_revinclude=Communication:encounter").body();
    assertTrue(both.contains("\"lab\"") && both.contains("\"stay\""), both);
    assertTrue(backwards.contains(made.id()), backwards);
    // Who takes part sees the thread; what it is linked to by the rules for that.
    Reply officers = room.as("officer").get("Communication?_id=" + made.id() + "&_include=*");
    assertEquals(200, room.as("officer").get(thread).status());
    assertFalse(officers.body().contains("\"resourceType\":\"DiagnosticReport\""), officers.body());
    assertEquals(404, room.as("officer").get("DiagnosticReport/lab").status());
    assertEquals(404, room.as("Patient/anna").get(thread).status());
  }
}
