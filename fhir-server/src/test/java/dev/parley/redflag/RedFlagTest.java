// SPDX-License-Identifier: Apache-2.0
package dev.parley.redflag;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.parley.TestServer;
import dev.parley.TestServer.Reply;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.Base64;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class RedFlagTest {
  private static TestServer server;
  private static TestServer system;
  private static TestServer doctor;

  @BeforeAll
  static void start() throws Exception {
    server = TestServer.withLogin(Map.of(), Clock.systemUTC());
    system = server.asSystem();
    stored("Practitioner/dr", "'active':true");
    stored(
        "HealthcareService/clinic",
        "'active':true,'extension':[{'url':'https://parley.dev/fhir/StructureDefinition/emergency-text','valueString':'Our emergency room is in Elm Street.'}]");
    for (String id :
        new String[] {"yes", "no", "page", "twice", "arab", "own", "draft", "undo", "later"}) {
      stored(
          "Patient/" + id, "'active':true,'generalPractitioner':[{'reference':'Practitioner/dr'}]");
      if (!id.equals("no")) {
        consent(id);
      }
    }
    doctor = server.asUser("Practitioner/dr");
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static void stored(String reference, String elements) {
    String[] parts = reference.split("/");
    Reply reply =
        system.put(
            reference,
            "{'resourceType':'%s','id':'%s',%s}"
                .formatted(parts[0], parts[1], elements)
                .replace('\'', '"'));
    assertEquals(2, reply.status() / 100, reply.body());
  }

  private static void consent(String patient) throws Exception {
    byte[] text = "I agree".getBytes(StandardCharsets.UTF_8);
    Base64.Encoder base64 = Base64.getEncoder();
    stored(
        "Consent/" + patient,
        ("'status':'active','scope':{'coding':[{'system':'http://terminology.hl7.org/CodeSystem/consentscope','code':'patient-privacy'}]},"
                + "'category':[{'coding':[{'system':'https://parley.dev/fhir/CodeSystem/consent-kind','code':'secure-messaging'}]}],"
                + "'patient':{'reference':'Patient/%s'},'dateTime':'2026-01-10',"
                + "'policyRule':{'coding':[{'system':'http://terminology.hl7.org/CodeSystem/v3-ActCode','code':'OPTIN'}]},"
                + "'sourceAttachment':{'contentType':'text/plain','data':'%s','hash':'%s'}")
            .formatted(
                patient,
                base64.encodeToString(text),
                base64.encodeToString(MessageDigest.getInstance("SHA-1").digest(text))));
  }

  private static Reply send(String patient, String text, String more) {
    return server
        .asUser("Patient/" + patient)
        .post(
            "Communication",
            ("{'resourceType':'Communication','status':'in-progress','recipient':[{'reference':'Practitioner/dr'}],'payload':[{'contentString':'"
                    + text
                    + "'}]"
                    + more
                    + "}")
                .replace('\'', '"'));
  }

  private static JsonNode tasks(String patient) {
    return system.get("Task?code=red-flag&patient=Patient/" + patient).json().at("/entry");
  }

  private static JsonNode advice(String patient) {
    return system
        .get("Communication?category=emergency-advice&recipient=Patient/" + patient)
        .json()
        .at("/entry");
  }

  @Test
  void a_proxy_learns_nothing_of_it_that_the_child_has_not_told_them() throws Exception {
    String born = String.valueOf(LocalDate.now().minusYears(8));
    for (String id : new String[] {"kid", "kept"}) {
      stored(
          "Patient/" + id,
          "'active':true,'birthDate':'%s','generalPractitioner':[{'reference':'Practitioner/dr'}]"
              .formatted(born));
      stored(
          "RelatedPerson/of-" + id,
          "'active':true,'patient':{'reference':'Patient/%s'}".formatted(id));
    }
    consent("kept");
    stored(
        "Communication/hidden-thread",
        "'status':'in-progress','subject':{'reference':'Patient/kept'},'sender':{'reference':'Patient/kept'},"
            + "'meta':{'security':[{'system':'http://terminology.hl7.org/CodeSystem/v3-Confidentiality','code':'R'}]},"
            + "'recipient':[{'reference':'Patient/kept'},{'reference':'Practitioner/dr'}]");
    assertEquals(403, send("kid", "I want to kill myself", "").status());
    assertEquals(
        201,
        send(
                "kept",
                "I want to kill myself",
                ",'partOf':[{'reference':'Communication/hidden-thread'}]")
            .status());
    for (String id : new String[] {"kid", "kept"}) {
      JsonNode task = tasks(id).at("/0/resource");
      JsonNode advice = advice(id).at("/0/resource");
      TestServer parent = server.asUser("RelatedPerson/of-" + id);
      assertEquals(200, parent.get("Patient/" + id).status());
      for (JsonNode each : new JsonNode[] {task, advice}) {
        String reference = each.at("/resourceType").asText() + "/" + each.at("/id").asText();
        assertEquals(404, parent.get(reference).status(), reference);
      }
      assertEquals(200, doctor.get("Task/" + task.at("/id").asText()).status());
      Reply own = server.asUser("Patient/" + id).get("Communication/" + advice.at("/id").asText());
      assertTrue(own.body().contains("contentString"), own.body());
      assertEquals("Patient/" + id, task.at("/input/0/valueReference/reference").asText());
    }
  }

  @Test
  void the_writer_is_told_staff_get_a_task_and_the_thread_an_answer() {
    Reply sent = send("yes", "I cannot breathe", "");
    assertEquals(201, sent.status(), sent.body());
    assertEquals("red-flag", sent.header("Parley-Notice"));
    assertTrue(sent.body().contains("call 911 now"), sent.body());
    JsonNode task = tasks("yes").at("/0/resource");
    assertEquals("stat", task.at("/priority").asText());
    assertEquals("Communication/" + sent.id(), task.at("/focus/reference").asText());
    assertEquals("Practitioner/dr", task.at("/owner/reference").asText());
    assertEquals("breathing", task.at("/reasonCode/coding/0/code").asText());
    assertFalse(task.toString().contains("cannot breathe"));
    Duration due =
        Duration.between(
            Instant.parse(task.at("/authoredOn").asText()),
            Instant.parse(task.at("/restriction/period/end").asText()));
    assertEquals(Duration.ofMinutes(10), due);
    assertEquals(
        1,
        doctor
            .get("Task?code=red-flag&focus=Communication/" + sent.id())
            .json()
            .at("/entry")
            .size());
    JsonNode answer =
        server
            .asUser("Patient/yes")
            .get("Communication/" + advice("yes").at("/0/resource/id").asText())
            .json();
    assertEquals("Device/parley", answer.at("/sender/reference").asText());
    assertEquals("Communication/" + sent.id(), answer.at("/inResponseTo/0/reference").asText());
  }

  @Test
  void without_a_consent_the_refusal_carries_the_advice_and_staff_are_called() {
    Reply refused = send("no", "I want to die", "");
    assertEquals(403, refused.status(), refused.body());
    assertEquals("consent-missing", refused.reason());
    assertTrue(refused.body().contains("call 911 now"), refused.body());
    assertTrue(refused.body().contains("988"), refused.body());
    assertEquals(1, tasks("no").size());
    assertTrue(tasks("no").at("/0/resource/focus").isMissingNode());
    assertEquals(
        200,
        server
            .asUser("Patient/no")
            .get("Communication/" + advice("no").at("/0/resource/id").asText())
            .status());
  }

  @Test
  void another_rule_that_refuses_takes_nothing_from_it() {
    Reply refused =
        server
            .asUser("Patient/own")
            .post(
                "Communication",
                "{\"resourceType\":\"Communication\",\"status\":\"in-progress\",\"payload\":[{\"contentString\":\"my chest hurts\"}]}");
    assertEquals(422, refused.status(), refused.body());
    assertTrue(refused.body().contains("call 911 now"), refused.body());
    assertEquals(1, tasks("own").size());
    assertEquals(1, advice("own").size());
  }

  @Test
  void the_same_again_is_told_again_and_makes_no_second_task() {
    send("twice", "I am coughing up blood", "");
    Reply again = send("twice", "I am still coughing up blood", "");
    assertEquals("red-flag", again.header("Parley-Notice"));
    assertEquals(1, tasks("twice").size());
    send("twice", "and I passed out", "");
    assertEquals(2, tasks("twice").size());
  }

  @Test
  void the_advice_is_in_the_language_of_the_writer_and_names_the_service() {
    Reply sent =
        server
            .asUser("Patient/arab")
            .post(
                "Communication",
                "{\"resourceType\":\"Communication\",\"status\":\"in-progress\",\"recipient\":[{\"reference\":\"HealthcareService/clinic\"}],\"payload\":[{\"contentString\":\"لا أستطيع التنفس\"}]}");
    assertEquals(201, sent.status(), sent.body());
    assertTrue(sent.body().contains("حالة طارئة"), sent.body());
    assertTrue(sent.body().contains("Elm Street"), sent.body());
    assertEquals(
        "HealthcareService/clinic", advice("arab").at("/0/resource/sender/reference").asText());
  }

  @Test
  void no_danger_brings_nothing_nor_does_a_draft_nor_what_staff_write() {
    for (Reply reply :
        new Reply[] {
          send("draft", "I have no chest pain", ""),
          server
              .asUser("Patient/draft")
              .post(
                  "Communication",
                  "{\"resourceType\":\"Communication\",\"status\":\"preparation\",\"recipient\":[{\"reference\":\"Practitioner/dr\"}],\"payload\":[{\"contentString\":\"chest pain\"}]}"),
          doctor.post(
              "Communication",
              "{\"resourceType\":\"Communication\",\"status\":\"in-progress\",\"recipient\":[{\"reference\":\"Patient/draft\"}],\"payload\":[{\"contentString\":\"Do you have chest pain?\"}]}")
        }) {
      assertEquals(201, reply.status(), reply.body());
      assertNull(reply.header("Parley-Notice"), reply.body());
    }
    assertEquals(0, tasks("draft").size());
  }

  @Test
  void what_is_to_be_sent_later_is_looked_at_now() {
    String url = ",'extension':[{'url':'https://parley.dev/fhir/StructureDefinition/";
    Reply held = send("undo", "I have chest pain", url + "undo','valueBoolean':true}]");
    assertEquals("on-hold", held.json().at("/status").asText(), held.body());
    assertEquals("red-flag", held.header("Parley-Notice"), held.body());
    assertEquals(1, tasks("undo").size());
    assertEquals(1, advice("undo").size());
    String later =
        "{'resourceType':'Communication','status':'on-hold','recipient':[{'reference':'Practitioner/dr'}],'payload':[{'contentString':'I want to die'}]"
            + url
            + "send-at','valueDateTime':'"
            + Instant.now().plus(Duration.ofHours(20))
            + "'}]}";
    Reply scheduled =
        server.asUser("Patient/later").post("Communication", later.replace('\'', '"'));
    assertEquals("red-flag", scheduled.header("Parley-Notice"), scheduled.body());
    assertTrue(scheduled.body().contains("988"), scheduled.body());
    JsonNode task = tasks("later").at("/0/resource");
    assertTrue(task.at("/description").asText().contains("call them"), task.toString());
    assertEquals(404, doctor.get("Communication/" + scheduled.id()).status());
    Reply moved =
        server
            .asUser("Patient/later")
            .put(
                "Communication/" + scheduled.id(),
                scheduled.body().replace("I want to die", "Thank you"));
    assertEquals(200, moved.status(), moved.body());
    assertNull(moved.header("Parley-Notice"), moved.body());
  }
}
