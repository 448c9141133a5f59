// SPDX-License-Identifier: Apache-2.0
package dev.parley.audit;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.parley.TestServer;
import dev.parley.TestServer.Reply;
import java.nio.charset.StandardCharsets;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** How rows are shown: the profiles of BALP, who may read them, and what finds them. */
class AuditEventTest {
  private static final String DCM = "http://dicom.nema.org/resources/ontology/DCM|";
  private static final String INTERACTION = "http://hl7.org/fhir/restful-interaction|";
  private static TestServer server;
  private static TestServer system;
  private static TestServer officer;
  private static TestServer doctor;

  @BeforeAll
  static void start() {
    server = TestServer.withLogin();
    system = server.asSystem();
    for (String id : List.of("p1", "p2", "p3")) {
      system.put("Patient/" + id, TrailTest.patient(id));
    }
    person("dr-1");
    person("officer");
    officer =
        server.as(
            server
                .issuer()
                .token(
                    "Practitioner/officer",
                    "user/*.cruds",
                    Map.of("roles", List.of("privacy-officer"))));
    doctor =
        server.as(
            server
                .issuer()
                .token(
                    "Practitioner/dr-1",
                    "user/*.cruds",
                    Map.of("roles", List.of("clinician"), "sid", "session-7")));
  }

  private static void person(String id) {
    system.put(
        "Practitioner/" + id,
        """
        {"resourceType":"Practitioner","id":"%s","active":true,"identifier":[{"system":"urn:staff","value":"no-%s"}]}"""
            .formatted(id, id));
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static List<JsonNode> events(String query) {
    Reply reply = officer.get("AuditEvent?" + query);
    assertEquals(200, reply.status(), reply.body());
    List<JsonNode> events = new ArrayList<>();
    reply.json().at("/entry").forEach(entry -> events.add(entry.at("/resource")));
    return events;
  }

  private static JsonNode one(String query) {
    List<JsonNode> events = events(query);
    assertEquals(1, events.size(), events.toString());
    return events.get(0);
  }

  private static String token(JsonNode coding) {
    return coding.at("/system").asText() + "|" + coding.at("/code").asText();
  }

  private static JsonNode agent(JsonNode event, String type) {
    return StreamSupport.stream(event.at("/agent").spliterator(), false)
        .filter(agent -> token(agent.at("/type/coding/0")).equals(type))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no agent " + type + ": " + event));
  }

  private static JsonNode entity(JsonNode event, String type, String role) {
    return StreamSupport.stream(event.at("/entity").spliterator(), false)
        .filter(e -> e.at("/type/code").asText().equals(type))
        .filter(e -> role == null || e.at("/role/code").asText().equals(role))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no entity " + type + ": " + event));
  }

  /** G-1 to G-4 of one event. */
  private static void isBalp(
      JsonNode event, String profile, String subtype, String action, String client, String serves) {
    assertEquals(
        "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit." + profile,
        event.at("/meta/profile/0").asText());
    assertEquals(
        "http://terminology.hl7.org/CodeSystem/audit-event-type|rest", token(event.at("/type")));
    assertEquals(INTERACTION + subtype, token(event.at("/subtype/0")));
    assertEquals(action, event.at("/action").asText());
    assertEquals("0", event.at("/outcome").asText());
    assertFalse(event.at("/recorded").isMissingNode());
    assertFalse(event.at("/source/observer").isMissingNode());
    for (String type : List.of(client, serves)) {
      JsonNode agent = agent(event, type);
      assertFalse(agent.at("/who").isMissingNode(), agent.toString());
      assertFalse(agent.at("/requestor").isMissingNode(), agent.toString());
      assertFalse(agent.at("/network/address").isMissingNode(), agent.toString());
      assertTrue(agent.at("/media").isMissingNode());
    }
    assertEquals("127.0.0.1", agent(event, client).at("/network/address").asText());
    assertFalse(entity(event, "XrequestId", null).at("/what/identifier/value").isMissingNode());
    // G-6
    event.at("/entity").forEach(e -> assertFalse(e.has("name") && e.has("query"), e.toString()));
  }

  @Test
  void each_interaction_has_the_profile_of_balp() { // G-1, G-2, G-3, G-4
    String id = system.post("Communication", TrailTest.message("p1")).id();
    String item = "entity=Communication/" + id;
    JsonNode created = one(item + "&subtype=create");
    isBalp(created, "PatientCreate", "create", "C", DCM + "110153", DCM + "110152");
    assertEquals(
        "Communication/" + id + "/_history/1",
        entity(created, "2", "4").at("/what/reference").asText());
    assertEquals("Patient/p1", entity(created, "1", "1").at("/what/reference").asText());

    system.get("Communication/" + id);
    isBalp(one(item + "&subtype=read"), "PatientRead", "read", "R", DCM + "110152", DCM + "110153");
    system.get("Communication/" + id + "/_history/1");
    isBalp(
        one(item + "&subtype=vread"), "PatientRead", "vread", "R", DCM + "110152", DCM + "110153");

    String changed =
        TrailTest.message("p1").replace("{\"resource", "{\"id\":\"" + id + "\",\"resource");
    system.put("Communication/" + id, changed);
    JsonNode updated = one(item + "&subtype=update");
    isBalp(updated, "PatientUpdate", "update", "U", DCM + "110153", DCM + "110152");
    assertEquals(
        "Communication/" + id + "/_history/2",
        entity(updated, "2", "4").at("/what/reference").asText());

    system.delete("Communication/" + id);
    isBalp(
        one(item + "&subtype=delete"),
        "PatientDelete",
        "delete",
        "D",
        DCM + "110150",
        "http://terminology.hl7.org/CodeSystem/provenance-participant-type|custodian");

    system.put("Location/l1", "{\"resourceType\":\"Location\",\"id\":\"l1\"}");
    assertEquals(
        "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.Update",
        one("entity=Location/l1").at("/meta/profile/0").asText());
  }

  @Test
  void a_search_is_a_query_with_its_url_in_base64_one_for_each_patient() { // G-3, G-5
    system.post("Communication", TrailTest.message("p2"));
    system.post("Communication", TrailTest.message("p3"));
    system.get("Communication?subject=Patient/p2,Patient/p3", "X-Request-Id", "search-1");
    List<JsonNode> both = events("entity.identifier=search-1");
    assertEquals(2, both.size());
    for (JsonNode event : both) {
      isBalp(event, "PatientQuery", "search", "E", DCM + "110153", DCM + "110152");
      JsonNode query = entity(event, "2", "24");
      String url =
          new String(
              Base64.getDecoder().decode(query.at("/query").asText()), StandardCharsets.UTF_8);
      assertEquals(server.base() + "/Communication?subject=Patient/p2,Patient/p3", url);
      assertTrue(query.at("/what").isMissingNode());
      assertTrue(query.at("/detail").isMissingNode());
    }
    assertEquals(
        "Patient/p2",
        entity(one("entity.identifier=search-1&patient=Patient/p2"), "1", "1")
            .at("/what/reference")
            .asText());
  }

  @Test
  void a_person_is_named_with_their_session_and_never_their_token() { // G-2, G-8
    doctor.get("Practitioner/dr-1", "X-Request-Id", "by-doctor");
    JsonNode event = one("entity.identifier=by-doctor");
    JsonNode user = agent(event, "http://terminology.hl7.org/CodeSystem/v3-ParticipationType|IRCP");
    assertEquals("Practitioner/dr-1", user.at("/who/reference").asText());
    assertTrue(user.at("/requestor").asBoolean());
    assertTrue(user.at("/network").isMissingNode());
    assertTrue(event.toString().contains("urn:ietf:params:oauth:jti:session-7"), event.toString());
    assertFalse(event.toString().contains("eyJ"), "a token");
  }

  @Test
  void what_was_denied_is_a_security_alert_and_no_success() { // G-7
    assertEquals(403, doctor.get("AuditEvent", "X-Request-Id", "denied-1").status());
    JsonNode event = one("entity.identifier=denied-1");
    assertEquals(DCM + "110113", token(event.at("/type")));
    assertEquals("8", event.at("/outcome").asText());
    assertEquals("audit-officers-only", event.at("/outcomeDesc").asText());
    assertTrue(event.at("/meta/profile").isMissingNode());

    server.as("no.token.atall").get("Patient/p1", "X-Request-Id", "denied-2");
    JsonNode nobody = one("entity.identifier=denied-2");
    assertEquals("8", nobody.at("/outcome").asText());
    assertEquals(DCM + "110113", token(nobody.at("/type")));
  }

  @Test
  void a_guess_at_what_one_may_not_see_is_recorded() {
    assertEquals(404, doctor.get("Patient/p1", "X-Request-Id", "guess-1").status());
    JsonNode event = one("entity.identifier=guess-1");
    assertEquals("4", event.at("/outcome").asText());
    assertEquals("not-found", event.at("/outcomeDesc").asText());
  }

  @Test
  void nobody_but_officers_and_systems_reads_it() { // G-17
    JsonNode event = one("entity=Patient/p1&subtype=update");
    String id = event.at("/id").asText();
    assertEquals(200, officer.get("AuditEvent/" + id).status());
    assertEquals(200, system.get("AuditEvent/" + id).status());
    assertEquals(403, doctor.get("AuditEvent/" + id).status());
    assertEquals(403, doctor.get("AuditEvent?patient=Patient/p1").status());
    assertEquals(403, server.asUser("Patient/p1").get("Patient/p1/AuditEvent").status());
    assertEquals(
        403, server.as(server.issuer().system("system/Patient.rs")).get("AuditEvent").status());
    assertEquals(404, officer.get("AuditEvent/202601-999999999-1-0").status());
    assertEquals(404, officer.get("AuditEvent/" + id.replaceFirst("\\d+$", "77")).status());
  }

  @Test
  void nobody_writes_one() { // G-16
    String example =
        """
        {"resourceType":"AuditEvent","id":"e1","type":{"code":"rest"},"recorded":"2026-01-01T00:00:00Z",
         "agent":[{"requestor":true}],"source":{"observer":{"display":"x"}}}""";
    String id = one("entity=Patient/p2&subtype=update").at("/id").asText();
    for (TestServer each : List.of(system, officer)) {
      assertEquals(405, each.put("AuditEvent/e1", example).status());
      assertEquals(405, each.post("AuditEvent", example.replace("\"id\":\"e1\",", "")).status());
      assertEquals(405, each.delete("AuditEvent/" + id).status());
      assertEquals(405, each.put("AuditEvent/" + id, example.replace("e1", id)).status());
      String bundle =
          "{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[{\"resource\":%s,\"request\":{\"method\":\"PUT\",\"url\":\"AuditEvent/e1\"}}]}";
      assertEquals(405, each.post("", bundle.formatted(example)).status());
    }
    assertEquals(200, officer.get("AuditEvent/" + id).status());
  }

  @Test
  void reading_it_is_recorded_too() { // G-19
    officer.get("AuditEvent?patient=Patient/p1", "X-Request-Id", "officer-1");
    List<JsonNode> events = events("entity.identifier=officer-1");
    assertFalse(events.isEmpty());
    assertTrue(events.get(0).toString().contains("110101"), events.toString());
    assertTrue(events.get(0).toString().contains("Practitioner/officer"), events.toString());
  }

  @Test
  void each_parameter_finds_and_leaves_out() { // G-11
    system.put("Location/l2", "{\"resourceType\":\"Location\",\"id\":\"l2\"}");
    String item = "entity=Location/l2";
    String id = one(item).at("/id").asText();
    String today =
        OffsetDateTime.parse(one(item).at("/recorded").asText())
            .withOffsetSameInstant(ZoneOffset.UTC)
            .toLocalDate()
            .toString();
    String client = agent(one(item), DCM + "110153").at("/who/identifier/value").asText();
    for (String found :
        List.of(
            "_id=" + id,
            "date=" + today,
            "date=ge" + today + "&date=le" + today,
            "_lastUpdated=gt2026-01-01T00:00:00Z",
            "agent.identifier=" + client,
            "entity=Location/l2/_history/1",
            "entity-type=2",
            "entity-role=4",
            "address=127.0.0.1",
            "source.identifier=127.0.0.1",
            "type=rest",
            "subtype=" + INTERACTION + "update",
            "action=U",
            "outcome=0")) {
      assertEquals(1, events(item + "&" + found).size(), found);
    }
    for (String other :
        List.of(
            "_id=202601-1-1-1",
            "date=lt" + today,
            "date=2025",
            "_lastUpdated=lt2026-01",
            "agent.identifier=somebody",
            "agent=Practitioner/dr-1",
            "patient=Patient/p1",
            "entity=Location/l2/_history/2",
            "entity-type=1",
            "entity-role=24",
            "address=10.0.0.1",
            "source.identifier=elsewhere",
            "type=" + DCM + "110113",
            "subtype=delete",
            "action=D",
            "outcome=8")) {
      assertEquals(0, events(item + "&" + other).size(), other);
    }
    doctor.get("Practitioner/dr-1", "X-Request-Id", "by-agent");
    String mine = "entity.identifier=by-agent&";
    assertEquals(1, events(mine + "agent=Practitioner/dr-1").size());
    assertEquals(1, events(mine + "agent.identifier=urn:staff|no-dr-1").size());
    assertEquals(0, events(mine + "agent=Practitioner/dr-2").size());
    assertEquals(400, officer.get("AuditEvent?colour=x").status());
    assertEquals(400, officer.get("AuditEvent?date=yesterday").status());
    assertEquals(200, officer.get("AuditEvent?colour=x", "Prefer", "handling=lenient").status());
  }

  @Test
  void pages_hold_every_event_once_newest_first() {
    for (int i = 0; i < 7; i++) {
      system.get("Communication?subject=Patient/p2,Patient/p3", "X-Request-Id", "paged");
    }
    List<String> seen = new ArrayList<>();
    String url = "AuditEvent?entity.identifier=paged&_count=3&_total=accurate";
    String last = "9";
    while (url != null) {
      JsonNode page = officer.get(url).json();
      assertEquals(14, page.at("/total").asInt());
      for (JsonNode entry : page.at("/entry")) {
        seen.add(entry.at("/resource/id").asText());
        String recorded = entry.at("/resource/recorded").asText();
        assertTrue(recorded.compareTo(last) <= 0);
        last = recorded;
      }
      url = null;
      for (JsonNode link : page.at("/link")) {
        if (link.at("/relation").asText().equals("next")) {
          url = link.at("/url").asText();
        }
      }
    }
    assertEquals(14, seen.size(), seen.toString());
    assertEquals(14, seen.stream().distinct().count());
    assertEquals(
        14,
        officer
            .get("AuditEvent?entity.identifier=paged&_summary=count")
            .json()
            .at("/total")
            .asInt());
  }

  @Test
  void who_saw_what_of_a_patient_is_one_call() {
    String merged =
        "{\"resourceType\":\"Patient\",\"id\":\"p4\",\"link\":[{\"type\":\"replaced-by\",\"other\":{\"reference\":\"Patient/p5\"}}]}";
    system.put("Patient/p5", TrailTest.patient("p5"));
    system.put("Patient/p4", merged);
    String before = system.post("Communication", TrailTest.message("p4")).id();
    system.get("Communication/" + before);
    String now = system.post("Communication", TrailTest.message("p5")).id();
    Reply reply = officer.get("Patient/p5/$who-saw-what");
    assertEquals(200, reply.status(), reply.body());
    assertEquals("Parameters", reply.json().at("/resourceType").asText());
    assertTrue(reply.body().contains("Communication/" + before + "/_history/1"), reply.body());
    assertTrue(reply.body().contains("Communication/" + now + "/_history/1"), reply.body());
    assertFalse(reply.body().contains("Patient/p2"), reply.body());
    assertEquals(403, doctor.get("Patient/p5/$who-saw-what").status());
    assertEquals(403, server.asUser("Patient/p5").get("Patient/p5/$who-saw-what").status());
    assertEquals(404, officer.get("Patient/nobody/$who-saw-what").status());
    Reply none = officer.get("Patient/p5/$who-saw-what?end=2020-01-01");
    assertFalse(none.body().contains("Communication/"), none.body());
    Reply few = officer.get("Patient/p5/$who-saw-what?_count=1");
    assertTrue(few.body().contains("\"more\""), few.body());
  }

  @Test
  void without_a_login_examples_are_stored_beside_the_trail() {
    try (TestServer open = TestServer.start()) {
      String example =
          """
          {"resourceType":"AuditEvent","id":"example","type":{"code":"rest"},"recorded":"2026-01-01T00:00:00Z",
           "agent":[{"requestor":true}],"source":{"observer":{"display":"x"}}}""";
      assertEquals(201, open.put("AuditEvent/example", example).status());
      assertEquals(200, open.get("AuditEvent/example").status());
      assertEquals(1, open.get("AuditEvent?_id=example").json().at("/total").asInt());
      assertTrue(open.get("AuditEvent").json().at("/total").asInt() > 1);
    }
  }

  @Test
  void breaking_the_glass_is_a_security_alert_with_its_reason() {
    String reason =
        "{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"reason\",\"valueString\":\"unconscious on arrival\"}]}";
    Reply reply = doctor.post("Patient/p3/$break-glass", reason, "X-Request-Id", "glass-2");
    assertEquals(200, reply.status(), reply.body());
    JsonNode event = one("entity.identifier=glass-2&subtype=110127");
    assertEquals(DCM + "110113", token(event.at("/type")));
    assertTrue(event.toString().contains("unconscious on arrival"), event.toString());
    assertEquals("Patient/p3", entity(event, "1", "1").at("/what/reference").asText());
    JsonNode user = agent(event, "http://terminology.hl7.org/CodeSystem/v3-ParticipationType|IRCP");
    assertEquals("BTG", user.at("/purposeOfUse/0/coding/0/code").asText());
    assertEquals(
        403,
        server
            .asUser("Patient/p1")
            .post("Patient/p3/$break-glass", reason, "X-Request-Id", "glass-3")
            .status());
    assertEquals(0, events("entity.identifier=glass-3&subtype=110127").size());
  }

  @Test
  void what_is_pushed_or_read_by_number_is_a_disclosure_to_the_subscriber() { // G-18
    String made =
        """
        {"resourceType":"Subscription","status":"requested","reason":"t","criteria":"Communication?subject=Patient/p2",
         "channel":{"type":"websocket","payload":"application/fhir+json"}}""";
    String id = system.post("Subscription", made).id();
    String message = system.post("Communication", TrailTest.message("p2")).id();
    String pushed = "subtype=push&entity=Communication/" + message;
    assertEquals(0, events(pushed).size());
    await().until(() -> system.get("Subscription/" + id + "/$events").body().contains(message));
    JsonNode event = events(pushed).get(0);
    isPush(event, id);
    assertEquals(1, events(pushed + "&patient=Patient/p2&_count=1").size());
    assertEquals(0, events(pushed + "&patient=Patient/p1").size());
  }

  private static void isPush(JsonNode event, String subscription) {
    assertEquals(INTERACTION + "read", token(event.at("/subtype/0")));
    assertTrue(event.toString().contains("Subscription/" + subscription), event.toString());
    assertEquals("Patient/p2", entity(event, "1", "1").at("/what/reference").asText());
  }

  @Test
  void a_batch_reads_the_trail_like_any_other_type() {
    String batch =
        "{\"resourceType\":\"Bundle\",\"type\":\"batch\",\"entry\":[{\"request\":{\"method\":\"GET\",\"url\":\"AuditEvent?entity=Patient/p1\"}}]}";
    assertEquals("200 OK", officer.post("", batch).json().at("/entry/0/response/status").asText());
    assertTrue(
        doctor.post("", batch).json().at("/entry/0/response/status").asText().startsWith("403"));
  }

  @Test
  void scopes_for_other_things_or_for_some_events_give_none() { // G-17, E-8
    String operation = "Patient/p1/$who-saw-what";
    for (String scope :
        List.of(
            "system/Slot.rs",
            "system/Patient.rs",
            "system/AuditEvent.s",
            "system/AuditEvent.rs?type=rest")) {
      TestServer client = server.as(server.issuer().system(scope));
      assertEquals(403, client.get(operation).status(), scope);
      assertEquals(
          scope.endsWith(".s") ? 200 : 403, client.get("AuditEvent?_count=1").status(), scope);
    }
    TestServer reader = server.as(server.issuer().system("system/AuditEvent.rs"));
    assertEquals(200, reader.get(operation).status());
    assertEquals(200, reader.get("AuditEvent?_count=1").status());
    for (String scope : List.of("patient/AuditEvent.rs", "user/Patient.rs")) {
      TestServer limited =
          server.as(
              server
                  .issuer()
                  .token(
                      "Practitioner/officer",
                      scope,
                      Map.of("roles", List.of("privacy-officer"), "patient", "p1")));
      assertEquals(403, limited.get(operation).status(), scope);
      assertEquals(403, limited.get("AuditEvent?_count=1").status(), scope);
    }
  }
}
