// SPDX-License-Identifier: Apache-2.0
package dev.parley.conversation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.TestServer.Reply;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class EditTest {
  private static Room room;

  @BeforeAll
  static void start() {
    room = new Room();
  }

  @AfterAll
  static void stop() {
    room.close();
  }

  @Test
  void a_sender_edits_the_text_while_it_is_fresh() {
    String path = room.sent("dr-a", "t", "10 mg", "");
    Reply edited =
        room.as("dr-a").post(path + "/$edit", Room.parameters("text", "1.0 mg is what I meant"));
    assertEquals(200, edited.status(), edited.body());
    Reply read = room.as("dr-b").get(path);
    assertTrue(read.body().contains("1.0 mg is what I meant"));
    assertTrue(read.body().contains("StructureDefinition/edited"));
    assertEquals("2", read.json().at("/meta/versionId").asText());
    assertTrue(room.as("dr-b").get(path + "/_history/1").body().contains("10 mg"));
    String patch =
        "[{\"op\":\"replace\",\"path\":\"/payload/0/contentString\",\"value\":\"2 mg\"}]";
    Reply patched =
        room.as("dr-a").send("PATCH", path, patch, "Content-Type", "application/json-patch+json");
    assertEquals(200, patched.status(), patched.body());
    assertEquals(1, count(patched.body(), "StructureDefinition/edited"));
    Reply put = room.as("dr-a").put(path, patched.body().replace("2 mg", "3 mg"));
    assertEquals(200, put.status(), put.body());
    assertTrue(room.as("dr-b").get(path).body().contains("3 mg"));
  }

  private static int count(String text, String part) {
    return text.split(part, -1).length - 1;
  }

  @Test
  void nobody_else_edits_it_and_nothing_but_its_text() {
    String path = room.sent("dr-a", "t", "mine", "");
    Reply refused = room.as("dr-b").post(path + "/$edit", Room.parameters("text", "yours"));
    assertEquals(403, refused.status());
    assertEquals("sent-is-final", refused.reason());
    assertEquals(
        404, room.as("officer").post(path + "/$edit", Room.parameters("text", "x")).status());
    String stored = room.as("dr-a").get(path).body();
    String other =
        stored.replace(
            "\"payload\":[", "\"priority\":\"stat\",\"topic\":{\"text\":\"other\"},\"payload\":[");
    Reply kept = room.as("dr-a").put(path, other.replace("mine", "mine too"));
    assertEquals(200, kept.status(), kept.body());
    assertFalse(kept.json().has("topic"));
    assertFalse(kept.json().has("priority"));
    assertEquals(
        "sent-is-final", room.as("dr-a").put(path, other.replace("mine", "mine too")).reason());
    String file =
        stored.replace(
            "\"payload\":[",
            "\"payload\":[{\"contentAttachment\":{\"title\":\"new\",\"url\":\"http://e.org/f\"}},");
    assertEquals("sent-is-final", room.as("dr-a").put(path, file).reason());
    assertEquals(400, room.as("dr-a").post(path + "/$edit", Room.parameters("text", " ")).status());
  }

  @Test
  void later_it_is_final() {
    String path = room.sent("dr-a", "t", "early", "");
    room.clock.forward(Duration.ofMinutes(16));
    Reply refused = room.as("dr-a").post(path + "/$edit", Room.parameters("text", "late"));
    assertEquals("sent-is-final", refused.reason());
    assertTrue(room.as("dr-b").get(path).body().contains("early"));
  }

  @Test
  void what_was_acknowledged_is_final() {
    String path = room.sent("dr-a", "t", "stop the heparin", "");
    room.stored(
        "Task/ack",
        "'status':'completed','intent':'order','code':{'coding':[{'system':'https://parley.dev/fhir/CodeSystem/task','code':'acknowledge'}]},'focus':{'reference':'%s'},'owner':{'reference':'Practitioner/dr-b'}"
            .formatted(path));
    assertEquals(
        "acknowledged-is-final",
        room.as("dr-a").post(path + "/$edit", Room.parameters("text", "go on")).reason());
  }

  @Test
  void an_edit_asks_for_the_consent_again() {
    room.stored(
        "Patient/cora", "'active':true,'generalPractitioner':[{'reference':'Practitioner/dr-a'}]");
    room.consent("cora");
    room.thread("c", "cora", "patient-facing", "Practitioner/dr-a", "Patient/cora");
    String path = room.sent("dr-a", "c", "hello", "");
    assertEquals(204, room.system().delete("Consent/c-cora").status());
    Reply refused = room.as("dr-a").post(path + "/$edit", Room.parameters("text", "more"));
    assertEquals("consent-missing", refused.reason());
    assertTrue(room.as("dr-a").get(path).body().contains("hello"));
    room.consent("cora");
    String theirs = room.sent("Patient/cora", "c", "my foot hurts", "");
    assertEquals(204, room.system().delete("Consent/c-cora").status());
    refused = room.as("Patient/cora").post(theirs + "/$edit", Room.parameters("text", "my hand"));
    assertEquals("consent-missing", refused.reason());
    assertTrue(room.as("dr-a").get(theirs).body().contains("my foot hurts"));
  }

  @Test
  void markdown_has_a_safe_narrative_that_follows_the_text() {
    String marked =
        Room.message("t", "**no** <b>aspirin</b>", "")
            .replace(
                "aspirin</b>\"",
                "aspirin</b>\",\"_contentString\":{\"extension\":[{\"url\":\"http://hl7.org/fhir/StructureDefinition/rendering-markdown\",\"valueMarkdown\":\"other\"}]}");
    Reply sent = room.as("dr-a").post("Communication", marked);
    assertEquals(201, sent.status(), sent.body());
    String div = sent.json().at("/text/div").asText();
    assertTrue(div.contains("<strong>no</strong> &lt;b&gt;aspirin&lt;/b&gt;"), div);
    assertFalse(sent.body().contains("other"), sent.body());
    assertTrue(sent.body().contains("\"contentString\":\"**no** <b>aspirin</b>\""));
    Reply edited =
        room.as("dr-a")
            .put("Communication/" + sent.id(), sent.body().replace("\"**no** <b>", "\"*some* <b>"));
    assertEquals(200, edited.status(), edited.body());
    assertTrue(edited.json().at("/text/div").asText().contains("<em>some</em>"), edited.body());
    assertFalse(edited.body().contains("**no**"), edited.body());
    assertFalse(edited.body().contains("<strong>"), edited.body());
  }
}
