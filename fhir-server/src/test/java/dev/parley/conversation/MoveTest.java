// SPDX-License-Identifier: Apache-2.0
package dev.parley.conversation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.parley.TestServer.Reply;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class MoveTest {
  private static final String TEXT = "your potassium is 6.1";
  private static Room room;

  @BeforeAll
  static void start() {
    room = new Room();
    room.stored(
        "Patient/bert", "'active':true,'generalPractitioner':[{'reference':'Practitioner/dr-a'}]");
    room.consent("bert");
    room.thread("b", "bert", "patient-facing", "Practitioner/dr-a", "Patient/bert");
    room.stored(
        "Patient/cora", "'active':true,'generalPractitioner':[{'reference':'Practitioner/dr-a'}]");
    room.thread("t2", "anna", "staff-only", "Practitioner/dr-a", "Practitioner/dr-b");
    room.thread("c", "cora", "patient-facing", "Practitioner/dr-a", "Patient/cora");
  }

  @AfterAll
  static void stop() {
    room.close();
  }

  private static String to(String thread) {
    return Room.json(
        "'resourceType':'Parameters','parameter':[{'name':'to','valueReference':{'reference':'Communication/%s'}}]"
            .formatted(thread));
  }

  @Test
  void a_message_about_another_patient_goes_to_that_patient_and_leaves_a_tombstone() {
    String path = room.sent("dr-a", "p", TEXT, "");
    assertEquals(200, room.as("Patient/anna").get(path).status());
    Reply moved = room.as("dr-a").post(path + "/$move", to("b"));
    assertEquals(200, moved.status(), moved.body());
    JsonNode message = moved.json().at("/parameter/0/resource");
    assertEquals("Patient/bert", message.at("/subject/reference").asText());
    assertEquals("Patient/bert", message.at("/recipient/0/reference").asText());
    String there = "Communication/" + message.at("/id").asText();
    assertTrue(room.as("Patient/bert").get(there).body().contains(TEXT));
    assertEquals(404, room.as("Patient/anna").get(there).status());
    Reply left = room.as("Patient/anna").get(path);
    assertEquals("moved", left.json().at("/statusReason/coding/0/code").asText());
    assertFalse(left.body().contains(TEXT));
    assertFalse(left.body().contains(there));
    assertFalse(room.as("Patient/anna").get(path + "/_history").body().contains(TEXT));
    Reply task = room.as("officer", List.of("privacy-officer")).get("Task?focus=" + path);
    assertTrue(task.body().contains(there), task.body());
    assertTrue(task.body().contains("Patient/anna"), task.body());
  }

  @Test
  void staff_who_see_both_move_it_and_nobody_else() {
    String path = room.sent("Patient/anna", "p", TEXT, "");
    assertEquals("same-thread", room.as("dr-a").post(path + "/$move", to("p")).reason());
    assertEquals(404, room.as("gp").post(path + "/$move", to("b")).status());
    assertEquals(404, room.as("Patient/anna").post(path + "/$move", to("b")).status());
    Reply moved = room.as("dr-a").post(path + "/$move", to("b"));
    assertEquals(200, moved.status(), moved.body());
    JsonNode message = moved.json().at("/parameter/0/resource");
    assertEquals("Patient/anna", message.at("/sender/reference").asText());
    assertTrue(message.toString().contains("moved-by"));
  }

  @Test
  void the_other_patient_s_consent_is_asked_and_all_stays_as_it_was() {
    String path = room.sent("dr-a", "p", TEXT, "");
    Reply refused = room.as("dr-a").post(path + "/$move", to("c"));
    assertEquals("consent-missing", refused.reason());
    assertTrue(room.as("Patient/anna").get(path).body().contains(TEXT));
    assertEquals(0, room.system().get("Task?focus=" + path).json().at("/total").asInt());
    assertFalse(room.as("dr-a").get("Communication?part-of=Communication/c").body().contains(TEXT));
  }

  private static String to(String thread, String more) {
    return to(thread).replace("]}", "," + more.replace('\'', '"') + "]}");
  }

  @Test
  void what_was_said_among_staff_is_not_moved_or_forwarded_to_a_patient_by_a_slip() {
    String path = room.sent("dr-a", "t", "suspected abuse", "");
    String confirm = to("p", "{'name':'confirm','valueBoolean':true}");
    assertEquals("staff-only", room.as("gp").post(path + "/$move", to("p")).reason());
    assertEquals("staff-only", room.as("gp").post(path + "/$move", confirm).reason());
    assertEquals("staff-only", room.as("dr-a").post(path + "/$move", to("p")).reason());
    assertEquals("staff-only", room.as("dr-a").post(path + "/$forward", to("p")).reason());
    assertFalse(room.as("Patient/anna").get("Communication").body().contains("suspected abuse"));
    assertTrue(room.as("dr-b").get(path).body().contains("suspected abuse"));
    Reply forwarded =
        room.as("dr-a")
            .post(path + "/$forward", to("p", "{'name':'reason','valueString':'she asked'}"));
    assertEquals(200, forwarded.status(), forwarded.body());
    Reply moved = room.as("dr-a").post(path + "/$move", confirm);
    assertEquals(200, moved.status(), moved.body());
  }

  @Test
  void the_copy_is_as_confidential_as_the_original() {
    room.stored("DiagnosticReport/k", "'status':'final','code':{'text':'K'}");
    String label =
        "'meta':{'security':[{'code':'R'}]},'category':[{'coding':[{'system':'https://parley.dev/fhir/CodeSystem/content-class','code':'sensitive'}]}],'about':[{'reference':'DiagnosticReport/k'}]";
    String path = room.sent("dr-a", "p", TEXT, label);
    Reply forwarded = room.as("dr-a").post(path + "/$forward", to("t"));
    Reply moved = room.as("dr-a").post(path + "/$move", to("b"));
    assertEquals(200, moved.status(), moved.body());
    for (JsonNode copy : List.of(forwarded.json(), moved.json().at("/parameter/0/resource"))) {
      assertEquals("R", copy.at("/meta/security/0/code").asText(), copy.toString());
      assertTrue(copy.path("category").toString().contains("sensitive"), copy.toString());
      assertEquals("DiagnosticReport/k", copy.at("/about/0/reference").asText());
      assertEquals(1, copy.path("about").size());
    }
    // That of the thread, too.
    room.thread("r", "anna", "patient-facing", "Practitioner/dr-a", "Patient/anna");
    Reply thread = room.system().get("Communication/r");
    room.system()
        .put(
            "Communication/r",
            thread.body().replace("\"meta\":{", "\"meta\":{\"security\":[{\"code\":\"V\"}],"));
    String other = room.sent("dr-a", "r", TEXT, "");
    Reply copy = room.as("dr-a").post(other + "/$forward", to("p"));
    assertEquals("V", copy.json().at("/meta/security/0/code").asText(), copy.body());
  }

  private static int unread(String who) {
    return room.as(who)
        .get("Communication/$unread")
        .json()
        .at("/parameter/0/valueUnsignedInt")
        .asInt();
  }

  @Test
  void who_moves_a_message_is_not_its_author() {
    String path = room.sent("Patient/anna", "p", TEXT, "");
    int unread = unread("dr-a");
    assertEquals(200, room.as("dr-a").post(path + "/$move", to("b")).status());
    assertEquals(unread, unread("dr-a"));
    // In one's own name nothing is unread.
    String own = room.sent("dr-a", "p", TEXT, "");
    assertEquals(200, room.as("dr-a").post(own + "/$move", to("b")).status());
    assertEquals(unread, unread("dr-a"));
  }

  @Test
  void an_edit_leaves_the_words_of_whom_it_was_forwarded_from() {
    String path = room.sent("dr-b", "t", "give 5 mg", "");
    Reply bare = room.as("dr-a").post(path + "/$forward", to("t2"));
    assertEquals(200, bare.status(), bare.body());
    String there = "Communication/" + bare.json().at("/id").asText();
    Reply edited = room.as("dr-a").post(there + "/$edit", Room.parameters("text", "give 50 mg"));
    assertEquals(200, edited.status(), edited.body());
    assertEquals("give 50 mg", edited.json().at("/payload/0/contentString").asText());
    assertEquals("give 5 mg", edited.json().at("/payload/1/contentString").asText());
    Reply put = room.as("dr-a").put(there, edited.body().replace("give 5 mg", "give 7 mg"));
    assertEquals("sent-is-final", put.reason(), put.body());
    Reply again = room.as("dr-a").post(there + "/$edit", Room.parameters("text", "see below"));
    assertEquals("see below", again.json().at("/payload/0/contentString").asText());
    assertEquals(2, again.json().at("/payload").size());
  }

  @Test
  void a_forward_says_where_from_and_crosses_patients_only_with_a_reason() {
    String path = room.sent("dr-a", "p", TEXT, "");
    Reply forwarded = room.as("dr-a").post(path + "/$forward", to("t"));
    assertEquals(200, forwarded.status(), forwarded.body());
    String there = "Communication/" + forwarded.json().at("/id").asText();
    Reply read = room.as("dr-b").get(there);
    assertTrue(read.body().contains(TEXT));
    assertTrue(read.body().contains("forwarded-from"));
    assertEquals(404, room.as("dr-b").get(path).status());
    assertEquals("other-patient", room.as("dr-a").post(path + "/$forward", to("b")).reason());
    Reply across =
        room.as("dr-a")
            .post(
                path + "/$forward",
                to("b").replace("]}", ",{\"name\":\"reason\",\"valueString\":\"his sister\"}]}"));
    assertEquals(200, across.status(), across.body());
    assertEquals(403, room.as("gp").post(path + "/$forward", to("t")).status());
    assertEquals(404, room.as("Patient/anna").post(path + "/$forward", to("t")).status());
    String forged =
        room.sent(
            "dr-a",
            "t",
            "x",
            "'extension':[{'url':'https://parley.dev/fhir/StructureDefinition/forwarded-from','valueReference':{'reference':'%s'}}]"
                .formatted(path));
    assertFalse(room.as("dr-b").get(forged).body().contains("forwarded-from"));
    room.as("dr-a").post(path + "/$recall", Room.parameters());
    assertEquals("nothing-to-forward", room.as("dr-a").post(path + "/$forward", to("t")).reason());
  }

  @Test
  void a_recipient_without_relation_is_named_before_and_with_the_answer() {
    Reply sent = room.as("dr-a").post("Communication", Room.message("t", "hello", ""));
    assertEquals(201, sent.status());
    assertTrue(sent.body().contains("Practitioner/dr-b has no relation"), sent.body());
    assertEquals("recipient-unrelated", sent.header("Parley-Notice"));
    Reply patient = room.as("dr-a").post("Communication", Room.message("p", "hello", ""));
    assertFalse(patient.body().contains("recipient-unrelated"), patient.body());
    String ask =
        Room.json(
            "'resourceType':'Parameters','parameter':[{'name':'subject','valueReference':{'reference':'Patient/anna'}},{'name':'recipient','valueReference':{'reference':'Practitioner/gp'}},{'name':'recipient','valueReference':{'reference':'Patient/bert'}},{'name':'recipient','valueReference':{'reference':'RelatedPerson/mum'}}]");
    Reply told = room.as("dr-a").post("Communication/$check-recipients", ask);
    assertEquals(200, told.status(), told.body());
    assertTrue(told.body().contains("Patient/bert has no relation"), told.body());
    assertFalse(told.body().contains("Practitioner/gp has"), told.body());
    assertEquals(
        404,
        room.as("dr-b")
            .post("Communication/$check-recipients", ask.replace("anna", "cora"))
            .status());
    assertEquals(
        403, room.as("Patient/anna").post("Communication/$check-recipients", ask).status());
  }

  @Test
  void who_takes_part_reacts_and_takes_it_back() {
    String path = room.sent("dr-a", "p", TEXT, "");
    Reply reacted = room.as("Patient/anna").post(path + "/$react", Room.parameters("emoji", "👍"));
    assertEquals(200, reacted.status(), reacted.body());
    Reply second = room.as("dr-a").post(path + "/$react", Room.parameters("emoji", "👍"));
    assertEquals(2, second.body().split("StructureDefinition/reaction", -1).length - 1);
    Reply back = room.as("Patient/anna").post(path + "/$react", Room.parameters("emoji", "👍"));
    assertEquals(1, back.body().split("StructureDefinition/reaction", -1).length - 1);
    assertTrue(back.body().contains(TEXT));
    assertEquals(
        "not-a-participant",
        room.as("gp").post(path + "/$react", Room.parameters("emoji", "👍")).reason());
    assertEquals(
        "emoji", room.as("dr-a").post(path + "/$react", Room.parameters("emoji", "no")).reason());
    assertEquals(
        404, room.as("dr-b").post(path + "/$react", Room.parameters("emoji", "👍")).status());
    Reply edited = room.as("dr-a").post(path + "/$edit", Room.parameters("text", "6.2"));
    assertTrue(edited.body().contains("reaction"), edited.body());
    room.as("dr-a").post(path + "/$recall", Room.parameters());
    assertEquals(
        "recalled",
        room.as("Patient/anna").post(path + "/$react", Room.parameters("emoji", "👍")).reason());
  }

  @Test
  void a_message_points_within_its_thread() {
    String first = room.sent("dr-a", "t", "10 mg", "");
    String elsewhere = room.sent("dr-a", "p", "hello", "");
    String url = "https://parley.dev/fhir/StructureDefinition/";
    String mention = "'extension':[{'url':'" + url + "%s','valueReference':{'reference':'%s'}}]";
    room.sent("dr-a", "t", "look", mention.formatted("mention", "Practitioner/dr-b"));
    assertEquals(
        "mention-not-recipient", refused("dr-a", mention.formatted("mention", "Practitioner/gp")));
    room.sent("dr-a", "t", "1.0 mg", mention.formatted("replaces", first));
    assertEquals("replaces-own", refused("dr-b", mention.formatted("replaces", first)));
    assertEquals("other-thread", refused("dr-a", mention.formatted("replaces", elsewhere)));
    String answer = "'inResponseTo':[{'reference':'%s'}]";
    room.sent("dr-b", "t", "yes", answer.formatted(first));
    for (String no : List.of(elsewhere, "Communication/nowhere", "Communication/p")) {
      assertEquals("other-thread", refused("dr-a", answer.formatted(no)));
      assertEquals("other-thread", refused("dr-a", mention.formatted("replaces", no)));
    }
  }

  @Test
  void whom_a_message_mentions_finds_it() {
    String mentions =
        "'extension':[{'url':'https://parley.dev/fhir/StructureDefinition/mention','valueReference':{'reference':'Practitioner/dr-b'}}]";
    String to = room.sent("dr-a", "t", "dr-b, please look", mentions);
    String not = room.sent("dr-a", "t", "for all", "");
    String search = "Communication?mention=Practitioner/dr-b";
    for (String more : List.of("", "&unread-by=Practitioner/dr-b", "&part-of=Communication/t")) {
      String found = room.as("dr-b").get(search + more).body();
      assertTrue(found.contains(to.substring(14)), found);
      assertFalse(found.contains(not.substring(14)), found);
    }
    assertEquals(
        200, room.as("dr-b").post("Communication/t/$mark-read", Room.parameters()).status());
    assertFalse(
        room.as("dr-b")
            .get(search + "&unread-by=Practitioner/dr-b")
            .body()
            .contains(to.substring(14)));
    assertFalse(
        room.as("officer").get(search).body().contains(to.substring(14)), "not theirs to see");
    String rest =
        room.as("dr-b").get("Communication?part-of=Communication/t&mention:missing=true").body();
    assertTrue(rest.contains(not.substring(14)), rest);
    assertFalse(rest.contains(to.substring(14)), rest);
  }

  private static String refused(String who, String more) {
    return room.as(who).post("Communication", Room.message("t", "x", more)).reason();
  }

  @Test
  void a_template_makes_a_draft_with_what_is_known() {
    room.stored(
        "ActivityDefinition/recall-visit",
        "'status':'active','kind':'CommunicationRequest','url':'https://example.org/recall-visit','version':'2','description':'Dear {{patient.name}}, please come on {{day}}. {{sender.name}}'");
    room.stored("Practitioner/dr-a", "'active':true,'name':[{'text':'Dr. Berg'}]");
    room.stored(
        "Patient/anna",
        "'active':true,'name':[{'text':'Anna Lee'}],'generalPractitioner':[{'reference':'Practitioner/gp'},{'reference':'Practitioner/dr-a'}]");
    String ask =
        Room.json(
            "'resourceType':'Parameters','parameter':[{'name':'thread','valueReference':{'reference':'Communication/p'}}%s]");
    Reply missing =
        room.as("dr-a").post("ActivityDefinition/recall-visit/$apply-message", ask.formatted(""));
    assertEquals("placeholder-missing", missing.reason());
    Reply draft =
        room.as("dr-a")
            .post(
                "ActivityDefinition/recall-visit/$apply-message",
                ask.formatted(
                    ",{\"name\":\"values\",\"resource\":{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"day\",\"valueString\":\"Monday\"}]}}"));
    assertEquals(200, draft.status(), draft.body());
    assertEquals(
        "Dear Anna Lee, please come on Monday. Dr. Berg",
        draft.json().at("/payload/0/contentString").asText());
    assertEquals("preparation", draft.json().at("/status").asText());
    assertEquals(
        "https://example.org/recall-visit|2", draft.json().at("/instantiatesCanonical/0").asText());
    assertEquals(
        404,
        room.as("dr-b")
            .post("ActivityDefinition/recall-visit/$apply-message", ask.formatted(""))
            .status());
  }
}
