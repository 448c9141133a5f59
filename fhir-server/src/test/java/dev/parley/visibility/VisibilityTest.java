// SPDX-License-Identifier: Apache-2.0
package dev.parley.visibility;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.TestClock;
import dev.parley.TestServer;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class VisibilityTest {
  private static final TestClock CLOCK = new TestClock();
  private static TestServer server;
  private TestServer system;

  @BeforeAll
  static void start() {
    server = TestServer.withLogin(Map.of(), CLOCK);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @BeforeEach
  void people() {
    server.empty();
    // Logins that a test has ended are over: those of the next one are later.
    CLOCK.forward(Duration.ofSeconds(5));
    system = server.asSystem();
    for (String who : new String[] {"gp", "nurse", "specialist", "stranger"}) {
      put("Practitioner/" + who, "\"active\":true");
    }
    put(
        "Patient/anna",
        "\"birthDate\":\"1980-05-01\",\"generalPractitioner\":[" + ref("Practitioner/gp") + "]");
    put("Patient/bert", "\"birthDate\":\"1970-05-01\"");
    put(
        "CareTeam/ward",
        "\"status\":\"active\",\"subject\":%s,\"participant\":[{\"member\":%s}]"
            .formatted(ref("Patient/anna"), ref("Practitioner/nurse")));
  }

  private static TestServer asUser(String person) {
    return server.asUser(person);
  }

  private static String ref(String reference) {
    return "{\"reference\":\"" + reference + "\"}";
  }

  private void put(String reference, String rest) {
    TestServer.Reply reply = system.put(reference, json(reference, rest));
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

  /** A thread about Anna and a message in it. */
  private void thread(String id, String audience, String sender, String... recipients) {
    with(id, "\"subject\":" + ref("Patient/anna") + "," + category(audience), sender, recipients);
  }

  private static String category(String audience) {
    return "\"category\":[{\"coding\":[{\"system\":\"https://parley.dev/fhir/CodeSystem/audience\",\"code\":\"%s\"}]}]"
        .formatted(audience);
  }

  private void with(String id, String rest, String sender, String... recipients) {
    StringBuilder to = new StringBuilder();
    for (String recipient : recipients) {
      to.append(to.isEmpty() ? "" : ",").append(ref(recipient));
    }
    String common = "\"sender\":%s,\"recipient\":[%s]".formatted(ref(sender), to);
    put("Communication/" + id, "\"status\":\"in-progress\"," + common + "," + rest);
    put(
        "Communication/" + id + "-m1",
        "\"status\":\"completed\",\"partOf\":[%s],%s,\"subject\":%s,\"sent\":\"2026-01-01T10:00:00Z\",\"payload\":[{\"contentString\":\"hidden words\"}]"
            .formatted(ref("Communication/" + id), common, ref("Patient/anna")));
  }

  private void sees(String person, String... references) {
    for (String reference : references) {
      Doors doors = Doors.of(asUser(person), person);
      assertEquals(doors.all(reference), doors.open(reference), person + " " + reference);
    }
  }

  /** Nothing is open, and what is hidden is answered as what is not there. */
  private void hidden(String person, String... references) {
    for (String reference : references) {
      assertEquals(
          Set.of(), Doors.of(asUser(person), person).open(reference), person + " " + reference);
      TestServer as = asUser(person);
      String type = reference.substring(0, reference.indexOf('/'));
      assertEquals(
          outcome(as.get(type + "/nothing").body(), "nothing"),
          outcome(as.get(reference).body(), reference.substring(type.length() + 1)));
    }
  }

  private static String outcome(String body, String id) {
    return body.replace(id, "ID").replaceAll("\"id\":\"[^\"]*\"", "");
  }

  @Test
  void a_patient_facing_thread_is_for_those_in_it_the_patient_and_who_treats_them() {
    thread("thread", "patient-facing", "Practitioner/specialist", "Patient/anna");
    String[] both = {"Communication/thread"};
    sees("Practitioner/specialist", both);
    sees("Patient/anna", both);
    sees("Practitioner/gp", both);
    sees("Practitioner/nurse", both);
    hidden("Practitioner/stranger", "Communication/thread", "Communication/thread-m1");
    hidden("Patient/bert", "Communication/thread", "Communication/thread-m1");
  }

  @Test
  void a_staff_only_thread_is_not_in_the_patient_s_compartment() {
    thread("thread", "staff-only", "Practitioner/specialist", "Practitioner/gp");
    sees("Practitioner/specialist", "Communication/thread");
    sees("Practitioner/nurse", "Communication/thread");
    hidden("Patient/anna", "Communication/thread", "Communication/thread-m1");
    String compartment = "Patient/anna/Communication?_count=1000";
    assertFalse(asUser("Practitioner/gp").get(compartment).body().contains("\"thread-m1\""));
    assertFalse(system.get(compartment).body().contains("\"thread-m1\""));
    assertFalse(system.get(compartment).body().contains("\"thread\""));
  }

  @Test
  void no_patient_is_put_into_a_staff_only_thread_and_the_audience_stays() {
    thread("thread", "staff-only", "Practitioner/gp", "Practitioner/nurse");
    String with = "\"status\":\"in-progress\",%s,\"sender\":%s,\"recipient\":[%s]";
    TestServer.Reply added =
        system.put(
            "Communication/thread",
            json(
                "Communication/thread",
                with.formatted(
                    category("staff-only"), ref("Practitioner/gp"), ref("Patient/anna"))));
    assertEquals(422, added.status());
    assertEquals("staff-only", added.reason());
    TestServer.Reply turned =
        system.put(
            "Communication/thread",
            json(
                "Communication/thread",
                with.formatted(
                    category("patient-facing"), ref("Practitioner/gp"), ref("Patient/anna"))));
    assertEquals(422, turned.status());
    assertEquals("audience-fixed", turned.reason());
  }

  @Test
  void who_leaves_a_thread_sees_it_no_more_and_who_leaves_the_team_neither() {
    thread(
        "thread", "patient-facing", "Practitioner/gp", "Practitioner/specialist", "Patient/anna");
    sees("Practitioner/specialist", "Communication/thread");
    put(
        "Communication/thread",
        "\"status\":\"in-progress\",\"subject\":%s,%s,\"sender\":%s,\"recipient\":[%s]"
            .formatted(
                ref("Patient/anna"),
                category("patient-facing"),
                ref("Practitioner/gp"),
                ref("Patient/anna")));
    hidden("Practitioner/specialist", "Communication/thread", "Communication/thread-m1");
    sees("Practitioner/nurse", "Communication/thread");
    put("CareTeam/ward", "\"status\":\"inactive\",\"subject\":" + ref("Patient/anna"));
    hidden("Practitioner/nurse", "Communication/thread", "Communication/thread-m1");
  }

  @Test
  void a_relation_ends_with_its_time() {
    put(
        "Appointment/a",
        "\"status\":\"booked\",\"start\":\"%s\",\"end\":\"%s\",\"participant\":[{\"status\":\"accepted\",\"actor\":%s},{\"status\":\"accepted\",\"actor\":%s}]"
            .formatted(
                CLOCK.instant().plusSeconds(3_600),
                CLOCK.instant().plusSeconds(7_200),
                ref("Patient/anna"),
                ref("Practitioner/stranger")));
    thread("thread", "patient-facing", "Practitioner/gp", "Patient/anna");
    sees("Practitioner/stranger", "Communication/thread", "Patient/anna");
    CLOCK.forward(Duration.ofSeconds(7_300));
    hidden("Practitioner/stranger", "Communication/thread", "Communication/thread-m1");
  }

  @Test
  void an_encounter_opens_the_record_while_it_is_open() {
    String encounter =
        "\"status\":\"%s\",\"class\":{\"code\":\"IMP\"},\"subject\":%s,\"participant\":[{\"individual\":%s}]";
    hidden("Practitioner/stranger", "Patient/anna");
    put(
        "Encounter/e",
        encounter.formatted("in-progress", ref("Patient/anna"), ref("Practitioner/stranger")));
    sees("Practitioner/stranger", "Patient/anna");
    put(
        "Encounter/e",
        encounter.formatted("finished", ref("Patient/anna"), ref("Practitioner/stranger")));
    hidden("Practitioner/stranger", "Patient/anna");
  }

  @Test
  void who_takes_part_sees_who_the_others_are_and_can_answer_them() {
    put("HealthcareService/desk", "\"active\":true");
    put(
        "PractitionerRole/clerk",
        "\"active\":true,\"practitioner\":%s,\"healthcareService\":[%s]"
            .formatted(ref("Practitioner/stranger"), ref("HealthcareService/desk")));
    put("RelatedPerson/nephew", "\"active\":true,\"patient\":" + ref("Patient/bert"));
    hidden("Practitioner/stranger", "Patient/anna", "RelatedPerson/nephew");
    with("no-subject", "\"topic\":{\"text\":\"x\"}", "Patient/anna", "HealthcareService/desk");
    with("nephew", "\"topic\":{\"text\":\"x\"}", "RelatedPerson/nephew", "HealthcareService/desk");
    TestServer clerk = asUser("Practitioner/stranger");
    for (String known : List.of("Patient/anna", "RelatedPerson/nephew")) {
      assertEquals(200, clerk.get(known).status(), known);
      String thread = known.startsWith("Patient") ? "no-subject" : "nephew";
      TestServer.Reply answer =
          clerk.post(
              "Communication",
              "{\"resourceType\":\"Communication\",\"status\":\"in-progress\",\"partOf\":[%s],\"payload\":[{\"contentString\":\"yes\"}]}"
                  .formatted(ref("Communication/" + thread)));
      assertNotEquals("unknown-reference", answer.reason(), answer.body());
    }
    hidden("Practitioner/specialist", "Patient/anna", "RelatedPerson/nephew");
    hidden("Practitioner/stranger", "Patient/bert");
    put(
        "PractitionerRole/clerk",
        "\"active\":false,\"practitioner\":" + ref("Practitioner/stranger"));
    CLOCK.forward(Duration.ofSeconds(5));
    hidden("Practitioner/stranger", "Patient/anna", "RelatedPerson/nephew");
  }

  @Test
  void a_role_and_a_pool_see_what_is_sent_to_them() {
    put("HealthcareService/desk", "\"active\":true");
    put(
        "PractitionerRole/clerk",
        "\"active\":true,\"practitioner\":%s,\"healthcareService\":[%s]"
            .formatted(ref("Practitioner/stranger"), ref("HealthcareService/desk")));
    thread("thread", "patient-facing", "Patient/anna", "HealthcareService/desk", "Practitioner/gp");
    sees("Practitioner/stranger", "Communication/thread");
    put(
        "PractitionerRole/clerk",
        "\"active\":false,\"practitioner\":" + ref("Practitioner/stranger"));
    // The end of a role ends the login as well; this is a new one.
    CLOCK.forward(Duration.ofSeconds(5));
    hidden("Practitioner/stranger", "Communication/thread", "Communication/thread-m1");
  }

  @Test
  void a_parent_sees_a_child_s_threads_less_at_twelve_and_nothing_at_eighteen() {
    String born =
        CLOCK
            .instant()
            .atOffset(ZoneOffset.UTC)
            .minusYears(12)
            .plusDays(1)
            .toLocalDate()
            .toString();
    put("Patient/anna", "\"birthDate\":\"" + born + "\"");
    put("RelatedPerson/mother", "\"active\":true,\"patient\":" + ref("Patient/anna"));
    thread("plain", "patient-facing", "Practitioner/gp", "Patient/anna");
    String about =
        "\"subject\":%s,%s,\"topic\":{\"coding\":[{\"code\":\"sexual-health\"}]}"
            .formatted(ref("Patient/anna"), category("patient-facing"));
    with("topical", about, "Practitioner/gp", "Patient/anna", "RelatedPerson/mother");
    String restricted =
        "\"subject\":%s,%s,\"meta\":{\"security\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/v3-Confidentiality\",\"code\":\"R\"}]}"
            .formatted(ref("Patient/anna"), category("patient-facing"));
    with("secret", restricted, "Practitioner/gp", "Patient/anna");
    sees("RelatedPerson/mother", "Communication/plain", "Communication/topical");
    hidden("RelatedPerson/mother", "Communication/secret", "Communication/secret-m1");
    with(
        "mixed",
        about.replace("sexual", "dental"),
        "Practitioner/gp",
        "Patient/anna",
        "RelatedPerson/mother");
    for (String who : new String[] {"Practitioner/gp", "RelatedPerson/mother"}) {
      put(
          "Communication/restricted-" + who.replace('/', '-'),
          "\"status\":\"completed\",\"partOf\":[%s],\"subject\":%s,\"sender\":%s,\"meta\":{\"security\":[{\"code\":\"R\"}]},\"payload\":[{\"contentString\":\"hidden words\"}]"
              .formatted(ref("Communication/mixed"), ref("Patient/anna"), ref(who)));
    }
    String own = "Communication/restricted-RelatedPerson-mother";
    String kept = "Communication/restricted-Practitioner-gp";
    hidden("RelatedPerson/mother", kept);
    assertEquals(200, asUser("RelatedPerson/mother").get("Communication/mixed-m1").status());
    assertEquals(200, asUser("RelatedPerson/mother").get(own).status());
    for (String who : new String[] {"Patient/anna", "Practitioner/gp"}) {
      assertEquals(200, asUser(who).get(kept).status(), who);
    }
    CLOCK.forward(Duration.ofSeconds(2 * 86_400));
    sees("RelatedPerson/mother", "Communication/plain");
    hidden("RelatedPerson/mother", "Communication/topical", "Communication/topical-m1");
    sees("Patient/anna", "Communication/topical", "Communication/secret");
    CLOCK.forward(Duration.ofSeconds(6 * 366L * 86_400));
    hidden("RelatedPerson/mother", "Communication/plain", "Communication/plain-m1", "Patient/anna");
  }

  @Test
  void a_grown_up_s_proxy_needs_their_consent_and_a_court_order_wins() {
    put("RelatedPerson/son", "\"active\":true,\"patient\":" + ref("Patient/anna"));
    thread("thread", "patient-facing", "Practitioner/gp", "Patient/anna");
    hidden("RelatedPerson/son", "Communication/thread", "Communication/thread-m1");
    String consent =
        """
        "status":"%s","scope":{"text":"privacy"},"category":[{"text":"sharing"}],"patient":%s,
        "policyRule":{"text":"opt-in"},"provision":{"type":"%s","actor":[{"role":{"text":"proxy"},"reference":%s}]}"""
            .replace("\n", "");
    String signed = ",\"sourceReference\":" + ref("DocumentReference/form");
    String form =
        "\"status\":\"%s\",\"subject\":%s,\"content\":[{\"attachment\":{\"url\":\"https://example.org/form\",\"hash\":\"YQ==\"}}]";
    put("DocumentReference/form", form.formatted("current", ref("Patient/anna")));
    String permit =
        consent.formatted("active", ref("Patient/anna"), "permit", ref("RelatedPerson/son"));
    // Not in writing: nothing.
    put("Consent/share", permit);
    hidden("RelatedPerson/son", "Communication/thread", "Communication/thread-m1");
    put("Consent/share", permit + signed);
    sees("RelatedPerson/son", "Communication/thread");
    put("DocumentReference/form", form.formatted("entered-in-error", ref("Patient/anna")));
    hidden("RelatedPerson/son", "Communication/thread", "Communication/thread-m1");
    put("DocumentReference/form", form.formatted("current", ref("Patient/anna")));
    sees("RelatedPerson/son", "Communication/thread");
    put(
        "Consent/court",
        consent.formatted("active", ref("Patient/anna"), "deny", ref("RelatedPerson/son")));
    hidden("RelatedPerson/son", "Communication/thread", "Communication/thread-m1");
    put(
        "Consent/court",
        consent.formatted("inactive", ref("Patient/anna"), "deny", ref("RelatedPerson/son")));
    sees("RelatedPerson/son", "Communication/thread");
    put(
        "Consent/share",
        consent.formatted("inactive", ref("Patient/anna"), "permit", ref("RelatedPerson/son")));
    hidden("RelatedPerson/son", "Communication/thread", "Communication/thread-m1");
  }

  @Test
  void merged_records_are_one_and_part_again_exactly() {
    put("Patient/anna2", "\"birthDate\":\"1980-05-01\"");
    thread("thread", "patient-facing", "Practitioner/gp", "Patient/anna");
    hidden("Patient/anna2", "Communication/thread", "Communication/thread-m1");
    put(
        "Patient/anna2",
        "\"link\":[{\"other\":%s,\"type\":\"replaced-by\"}]".formatted(ref("Patient/anna")));
    sees("Patient/anna2", "Communication/thread");
    put(
        "Encounter/e",
        "\"status\":\"in-progress\",\"class\":{\"code\":\"IMP\"},\"subject\":%s,\"participant\":[{\"individual\":%s}]"
            .formatted(ref("Patient/anna2"), ref("Practitioner/stranger")));
    sees("Practitioner/stranger", "Communication/thread");
    put("Patient/anna2", "\"birthDate\":\"1980-05-01\"");
    hidden("Patient/anna2", "Communication/thread", "Communication/thread-m1");
    hidden("Practitioner/stranger", "Communication/thread", "Communication/thread-m1");
    sees("Practitioner/gp", "Communication/thread");
  }

  @Test
  void a_search_by_one_of_two_merged_records_finds_what_is_in_the_other() {
    String number = "\"identifier\":[{\"system\":\"urn:mrn\",\"value\":\"%s\"}]";
    put("Patient/anna2", number.formatted("n2"));
    thread("thread", "patient-facing", "Practitioner/gp", "Patient/anna");
    thread("staff", "staff-only", "Practitioner/gp", "Practitioner/nurse");
    String[] ways = {
      "Communication?patient=%s",
      "Communication?subject=Patient/%s&_sort=sent",
      "Communication?subject:Patient=%s&_total=accurate",
      "Communication?recipient=Patient/%s&sent=ge2000",
      "Communication?part-of=Communication/thread&patient=%s",
      "Patient/%s/Communication",
      "Patient/%s/Communication?_sort=_id",
      "Patient/%s/*",
      "Communication?patient.identifier=urn:mrn|n2",
      "Communication?part-of=Communication/thread&subject:Patient.identifier=urn:mrn|n2",
    };
    for (String merge : new String[] {"replaced-by", "replaces", ""}) {
      String link =
          merge.isEmpty()
              ? ""
              : ",\"link\":[{\"other\":%s,\"type\":\"%s\"}]".formatted(ref("Patient/anna"), merge);
      put("Patient/anna2", number.formatted("n2") + link);
      for (TestServer who : new TestServer[] {system, asUser("Practitioner/gp")}) {
        for (String way : ways) {
          String path = way.formatted("anna2");
          TestServer.Reply reply = who.get(path);
          assertEquals(200, reply.status(), reply.body());
          assertEquals(
              !merge.isEmpty(), reply.body().contains("\"thread-m1\""), merge + " " + path);
          assertFalse(path.contains("Patient/anna2/") && reply.body().contains("\"staff\""), path);
        }
      }
      int inBoth = merge.isEmpty() ? 0 : 2;
      String counted = "Patient/anna2/Communication?_summary=count";
      assertEquals(inBoth, system.get(counted).json().at("/total").asInt(), merge);
      // Who sees neither record finds nothing by the other one's name.
      for (String way : ways) {
        String found = asUser("Practitioner/stranger").get(way.formatted("anna2")).body();
        assertFalse(found.contains("fullUrl"), way + found);
      }
    }
  }

  @Test
  void events_are_numbered_for_those_who_may_see_them_only() {
    String subscription =
        """
        {"resourceType":"Subscription","status":"requested","reason":"t","criteria":"Communication?",
         "channel":{"type":"websocket","payload":"application/fhir+json"}}""";
    String gp = asUser("Practitioner/gp").post("Subscription", subscription).id();
    TestServer.Reply made = asUser("Practitioner/stranger").post("Subscription", subscription);
    assertEquals(201, made.status(), made.body());
    thread("thread", "patient-facing", "Practitioner/gp", "Patient/anna");
    org.awaitility.Awaitility.await()
        .until(() -> events("Practitioner/gp", gp).contains("thread-m1"));
    assertTrue(events("Practitioner/gp", gp).contains("hidden words"));
    assertFalse(events("Practitioner/stranger", made.id()).contains("notification-event"));
    assertTrue(
        asUser("Practitioner/stranger")
            .get("Subscription/" + made.id() + "/$status")
            .body()
            .contains("\"valueString\":\"0\""));
    assertEquals(
        404, asUser("Practitioner/stranger").get("Subscription/" + gp + "/$events").status());
    // What one may see no more goes out as a number.
    put("Patient/anna", "\"birthDate\":\"1980-05-01\"");
    put(
        "Communication/thread",
        "\"status\":\"in-progress\",\"subject\":%s,%s,\"sender\":%s,\"recipient\":[%s]"
            .formatted(
                ref("Patient/anna"),
                category("patient-facing"),
                ref("Practitioner/specialist"),
                ref("Patient/anna")));
    String after = events("Practitioner/gp", gp);
    assertTrue(after.contains("notification-event"), after);
    assertFalse(after.contains("thread-m1"), after);
    assertFalse(after.contains("hidden words"), after);
  }

  private String events(String person, String id) {
    return asUser(person).get("Subscription/" + id + "/$events?content=full-resource").body();
  }

  @Test
  void nobody_refers_to_or_changes_what_they_cannot_see() {
    String named =
        "{\"resourceType\":\"Observation\",\"status\":\"final\",\"code\":{\"text\":\"x\"},\"subject\":%s}";
    TestServer stranger = asUser("Practitioner/stranger");
    TestServer.Reply unseen = stranger.post("Observation", named.formatted(ref("Patient/anna")));
    TestServer.Reply missing = stranger.post("Observation", named.formatted(ref("Patient/nobody")));
    assertEquals(422, unseen.status());
    assertEquals(outcome(missing.body(), "nobody"), outcome(unseen.body(), "anna"));
    thread("thread", "patient-facing", "Practitioner/gp", "Patient/anna");
    String body = system.get("Communication/thread-m1").body();
    assertEquals(404, stranger.put("Communication/thread-m1", body).status());
    assertEquals(404, stranger.delete("Communication/thread-m1").status());
    assertEquals(
        404,
        stranger
            .put("Communication/nothing", body.replace("\"thread-m1\"", "\"nothing\""))
            .status());
  }

  @Test
  void a_person_does_not_write_who_works_here() {
    TestServer gp = asUser("Practitioner/gp");
    for (String body :
        new String[] {
          "{\"resourceType\":\"PractitionerRole\",\"practitioner\":" + ref("Practitioner/gp") + "}",
          "{\"resourceType\":\"RelatedPerson\",\"patient\":" + ref("Patient/anna") + "}",
          "{\"resourceType\":\"Group\",\"type\":\"practitioner\",\"actual\":true}"
        }) {
      TestServer.Reply reply =
          gp.post(body.replaceAll(".*resourceType\":\"(\\w+)\".*", "$1"), body);
      assertEquals(403, reply.status(), reply.body());
    }
    String glass =
        "{\"resourceType\":\"Task\",\"status\":\"requested\",\"intent\":\"order\",\"code\":{\"coding\":[{\"system\":\"https://parley.dev/fhir/CodeSystem/task\",\"code\":\"break-glass\"}]},\"requester\":%s,\"for\":%s}"
            .formatted(ref("Practitioner/gp"), ref("Patient/anna"));
    assertEquals(403, gp.post("Task", glass).status());
    String observation =
        "{\"resourceType\":\"Observation\",\"status\":\"final\",\"code\":{\"text\":\"x\"},\"subject\":%s}"
            .formatted(ref("Patient/anna"));
    assertEquals(201, gp.post("Observation", observation).status());
    assertEquals(403, asUser("Patient/anna").post("Observation", observation).status());
  }

  @Test
  void a_token_for_one_patient_gives_that_patient_s_compartment() { // E-9
    thread("thread", "patient-facing", "Practitioner/gp", "Patient/anna");
    thread("s", "staff-only", "Practitioner/gp", "Practitioner/nurse");
    TestServer app =
        server.as(
            server.issuer().token("Practitioner/gp", "patient/*.rs", Map.of("patient", "anna")));
    assertEquals(200, app.get("Communication/thread-m1").status());
    assertEquals(404, app.get("Communication/s-m1").status());
    assertEquals(
        2, app.get("Communication?_count=1000&_total=accurate").json().path("total").asInt());
  }

  @Test
  void a_scope_with_a_query_gives_what_the_query_finds() { // E-8
    thread("thread", "patient-facing", "Practitioner/gp", "Patient/anna");
    TestServer app = server.as(server.issuer().system("system/Communication.rs?status=completed"));
    assertEquals(200, app.get("Communication/thread-m1").status());
    assertEquals(404, app.get("Communication/thread").status());
    assertEquals(1, app.get("Communication?_total=accurate").json().path("total").asInt());
  }

  @Test
  void an_analyst_reads_the_directory_and_no_records() {
    TestServer analyst =
        server.as(
            server
                .issuer()
                .token(
                    "Practitioner/gp", "user/*.rs", Map.of("roles", java.util.List.of("analyst"))));
    thread("thread", "patient-facing", "Practitioner/gp", "Patient/anna");
    for (String path :
        new String[] {
          "Communication/thread",
          "Communication?_count=1",
          "Patient/anna",
          "?_type=Patient",
          "_history"
        }) {
      assertEquals("analysts-use-views", analyst.get(path).reason(), path);
    }
    assertEquals(200, analyst.get("Practitioner/nurse").status());
  }
}
