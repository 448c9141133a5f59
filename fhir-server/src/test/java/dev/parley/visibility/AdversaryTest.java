// SPDX-License-Identifier: Apache-2.0
package dev.parley.visibility;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.parley.TestServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Ways in that somebody with a good token has thought of. */
class AdversaryTest {
  private static final String STAFF_ONLY =
      "\"category\":[{\"coding\":[{\"system\":\"https://parley.dev/fhir/CodeSystem/audience\",\"code\":\"staff-only\"}]}],";
  private static final String STAFF_THREAD =
      "{\"resourceType\":\"Communication\",\"id\":\"t\","
          + STAFF_ONLY
          + "\"status\":\"in-progress\",\"sender\":"
          + ref("Practitioner/eve")
          + ",\"recipient\":["
          + ref("Practitioner/colleague")
          + "]}";
  private TestServer server;
  private TestServer eve;

  @BeforeEach
  void start() {
    server = TestServer.withLogin();
    for (String who : List.of("eve", "gp", "colleague")) {
      put("Practitioner/" + who, "");
    }
    put("Patient/anna", "\"generalPractitioner\":[" + ref("Practitioner/gp") + "]");
    put("Patient/bert", "\"generalPractitioner\":[" + ref("Practitioner/gp") + "]");
    eve = server.asUser("Practitioner/eve");
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private static String ref(String reference) {
    return "{\"reference\":\"" + reference + "\"}";
  }

  private void put(String reference, String rest) {
    TestServer.Reply reply = server.asSystem().put(reference, json(reference, rest));
    assertTrue(reply.status() < 300, reply.body());
  }

  private static String json(String reference, String rest) {
    int slash = reference.indexOf('/');
    return "{\"resourceType\":\"%s\",\"id\":\"%s\"%s}"
        .formatted(
            reference.substring(0, slash),
            reference.substring(slash + 1),
            rest.isEmpty() ? "" : "," + rest);
  }

  private static JsonNode tree(String json) {
    try {
      return new ObjectMapper().readTree(json);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String draft(String type, String rest) {
    return "{\"resourceType\":\"%s\",%s}".formatted(type, rest);
  }

  private TestServer.Reply patch(TestServer as, String reference, String path, String value) {
    return as.send(
        "PATCH",
        reference,
        "[{\"op\":\"add\",\"path\":\"%s\",\"value\":%s}]".formatted(path, value),
        "Content-Type",
        "application/json-patch+json");
  }

  private void stillOut() {
    assertEquals(404, eve.get("Patient/anna").status());
  }

  @Test
  void a_name_written_somewhere_is_no_reference_that_was_there_before() {
    put(
        "CareTeam/mine",
        "\"status\":\"active\",\"name\":\"Patient/anna\",\"participant\":[{\"member\":%s}]"
            .formatted(ref("Practitioner/eve")));
    TestServer.Reply team = eve.get("CareTeam/mine");
    assertEquals(200, team.status(), team.body());
    TestServer.Reply aimed =
        eve.put(
            "CareTeam/mine",
            team.body()
                .replaceFirst("\"name\"", "\"subject\":" + ref("Patient/anna") + ",\"name\""));
    assertEquals("unknown-reference", aimed.reason(), aimed.body());
    stillOut();
  }

  @Test
  void what_is_over_is_not_opened_again() {
    put(
        "Encounter/old",
        "\"status\":\"finished\",\"class\":{\"code\":\"AMB\"},\"subject\":%s,\"participant\":[{\"individual\":%s}]"
            .formatted(ref("Patient/anna"), ref("Practitioner/eve")));
    assertEquals(200, eve.get("Encounter/old").status());
    assertEquals(
        "not-treating", patch(eve, "Encounter/old", "/status", "\"in-progress\"").reason());
    stillOut();
    assertEquals(
        200,
        patch(server.asUser("Practitioner/gp"), "Encounter/old", "/status", "\"in-progress\"")
            .status());
    assertEquals(200, eve.get("Patient/anna").status());
  }

  @Test
  void who_is_in_one_thread_or_broke_the_glass_does_not_make_themselves_at_home() {
    put(
        "Communication/t",
        STAFF_ONLY
            + "\"status\":\"in-progress\",\"subject\":%s,\"sender\":%s,\"recipient\":[%s]"
                .formatted(ref("Patient/anna"), ref("Practitioner/gp"), ref("Practitioner/eve")));
    assertEquals(200, eve.get("Patient/anna").status());
    String me = "[" + ref("Practitioner/eve") + "]";
    assertEquals("not-treating", patch(eve, "Patient/anna", "/generalPractitioner", me).reason());
    String team =
        draft(
            "CareTeam",
            "\"status\":\"active\",\"subject\":%s,\"participant\":[{\"member\":%s}]"
                .formatted(ref("Patient/anna"), ref("Practitioner/eve")));
    assertEquals("not-treating", eve.post("CareTeam", team).reason());
    TestServer doctor =
        server.as(
            server
                .issuer()
                .token("Practitioner/eve", "user/*.cruds", Map.of("roles", List.of("physician"))));
    doctor.post(
        "Patient/anna/$break-glass",
        "{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"reason\",\"valueString\":\"found unconscious\"}]}");
    assertEquals("not-treating", doctor.post("CareTeam", team).reason());
    assertEquals(201, server.asUser("Practitioner/gp").post("CareTeam", team).status());
  }

  @Test
  void records_are_linked_and_people_declared_dead_by_administrators_only() {
    TestServer gp = server.asUser("Practitioner/gp");
    String link = "[{\"other\":%s,\"type\":\"replaced-by\"}]".formatted(ref("Patient/bert"));
    assertEquals("administrators-only", patch(gp, "Patient/anna", "/link", link).reason());
    assertEquals(
        "administrators-only", patch(gp, "Patient/anna", "/deceasedBoolean", "true").reason());
    assertEquals(200, patch(gp, "Patient/anna", "/birthDate", "\"1980-01-01\"").status());
    assertEquals(
        "unknown-reference",
        eve.post(
                "Patient",
                draft(
                    "Patient",
                    "\"generalPractitioner\":[%s],\"link\":%s"
                        .formatted(ref("Practitioner/eve"), link)))
            .reason());
  }

  @Test
  void a_patient_leaves_the_clinic_s_records_as_they_are() {
    put(
        "DocumentReference/lab",
        "\"status\":\"current\",\"subject\":%s,\"author\":[%s],\"content\":[{\"attachment\":{\"title\":\"x\"}}]"
            .formatted(ref("Patient/anna"), ref("Practitioner/gp")));
    put(
        "Appointment/a",
        "\"status\":\"booked\",\"start\":\"2030-01-01T10:00:00Z\",\"end\":\"2030-01-01T10:30:00Z\",\"participant\":[{\"status\":\"needs-action\",\"actor\":%s},{\"status\":\"accepted\",\"actor\":%s}]"
            .formatted(ref("Patient/anna"), ref("Practitioner/gp")));
    TestServer anna = server.asUser("Patient/anna");
    assertEquals(200, anna.get("DocumentReference/lab").status());
    assertEquals(403, anna.delete("DocumentReference/lab").status());
    assertEquals(403, patch(anna, "DocumentReference/lab", "/description", "\"mine\"").status());
    assertEquals(403, patch(anna, "Appointment/a", "/start", "\"2030-01-01T09:00:00Z\"").status());
    assertEquals(
        403,
        patch(
                anna,
                "Appointment/a",
                "/participant/-",
                "{\"status\":\"accepted\",\"actor\":%s}".formatted(ref("Practitioner/eve")))
            .status());
    assertEquals(
        200, patch(anna, "Appointment/a", "/participant/0/status", "\"accepted\"").status());
    String own =
        draft(
            "DocumentReference",
            "\"status\":\"current\",\"subject\":%s,\"author\":[%s],\"content\":[{\"attachment\":{\"title\":\"x\"}}]"
                .formatted(ref("Patient/anna"), ref("Patient/anna")));
    TestServer.Reply handedIn = anna.post("DocumentReference", own);
    assertEquals(201, handedIn.status(), handedIn.body());
    assertEquals(204, anna.delete("DocumentReference/" + handedIn.id()).status());
  }

  @Test
  void a_draft_s_text_stays_its_author_s_after_it_was_sent() {
    put(
        "Communication/t",
        STAFF_ONLY
            + "\"status\":\"in-progress\",\"sender\":%s,\"recipient\":[%s]"
                .formatted(ref("Practitioner/eve"), ref("Practitioner/colleague")));
    String message =
        "\"status\":\"preparation\",\"partOf\":[%s],\"payload\":[{\"contentString\":\"what I really think\"}]"
            .formatted(ref("Communication/t"));
    TestServer.Reply first = eve.post("Communication", draft("Communication", message));
    String path = "Communication/" + first.id();
    TestServer.Reply sent =
        eve.put(
            path,
            first
                .body()
                .replace("what I really think", "Thank you")
                .replace("\"preparation\"", "\"in-progress\""));
    assertEquals(200, sent.status(), sent.body());
    TestServer colleague = server.asUser("Practitioner/colleague");
    assertEquals(200, colleague.get(path + "/_history/2").status());
    assertEquals(404, colleague.get(path + "/_history/1").status());
    assertFalse(colleague.get(path + "/_history").body().contains("really"));
    assertFalse(colleague.get("Communication/_history").body().contains("really"));
    assertTrue(eve.get(path + "/_history").body().contains("really"));
  }

  @Test
  void a_denial_on_one_record_holds_on_those_merged_with_it() {
    put("Patient/anna", "\"birthDate\":\"2019-01-01\"");
    put("Patient/copy", "\"birthDate\":\"2019-01-01\"");
    put("RelatedPerson/father", "\"active\":true,\"patient\":" + ref("Patient/copy"));
    put(
        "Consent/court",
        "\"status\":\"active\",\"scope\":{\"text\":\"x\"},\"category\":[{\"text\":\"x\"}],\"policyRule\":{\"text\":\"x\"},\"patient\":%s,\"provision\":{\"type\":\"deny\",\"period\":{\"start\":\"2001-01-01\",\"end\":\"2002-01-01\"},\"actor\":[{\"role\":{\"text\":\"x\"},\"reference\":%s}],\"provision\":[{\"type\":\"deny\"}]}"
            .formatted(ref("Patient/anna"), ref("RelatedPerson/father")));
    TestServer father = server.asUser("RelatedPerson/father");
    assertEquals(200, father.get("Patient/copy").status());
    put(
        "Patient/copy",
        "\"birthDate\":\"2019-01-01\",\"link\":[{\"type\":\"replaced-by\",\"other\":%s}]"
            .formatted(ref("Patient/anna")));
    // The order of long ago is over.
    assertEquals(200, father.get("Patient/anna").status());
    put(
        "Consent/court2",
        "\"status\":\"active\",\"scope\":{\"text\":\"x\"},\"category\":[{\"text\":\"x\"}],\"policyRule\":{\"text\":\"x\"},\"patient\":%s,\"provision\":{\"type\":\"deny\",\"actor\":[{\"role\":{\"text\":\"x\"},\"reference\":%s}]}"
            .formatted(ref("Patient/anna"), ref("RelatedPerson/father")));
    assertEquals(404, father.get("Patient/anna").status());
    assertEquals(404, father.get("Patient/copy").status());
  }

  @Test
  void nobody_says_by_hand_that_somebody_else_has_done_something() {
    String signed =
        draft(
            "Provenance",
            "\"target\":[%s],\"recorded\":\"2026-01-01T00:00:00Z\",\"agent\":[{\"who\":%s}]"
                .formatted(ref("Patient/anna"), ref("Practitioner/gp")));
    for (String who : List.of("Practitioner/gp", "Patient/anna")) {
      TestServer.Reply reply = server.asUser(who).post("Provenance", signed);
      assertEquals("not-yours-to-write", reply.reason(), reply.body());
    }
    assertEquals("unknown-reference", eve.post("Provenance", signed).reason());
    assertEquals(201, server.asSystem().post("Provenance", signed).status());
  }

  /** What only the server writes, at each of its places; all of it says so. */
  private static String forged(String... names) {
    return "\"extension\":["
        + Stream.of(names)
            .map(
                name ->
                    "{\"url\":\"https://parley.dev/fhir/StructureDefinition/%s\",\"valueString\":\"forged-%s\"}"
                        .formatted(name, name))
            .collect(Collectors.joining(","))
        + "]";
  }

  private static final String ROOT =
      forged(
          "message-number",
          "receipt",
          "unread",
          "inbox",
          "recalled",
          "edited",
          "forwarded-from",
          "moved-by",
          "reaction",
          "held",
          "not-sent",
          "scheduled-by",
          "notice");

  private static String forgery(String status, String thread) {
    return draft(
        "Communication",
        "\"status\":\"%s\",%s,%s\"received\":\"2020-01-01T00:00:00Z\",\"sent\":\"2020-01-01T00:00:00Z\",\"recipient\":[{\"reference\":\"Practitioner/colleague\",%s}],\"payload\":[{\"contentString\":\"x\",%s}],\"meta\":{\"versionId\":\"77\",\"lastUpdated\":\"2020-01-01T00:00:00Z\",\"tag\":[{\"system\":\"https://parley.dev/fhir/CodeSystem/attachment\",\"code\":\"recalled\"}]}"
            .formatted(
                status,
                ROOT,
                thread == null ? "" : "\"partOf\":[" + ref(thread) + "],",
                forged("receipt", "member"),
                forged("forwarded-part")));
  }

  private void honest(String door, TestServer.Reply reply) {
    assertTrue(reply.status() < 300, door + " " + reply.body());
    TestServer.Reply stored =
        reply.json().path("resourceType").asText().equals("Bundle")
            ? eve.get(reply.json().at("/entry/0/response/location").asText().replaceAll("/_.*", ""))
            : eve.get("Communication/" + reply.id());
    JsonNode it = stored.json();
    assertFalse(stored.body().contains("forged-"), door + " " + stored.body());
    assertFalse(it.path("sent").asText().startsWith("2020"), door);
    assertFalse(it.has("received"), door);
    assertTrue(it.at("/meta/versionId").asInt() < 10, door);
    assertFalse(it.at("/meta/lastUpdated").asText().startsWith("2020"), door);
  }

  @Test
  void nothing_that_the_server_says_of_a_message_is_said_by_who_writes_it() {
    put(
        "Communication/t",
        STAFF_ONLY
            + "\"status\":\"in-progress\",\"sender\":%s,\"recipient\":[%s]"
                .formatted(ref("Practitioner/eve"), ref("Practitioner/colleague")));
    String sent = forgery("in-progress", "Communication/t");
    honest("create", eve.post("Communication", sent));
    honest("create without a thread", eve.post("Communication", forgery("completed", null)));
    honest(
        "conditional create",
        eve.post("Communication", sent, "If-None-Exist", "identifier=none-there"));
    String post = "{\"resource\":%s,\"request\":{\"method\":\"POST\",\"url\":\"Communication\"}}";
    for (String kind : List.of("batch", "transaction")) {
      honest(
          kind,
          eve.post(
              "",
              draft(
                  "Bundle",
                  "\"type\":\"%s\",\"entry\":[%s]".formatted(kind, post.formatted(sent)))));
    }
    String plain =
        draft(
            "Communication",
            "\"status\":\"preparation\",\"partOf\":[%s],\"payload\":[{\"contentString\":\"x\"}]"
                .formatted(ref("Communication/t")));
    String put = eve.post("Communication", plain).id();
    honest(
        "put",
        eve.put("Communication/" + put, sent.replaceFirst("\\{", "{\"id\":\"" + put + "\",")));
    String patched = "Communication/" + eve.post("Communication", plain).id();
    JsonNode forgery = tree(sent);
    for (String each : List.of("extension", "recipient", "payload", "sent", "received")) {
      TestServer.Reply reply = patch(eve, patched, "/" + each, forgery.path(each).toString());
      assertEquals(200, reply.status(), reply.body());
    }
    honest("patch", patch(eve, patched, "/status", "\"in-progress\""));
    honest("draft", eve.post("Communication", forgery("preparation", "Communication/t")));
    honest(
        "conditional update",
        eve.put(
            "Communication?_id=" + eve.post("Communication", plain).id(),
            forgery("preparation", "Communication/t")));
    String header =
        draft(
            "Communication",
            "\"status\":\"in-progress\",\"recipient\":[%s],%s"
                .formatted(ref("Practitioner/colleague"), ROOT));
    honest("thread", eve.post("Communication", header));
    honest(
        "thread put",
        eve.put("Communication/t", STAFF_THREAD.replaceFirst("\\{", "{" + ROOT + ",")));
  }

  @Test
  void a_list_of_people_is_for_none_of_them() {
    put(
        "Group/cohort",
        "\"type\":\"person\",\"actual\":true,\"member\":[{\"entity\":%s},{\"entity\":%s}]"
            .formatted(ref("Patient/anna"), ref("Patient/bert")));
    assertEquals(404, server.asUser("Patient/anna").get("Group/cohort").status());
    assertEquals(200, eve.get("Group/cohort").status());
  }

  @Test
  void a_thread_is_not_hidden_and_shown_by_its_status_and_a_message_is_part_of_a_thread() {
    put(
        "Communication/t",
        STAFF_ONLY
            + "\"status\":\"in-progress\",\"sender\":%s,\"recipient\":[%s]"
                .formatted(ref("Practitioner/eve"), ref("Practitioner/colleague")));
    assertEquals(
        "status-not-yours", patch(eve, "Communication/t", "/status", "\"not-done\"").reason());
    String anywhere =
        draft(
            "Communication",
            "\"status\":\"completed\",\"partOf\":[%s],\"payload\":[{\"contentString\":\"click here\"}]");
    assertEquals(
        "no-thread",
        eve.post("Communication", anywhere.formatted(ref("Practitioner/gp"))).reason());
    TestServer.Reply message =
        eve.post("Communication", anywhere.formatted(ref("Communication/t")));
    assertEquals(201, message.status(), message.body());
    assertEquals(
        "no-thread",
        eve.post("Communication", anywhere.formatted(ref("Communication/" + message.id())))
            .reason());
  }

  @Test
  void what_is_hidden_answers_as_what_is_not_there() {
    String[][] asked = {
      {"DELETE", "Patient/%s", null},
      {"PUT", "Patient/%s", "{\"resourceType\":\"Patient\",\"id\":\"%s\"}"},
      {"PUT", "Patient?identifier=none", "{\"resourceType\":\"Patient\",\"id\":\"%s\"}"},
    };
    for (String[] each : asked) {
      for (String match : new String[] {null, "W/\"1\"", "W/\"9\""}) {
        assertEquals(answer(each, "nobody", match), answer(each, "anna", match), each[0] + match);
      }
    }
    put(
        "Communication/hidden",
        STAFF_ONLY + "\"status\":\"in-progress\",\"sender\":%s".formatted(ref("Practitioner/gp")));
    String into =
        "{\"resourceType\":\"Communication\",\"status\":\"completed\",\"partOf\":[{\"reference\":\"Communication/%s\"}],\"payload\":[{\"contentString\":\"x\"}]}";
    assertEquals(
        eve.post("Communication", into.formatted("missing")).body().replace("missing", "hidden"),
        eve.post("Communication", into.formatted("hidden")).body());
  }

  private String answer(String[] request, String id, String match) {
    String body = request[2] == null ? null : request[2].formatted(id);
    String path = request[1].contains("%") ? request[1].formatted(id) : request[1];
    TestServer.Reply reply =
        match == null
            ? eve.send(request[0], path, body)
            : eve.send(request[0], path, body, "If-Match", match);
    return reply.status() + reply.body().replace(id, "ID");
  }

  /** FHIR lets a value be absent with a reason in its place. */
  @Test
  void what_is_there_without_a_value_stops_nothing() {
    String absent =
        "{\"extension\":[{\"url\":\"http://hl7.org/fhir/StructureDefinition/data-absent-reason\",\"valueCode\":\"unknown\"}]}";
    put(
        "Group/g",
        "\"type\":\"person\",\"actual\":true,\"_active\":%s,\"member\":[{\"entity\":%s,\"_inactive\":%s}]"
            .formatted(absent, ref("Practitioner/eve"), absent));
    put(
        "Patient/p",
        "\"_active\":%s,\"_birthDate\":%s,\"meta\":{\"security\":[{\"display\":\"x\"}]}"
            .formatted(absent, absent));
    put(
        "PractitionerRole/r",
        "\"_active\":%s,\"practitioner\":%s".formatted(absent, ref("Practitioner/eve")));
    put("RelatedPerson/r", "\"_active\":%s,\"patient\":%s".formatted(absent, ref("Patient/p")));
    put("Practitioner/x", "\"_active\":" + absent);
    put("Patient/q", "\"_deceasedBoolean\":" + absent);
  }
}
