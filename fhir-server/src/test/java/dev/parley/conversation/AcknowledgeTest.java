// SPDX-License-Identifier: Apache-2.0
package dev.parley.conversation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.parley.TestServer.Reply;
import dev.parley.store.Codes;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class AcknowledgeTest {
  private static final String ASKED =
      "'extension':[{'url':'https://parley.dev/fhir/StructureDefinition/acknowledge','valueBoolean':true}]";
  private static Room room;

  @BeforeAll
  static void start() {
    room = new Room();
    room.stored(
        "CareTeam/ward",
        "'status':'active','subject':{'reference':'Patient/anna'},'participant':[{'member':{'reference':'Practitioner/dr-a'}},{'member':{'reference':'Practitioner/dr-b'}},{'member':{'reference':'Practitioner/gp'}}]");
    room.thread("w", "anna", "staff-only", "Practitioner/dr-a", "CareTeam/ward");
  }

  @AfterAll
  static void stop() {
    room.close();
  }

  private static Set<String> asked(String path, String status) {
    Set<String> who = new TreeSet<>();
    for (JsonNode each :
        room.system()
            .get("Task?focus=" + path + "&code=acknowledge&status=" + status)
            .json()
            .at("/entry")) {
      who.add(each.at("/resource/owner/reference").asText());
    }
    return who;
  }

  @Test
  void a_stat_message_and_one_that_asks_for_it_make_a_task_for_each_recipient() {
    String stat = room.sent("dr-a", "w", "arrest in bay 4", "'priority':'stat'");
    assertEquals(Set.of("Practitioner/dr-b", "Practitioner/gp"), asked(stat, "requested"));
    String plain = room.sent("dr-a", "w", "hello", "");
    assertEquals(Set.of(), asked(plain, "requested"));
    String patient = room.sent("dr-a", "p", "please read this", ASKED);
    assertEquals(Set.of("Patient/anna"), asked(patient, "requested"));
    String draft =
        "Communication/"
            + room.as("dr-a")
                .post(
                    "Communication",
                    Room.message("t", "x", ASKED).replace("in-progress", "preparation"))
                .id();
    assertEquals(Set.of(), asked(draft, "requested"));
    Reply sent =
        room.as("dr-a")
            .put(draft, room.as("dr-a").get(draft).body().replace("preparation", "in-progress"));
    assertEquals(200, sent.status(), sent.body());
    assertEquals(Set.of("Practitioner/dr-b"), asked(draft, "requested"));
  }

  @Test
  void who_was_asked_acknowledges_and_nobody_else() {
    String path = room.sent("dr-a", "p", "stop taking it", ASKED);
    Reply given = room.as("Patient/anna").post(path + "/$acknowledge", Room.parameters());
    assertEquals(200, given.status(), given.body());
    assertEquals("completed", given.json().at("/status").asText());
    assertTrue(room.as("dr-a").get(path).body().contains("\"read\""), "and so it was read");
    assertEquals("Patient/anna", given.json().at("/output/0/valueReference/reference").asText());
    Reply again = room.as("Patient/anna").post(path + "/$acknowledge", Room.parameters());
    assertEquals(200, again.status(), again.body());
    assertEquals(
        given.json().at("/meta/versionId").asText(), again.json().at("/meta/versionId").asText());
    assertEquals(
        "not-demanded", room.as("gp").post(path + "/$acknowledge", Room.parameters()).reason());
    assertEquals(404, room.as("officer").post(path + "/$acknowledge", Room.parameters()).status());
    assertEquals(
        "acknowledged-is-final",
        room.as("dr-a").post(path + "/$edit", Room.parameters("text", "go on taking it")).reason());
  }

  @Test
  void nobody_acknowledges_for_another_or_what_they_were_not_asked() {
    String path = room.sent("dr-a", "t", "give 5 mg now", "'priority':'stat'");
    JsonNode task = room.system().get("Task?focus=" + path).json().at("/entry/0/resource");
    String reference = "Task/" + task.at("/id").asText();
    String done = task.toString().replace("requested", "completed");
    for (String other : new String[] {"dr-a", "gp"}) {
      Reply refused = room.as(other).put(reference, done);
      assertEquals("not-yours-to-acknowledge", refused.reason(), refused.body());
      Reply taken = room.as(other).put(reference, task.toString().replace("dr-b", other));
      assertEquals(403, taken.status(), taken.body());
      assertEquals(403, room.as(other).delete(reference).status());
    }
    String forged =
        "'resourceType':'Task','status':'completed','intent':'order','code':{'coding':[{'system':'%s','code':'acknowledge'}]},'requester':{'reference':'%s'},'focus':{'reference':'%s'}";
    for (String who : new String[] {"Practitioner/officer", "Practitioner/gp", "Patient/anna"}) {
      String ours = Room.json(forged.formatted(Codes.TASKS, who, path));
      assertEquals(403, room.as(who).post("Task", ours).status(), who);
      room.as(who).post("Task", Room.json(forged.formatted("urn:x", who, path)));
    }
    assertFalse(room.as("dr-a").get(path).body().contains("acknowledged"));
    assertEquals(Set.of("Practitioner/dr-b"), asked(path, "requested"));
    // Who was asked answers by a PUT as well.
    Reply own = room.as("dr-b").put(reference, done);
    assertEquals(200, own.status(), own.body());
    assertTrue(room.as("dr-a").get(path).body().contains("acknowledged"));
  }

  @Test
  void of_a_team_those_who_are_in_it_now_are_asked_and_no_patient_among_staff() {
    room.stored(
        "CareTeam/mixed",
        "'status':'active','subject':{'reference':'Patient/anna'},'participant':[{'member':{'reference':'Patient/anna'}},{'member':{'reference':'Practitioner/dr-b'}},{'member':{'reference':'Practitioner/gp'},'period':{'end':'2020-01-01'}}]");
    room.thread("m", "anna", "staff-only", "Practitioner/dr-a", "CareTeam/mixed");
    String path = room.sent("dr-a", "m", "suspected abuse", "'priority':'stat'");
    assertEquals(Set.of("Practitioner/dr-b"), asked(path, "requested"));
    room.thread("mp", "anna", "patient-facing", "Practitioner/dr-a", "CareTeam/mixed");
    String restricted = "'meta':{'security':[{'code':'R'}]}";
    String told = room.sent("dr-a", "mp", "please call", ASKED + "," + restricted);
    assertEquals(Set.of("Practitioner/dr-b", "Patient/anna"), asked(told, "requested"));
    assertTrue(room.system().get("Task?focus=" + told).body().contains("\"security\""));
  }

  @Test
  void a_recall_takes_the_demand_back() {
    String path = room.sent("dr-a", "t", "stat!", "'priority':'stat'");
    room.as("dr-a").post(path + "/$recall", Room.parameters());
    assertEquals(Set.of(), asked(path, "requested"));
    assertEquals(Set.of("Practitioner/dr-b"), asked(path, "cancelled"));
    assertEquals(
        "recalled", room.as("dr-b").post(path + "/$acknowledge", Room.parameters()).reason());
  }

  @Test
  void patients_write_routine_or_urgent() {
    for (String theirs : new String[] {"routine", "urgent"}) {
      room.sent("Patient/anna", "p", "x", "'priority':'" + theirs + "'");
    }
    for (String not : new String[] {"asap", "stat"}) {
      Reply refused =
          room.as("Patient/anna")
              .post("Communication", Room.message("p", "x", "'priority':'" + not + "'"));
      assertEquals(422, refused.status());
      assertEquals("priority-not-yours", refused.reason());
    }
  }

  @Test
  void what_was_acknowledged_is_what_was_read_then() {
    for (int i = 0; i < 5; i++) {
      String path = room.sent("dr-a", "t", "first", ASKED);
      CompletableFuture<Reply> edit =
          CompletableFuture.supplyAsync(
              () -> room.as("dr-a").post(path + "/$edit", Room.parameters("text", "second")));
      Reply given = room.as("dr-b").post(path + "/$acknowledge", Room.parameters());
      assertEquals(200, given.status(), given.body());
      Reply edited = edit.join();
      boolean after =
          edited.status() == 200
              && edited
                      .json()
                      .at("/meta/lastUpdated")
                      .asText()
                      .compareTo(given.json().at("/meta/lastUpdated").asText())
                  > 0;
      assertTrue(Set.of(200, 403).contains(edited.status()), edited.body());
      assertTrue(!after, "edited after it was acknowledged");
      assertEquals(
          "acknowledged-is-final",
          room.as("dr-a").post(path + "/$edit", Room.parameters("text", "third")).reason());
    }
  }
}
