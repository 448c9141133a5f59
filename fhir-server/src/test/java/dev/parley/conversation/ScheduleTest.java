// SPDX-License-Identifier: Apache-2.0
package dev.parley.conversation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.parley.FhirServer;
import dev.parley.TestServer.Reply;
import java.time.Duration;
import java.time.OffsetDateTime;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class ScheduleTest {
  private static final String URL = "https://parley.dev/fhir/StructureDefinition/";
  private static Room room;

  @BeforeAll
  static void start() {
    room = new Room();
  }

  @AfterAll
  static void stop() {
    room.close();
  }

  private static String in(Duration time) {
    return "'extension':[{'url':'%ssend-at','valueDateTime':'%s'}]"
        .formatted(URL, room.clock.instant().plus(time));
  }

  private static String scheduled(String thread, String text, Duration time) {
    return Room.message(thread, text, in(time)).replace("in-progress", "on-hold");
  }

  private static String schedule(String person, String thread, String text, Duration time) {
    Reply reply = room.as(person).post("Communication", scheduled(thread, text, time));
    assertEquals(201, reply.status(), reply.body());
    return "Communication/" + reply.id();
  }

  @Test
  void a_scheduled_message_is_sent_at_its_time_and_not_before() {
    String path = schedule("dr-a", "p", "see you tomorrow", Duration.ofMinutes(30));
    room.server.runDue();
    assertEquals(404, room.as("Patient/anna").get(path).status());
    assertEquals(404, room.as("gp").get(path).status());
    room.clock.forward(Duration.ofMinutes(31));
    room.server.runDue();
    JsonNode sent = room.as("Patient/anna").get(path).json();
    assertEquals("in-progress", sent.at("/status").asText());
    assertEquals(
        room.clock.instant().getEpochSecond(),
        OffsetDateTime.parse(sent.at("/sent").asText()).toEpochSecond());
    assertFalse(sent.has("extension") && sent.at("/extension").toString().contains("send-at"));
    assertEquals("2", sent.at("/meta/versionId").asText());
    room.server.runDue();
    assertEquals("2", room.as("gp").get(path).json().at("/meta/versionId").asText());
  }

  @Test
  void it_can_be_moved_taken_back_and_sent_at_once() {
    String moved = schedule("dr-a", "t", "moved", Duration.ofMinutes(10));
    String later =
        scheduled("t", "moved", Duration.ofMinutes(40))
            .replace(
                "{\"resourceType\"", "{\"id\":\"" + moved.substring(14) + "\",\"resourceType\"");
    assertEquals(200, room.as("dr-a").put(moved, later).status());
    String undone = schedule("dr-a", "t", "undone", Duration.ofMinutes(10));
    assertEquals(200, room.as("dr-a").post(undone + "/$undo", Room.parameters()).status());
    assertEquals("preparation", room.as("dr-a").get(undone).json().at("/status").asText());
    String deleted = schedule("dr-a", "t", "deleted", Duration.ofMinutes(10));
    assertEquals(204, room.as("dr-a").delete(deleted).status());
    String now = schedule("dr-a", "t", "now", Duration.ofMinutes(10));
    String body = room.as("dr-a").get(now).body().replace("on-hold", "in-progress");
    assertEquals(200, room.as("dr-a").put(now, body).status());
    assertEquals(200, room.as("dr-b").get(now).status());
    room.clock.forward(Duration.ofMinutes(20));
    room.server.runDue();
    assertEquals(404, room.as("dr-b").get(moved).status());
    assertEquals(404, room.as("dr-b").get(undone).status());
    assertEquals("2", room.as("dr-b").get(now).json().at("/meta/versionId").asText());
    room.clock.forward(Duration.ofMinutes(21));
    room.server.runDue();
    assertEquals(200, room.as("dr-b").get(moved).status());
    assertEquals(
        "already-sent", room.as("dr-a").post(moved + "/$undo", Room.parameters()).reason());
  }

  @Test
  void it_goes_to_whoever_is_in_the_thread_then_unless_it_names_others() {
    room.thread("comings", "anna", "staff-only", "Practitioner/dr-a", "Practitioner/dr-b");
    String all = schedule("dr-a", "comings", "to all", Duration.ofMinutes(10));
    String body = room.as("dr-a").get(all).body();
    assertTrue(body.contains("Practitioner/dr-b"), body);
    assertEquals(200, room.as("dr-a").put(all, body.replace("to all", "to you all")).status());
    String named =
        room.as("dr-a")
            .post(
                "Communication",
                scheduled("comings", "to b", Duration.ofMinutes(10))
                    .replace(
                        "\"payload\"",
                        "\"recipient\":[{\"reference\":\"Practitioner/dr-b\"}],\"payload\""))
            .id();
    String gp = "{'name':'who','valueReference':{'reference':'Practitioner/gp'}}";
    Reply came =
        room.as("dr-a")
            .post(
                "Communication/comings/$add-participant",
                Room.json("'resourceType':'Parameters','parameter':[" + gp + "]"));
    assertEquals(200, came.status(), came.body());
    assertEquals(
        200, room.as("dr-b").post("Communication/comings/$leave", Room.parameters()).status());
    room.clock.forward(Duration.ofMinutes(11));
    room.server.runDue();
    Reply sent = room.as("gp").get(all);
    assertEquals("in-progress", sent.json().path("status").asText(), sent.body());
    assertTrue(sent.body().contains("Practitioner/gp"), sent.body());
    assertFalse(sent.body().contains("Practitioner/dr-b"), sent.body());
    assertFalse(sent.body().contains("to-all"), sent.body());
    assertTrue(
        room.as("dr-a").get("Communication/" + named).body().contains("not-in-thread"),
        "whom it names is not there");
  }

  @Test
  void the_time_is_within_a_year_from_now() {
    for (Duration wrong : new Duration[] {Duration.ofMinutes(-1), Duration.ofDays(370)}) {
      Reply refused = room.as("dr-a").post("Communication", scheduled("t", "x", wrong));
      assertEquals(422, refused.status());
      assertEquals("send-at", refused.reason());
    }
    String zoneless =
        scheduled("t", "x", Duration.ofDays(3)).replaceAll("(T\\d\\d:\\d\\d:\\d\\d)[^\"]*", "$1");
    assertEquals("time-zone", room.as("dr-a").post("Communication", zoneless).reason());
    Reply mute =
        room.as("dr-a")
            .post(
                "Communication/t/$mute",
                Room.json(
                    "'resourceType':'Parameters','parameter':[{'name':'until','valueDateTime':'2099-01-01T10:00:00'}]"));
    assertEquals("time-zone", mute.reason(), mute.body());
  }

  @Test
  void a_message_with_undo_is_out_after_ten_seconds_unless_it_is_taken_back() {
    String undo = "'extension':[{'url':'%sundo','valueBoolean':true}]".formatted(URL);
    Reply held = room.as("dr-a").post("Communication", Room.message("t", "oops", undo));
    assertEquals(201, held.status(), held.body());
    assertEquals("on-hold", held.json().at("/status").asText());
    String taken = "Communication/" + held.id();
    String kept = room.sent("dr-a", "t", "fine", undo);
    assertEquals(404, room.as("dr-b").get(taken).status());
    assertEquals(200, room.as("dr-a").post(taken + "/$undo", Room.parameters()).status());
    room.clock.forward(Duration.ofSeconds(11));
    room.server.runDue();
    assertEquals(404, room.as("dr-b").get(taken).status());
    assertEquals(200, room.as("dr-b").get(kept).status());
    // No version that anybody else may see was there before.
    assertEquals(1, room.as("dr-b").get(kept + "/_history").json().at("/entry").size());
  }

  @Test
  void what_may_not_be_sent_at_its_time_is_a_draft_again_and_its_author_is_told() {
    room.stored(
        "Patient/cora", "'active':true,'generalPractitioner':[{'reference':'Practitioner/dr-a'}]");
    room.consent("cora");
    room.thread("c", "cora", "patient-facing", "Practitioner/dr-a", "Patient/cora");
    String ours = schedule("dr-a", "c", "ours", Duration.ofMinutes(5));
    String theirs = schedule("Patient/cora", "c", "theirs", Duration.ofMinutes(5));
    assertEquals(204, room.system().delete("Consent/c-cora").status());
    room.clock.forward(Duration.ofMinutes(6));
    room.server.runDue();
    JsonNode draft = room.as("dr-a").get(ours).json();
    assertEquals("preparation", draft.at("/status").asText(), draft.toString());
    assertTrue(draft.toString().contains("consent-missing"), draft.toString());
    assertEquals(404, room.as("Patient/cora").get(ours).status());
    Reply task = room.as("dr-a").get("Task?focus=" + ours);
    assertTrue(task.body().contains("not-sent"), task.body());
    assertEquals("Practitioner/dr-a", task.json().at("/entry/0/resource/owner/reference").asText());
    JsonNode waits = room.as("Patient/cora").get(theirs).json();
    assertEquals("preparation", waits.at("/status").asText(), waits.toString());
    assertTrue(waits.toString().contains("theirs"));
    assertTrue(room.as("Patient/cora").get("Task?focus=" + theirs).body().contains("not-sent"));
    room.consent("cora");
    assertEquals("in-progress", room.as("dr-a").get(theirs).json().at("/status").asText());
    assertFalse(room.as("dr-a").get(theirs).body().contains("not-sent"));
  }

  @Test
  void of_somebody_who_left_nothing_is_sent_and_others_take_it_over() {
    room.stored("Practitioner/leaver", "'active':true");
    room.thread("l", "anna", "staff-only", "Practitioner/leaver", "Practitioner/dr-b");
    String path = schedule("leaver", "l", "bye", Duration.ofMinutes(5));
    room.stored("Practitioner/leaver", "'active':false");
    room.clock.forward(Duration.ofMinutes(6));
    room.server.runDue();
    assertEquals("not-done", room.as("dr-b").get(path).json().at("/status").asText());
    Reply task = room.as("gp").get("Task?focus=" + path);
    assertTrue(task.body().contains("take-over-message"), task.body());
  }

  @Test
  void into_a_closed_thread_nothing_is_sent() {
    room.thread("z", "anna", "staff-only", "Practitioner/dr-a", "Practitioner/dr-b");
    String path = schedule("dr-a", "z", "too late", Duration.ofMinutes(5));
    Reply header = room.as("dr-b").get("Communication/z");
    assertEquals(
        200,
        room.as("dr-b")
            .put("Communication/z", header.body().replace("in-progress", "completed"))
            .status());
    room.clock.forward(Duration.ofMinutes(6));
    room.server.runDue();
    assertTrue(room.as("dr-a").get(path).body().contains("thread-closed"));
  }

  @Test
  void two_nodes_send_it_once() {
    String path = schedule("dr-a", "t", "once", Duration.ofMinutes(5));
    try (FhirServer other = FhirServer.start(room.server.config(), room.clock)) {
      room.clock.forward(Duration.ofMinutes(6));
      other.wiring().agenda().runDue();
      room.server.runDue();
      assertEquals("2", room.as("dr-b").get(path).json().at("/meta/versionId").asText());
    }
  }

  @Test
  void who_schedules_a_message_hears_that_a_recipient_has_no_relation_to_the_patient() {
    Reply told = room.as("dr-a").post("Communication", scheduled("t", "x", Duration.ofMinutes(10)));
    assertEquals("recipient-unrelated", told.header("Parley-Notice"), told.body());
    assertTrue(told.body().contains("Practitioner/dr-b has no relation"), told.body());
  }
}
