// SPDX-License-Identifier: Apache-2.0
package dev.parley.wording;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.TestServer;
import dev.parley.TestServer.Reply;
import dev.parley.config.Config;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WordingTest {
  private static final String STAFF = "user/*.cruds";
  private static final String PARAMETERS = "{\"resourceType\":\"Parameters\"}";
  private static TestServer server;
  private static TestServer nurse;

  @BeforeAll
  static void start() {
    server = TestServer.withLogin(Map.of("PARLEY_WORDING", "confirm"), Clock.systemUTC());
    TestServer system = server.asSystem();
    system.put(
        "Practitioner/nurse",
        "{\"resourceType\":\"Practitioner\",\"id\":\"nurse\",\"active\":true}");
    system.put(
        "Practitioner/dr", "{\"resourceType\":\"Practitioner\",\"id\":\"dr\",\"active\":true}");
    system.put("Patient/p", "{\"resourceType\":\"Patient\",\"id\":\"p\",\"active\":true}");
    nurse = server.asUser("Practitioner/nurse");
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static String message(String text, String more) {
    return "{\"resourceType\":\"Communication\",\"status\":\"in-progress\",\"recipient\":[{\"reference\":\"Practitioner/dr\"}],\"payload\":[{\"contentString\":\"%s\"}]%s}"
        .formatted(text, more);
  }

  @Test
  void a_routine_message_of_staff_waits_to_be_confirmed_and_is_told_why() {
    Reply refused = nurse.post("Communication", message("Insulin 10U", ""));
    assertEquals("wording-confirm", refused.reason(), refused.body());
    assertTrue(
        refused.json().at("/issue/1/diagnostics").asText().contains("Write units."),
        refused.body());
    assertEquals(
        "Communication.payload[0].content", refused.json().at("/issue/1/expression/0").asText());
  }

  @Test
  void what_is_urgent_goes_out_with_the_warning() {
    Reply sent = nurse.post("Communication", message("Insulin 10U", ",\"priority\":\"urgent\""));
    assertEquals(201, sent.status(), sent.body());
    assertEquals("wording", sent.header("Parley-Notice"));
  }

  @Test
  void a_draft_is_not_looked_at_until_it_is_sent() {
    Reply draft =
        nurse.post(
            "Communication", message("Insulin 10U", "").replace("in-progress", "preparation"));
    assertEquals(201, draft.status(), draft.body());
    assertNull(draft.header("Parley-Notice"));
    Reply looked = nurse.post("Communication/" + draft.id() + "/$check-wording", PARAMETERS);
    assertEquals(200, looked.status(), looked.body());
    assertTrue(looked.body().contains("unit-u"), looked.body());
    String sent = message("Insulin 10U", ",\"id\":\"" + draft.id() + "\"");
    assertEquals("wording-confirm", nurse.put("Communication/" + draft.id(), sent).reason());
  }

  @Test
  void a_draft_of_somebody_else_is_not_read_by_looking_at_its_wording() {
    Reply draft =
        nurse.post(
            "Communication", message("Insulin 10U", "").replace("in-progress", "preparation"));
    assertEquals(
        404,
        server
            .asUser("Practitioner/dr")
            .post("Communication/" + draft.id() + "/$check-wording", PARAMETERS)
            .status());
  }

  @Test
  void systems_are_told_if_they_send_and_never_held_up() {
    Reply sent =
        server
            .as(server.issuer().system("system/*.cruds messaging"))
            .post(
                "Communication",
                message("Insulin 10U", ",\"sender\":{\"reference\":\"Practitioner/nurse\"}"));
    assertEquals(201, sent.status(), sent.body());
    assertEquals("wording", sent.header("Parley-Notice"));
    Reply kept = server.asSystem().post("Communication", message("Insulin 10U", ""));
    assertEquals(201, kept.status(), kept.body());
    assertNull(kept.header("Parley-Notice"));
  }

  @Test
  void patients_write_as_they_write() {
    Reply sent =
        server
            .asUser("Patient/p")
            .post(
                "Communication", message("thx!! 10U", "").replace("Practitioner/dr", "Patient/p"));
    assertFalse(sent.body().contains("wording"), sent.body());
  }

  @Test
  void what_is_only_information_holds_nothing_up() {
    Reply sent = nurse.post("Communication", message("Give 5 ml", ""));
    assertEquals(201, sent.status(), sent.body());
    assertEquals("wording", sent.header("Parley-Notice"));
    Reply fine = nurse.post("Communication", message("Give 5 mL", ""));
    assertNull(fine.header("Parley-Notice"));
  }

  @Test
  void a_communication_is_checked_as_it_would_be_sent() {
    Reply looked = nurse.post("Communication/$check-wording", message("Insulin 10U", ""));
    assertEquals(200, looked.status(), looked.body());
    assertEquals(
        "Communication.payload[0].content", looked.json().at("/issue/0/expression/0").asText());
    Reply fine = nurse.post("Communication/$check-wording", message("Good morning", ""));
    assertEquals("informational", fine.json().at("/issue/0/code").asText());
  }

  @Test
  void a_stored_list_that_cannot_be_used_is_refused() {
    String wrong =
        "{\"resourceType\":\"CodeSystem\",\"id\":\"wording\",\"status\":\"active\",\"content\":\"supplement\",\"concept\":[{\"code\":\"x\"}]}";
    Reply reply = server.asSystem().put("CodeSystem/wording", wrong);
    assertEquals("wording-list", reply.reason(), reply.body());
    assertEquals(403, nurse.post("CodeSystem", wrong).status());
  }

  @Test
  void a_wrong_file_stops_the_start_and_says_what_is_wrong(@TempDir Path folder)
      throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("list.json"),
            "{\"resourceType\":\"CodeSystem\",\"status\":\"active\",\"concept\":[{\"code\":\"x\"}]}");
    Config.WrongSettings wrong =
        assertThrows(
            Config.WrongSettings.class,
            () -> TestServer.start(Map.of("PARLEY_WORDING_LIST", file.toString())));
    assertTrue(wrong.getMessage().contains("PARLEY_WORDING_LIST"), wrong.getMessage());
    assertTrue(wrong.getMessage().contains("Concept x"), wrong.getMessage());
  }

  @Test
  void refuse_refuses_though_it_is_confirmed(@TempDir Path folder) {
    try (TestServer strict =
        TestServer.withLogin(Map.of("PARLEY_WORDING", "refuse"), Clock.systemUTC())) {
      strict
          .asSystem()
          .put(
              "Practitioner/dr",
              "{\"resourceType\":\"Practitioner\",\"id\":\"dr\",\"active\":true}");
      Reply reply =
          strict
              .asUser("Practitioner/dr")
              .post(
                  "Communication",
                  message(
                      "Insulin 10U",
                      ",\"extension\":[{\"url\":\"https://parley.dev/fhir/StructureDefinition/confirmed\",\"valueCode\":\"wording\"}]"));
      assertEquals("wording-refused", reply.reason(), reply.body());
    }
  }

  private static final String CONFIRMED = ",{\"name\":\"confirmed\",\"valueBoolean\":true}";

  private static String parameters(String... parameters) {
    return "{\"resourceType\":\"Parameters\",\"parameter\":[" + String.join(",", parameters) + "]}";
  }

  private static String to(String thread) {
    return "{\"name\":\"to\",\"valueReference\":{\"reference\":\"%s\"}}".formatted(thread);
  }

  private static String text(String text) {
    return "{\"name\":\"text\",\"valueString\":\"%s\"}".formatted(text);
  }

  private static String thread(TestServer who) {
    Reply opened = who.post("Communication", message("Good morning", ""));
    assertEquals(201, opened.status(), opened.body());
    return opened.json().at("/partOf/0/reference").asText();
  }

  @Test
  void what_others_wrote_is_forwarded_and_moved_as_it_is() {
    String ehr = ",\"sender\":{\"reference\":\"Practitioner/nurse\"}";
    Reply theirs =
        server
            .as(server.issuer().system("system/*.cruds messaging"))
            .post("Communication", message("thx, 10U", ehr));
    String path = "Communication/" + theirs.id();
    String other = thread(nurse);
    Reply forwarded = nurse.post(path + "/$forward", parameters(to(other)));
    assertEquals(200, forwarded.status(), forwarded.body());
    String own = to(other) + "," + text("10U!");
    assertEquals("wording-confirm", nurse.post(path + "/$forward", parameters(own)).reason());
    Reply meant = nurse.post(path + "/$forward", parameters(own + CONFIRMED));
    assertEquals(200, meant.status(), meant.body());
    Reply moved = nurse.post(path + "/$move", parameters(to(other)));
    assertEquals(200, moved.status(), moved.body());
  }

  @Test
  void an_edit_is_confirmed_for_itself() {
    Reply sent = nurse.post("Communication", message("Insulin ten", ""));
    String path = "Communication/" + sent.id();
    String text = text("Insulin 10U");
    assertEquals("wording-confirm", nurse.post(path + "/$edit", parameters(text)).reason());
    Reply edited = nurse.post(path + "/$edit", parameters(text + CONFIRMED));
    assertEquals(200, edited.status(), edited.body());
    assertEquals(
        "wording-confirm", nurse.post(path + "/$edit", parameters(text("Insulin 20U"))).reason());
  }

  @Test
  void what_is_sent_later_is_looked_at_when_it_is_written() {
    String undo =
        ",\"extension\":[{\"url\":\"https://parley.dev/fhir/StructureDefinition/undo\",\"valueBoolean\":true}%s]";
    assertEquals(
        "wording-confirm",
        nurse.post("Communication", message("Insulin 10U", undo.formatted(""))).reason());
    Reply held =
        nurse.post(
            "Communication",
            message(
                "Insulin 10U",
                undo.formatted(
                    ",{\"url\":\"https://parley.dev/fhir/StructureDefinition/confirmed\",\"valueCode\":\"wording\"}")));
    assertEquals("on-hold", held.json().at("/status").asText(), held.body());
  }
}
