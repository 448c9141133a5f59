// SPDX-License-Identifier: Apache-2.0
package dev.parley.broadcast;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.parley.FhirServer;
import dev.parley.TestClock;
import dev.parley.TestServer;
import dev.parley.TestServer.Reply;
import dev.parley.visibility.Doors;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class BroadcastTest {
  private static final int MANY = 75;
  private static final String CATEGORY =
      "'category':[{'coding':[{'system':'https://parley.dev/fhir/CodeSystem/communication-category','code':'broadcast'}]}]";
  private static final String ANNA = "Patient/anna";
  private static final String BEN = "Patient/ben";
  private static final String CARA = "Patient/cara";
  private static final String DOCTOR = "Practitioner/dr-a";
  private static TestClock clock;
  private static TestServer server;

  @BeforeAll
  static void start() {
    clock = new TestClock();
    server = TestServer.withLogin(Map.of(), clock);
    stored(DOCTOR, "'active':true");
    stored("Practitioner/dr-b", "'active':true");
    for (String patient : List.of("anna", "ben", "cara")) {
      stored(
          "Patient/" + patient,
          "'active':true,'generalPractitioner':[{'reference':'Practitioner/dr-a'},{'reference':'Practitioner/dr-b'}]");
    }
    consent("anna");
    consent("ben");
    stored("Group/flu", group(ANNA, BEN, CARA));
    String[] staff =
        IntStream.range(0, MANY).mapToObj(i -> "Practitioner/n" + i).toArray(String[]::new);
    String entries =
        List.of(staff).stream()
            .map(
                n ->
                    "{'resource':{'resourceType':'Practitioner','id':'%s','active':true},'request':{'method':'PUT','url':'%s'}}"
                        .formatted(n.substring(n.indexOf('/') + 1), n))
            .collect(Collectors.joining(","));
    Reply loaded =
        system()
            .post(
                "",
                json(
                    "'resourceType':'Bundle','type':'transaction','entry':[%s]"
                        .formatted(entries)));
    assertEquals(200, loaded.status(), loaded.body());
    stored("Group/nurses", group(staff));
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static String group(String... members) {
    return "'type':'person','actual':true,'active':true,'member':["
        + List.of(members).stream()
            .map(m -> "{'entity':{'reference':'" + m + "'}}")
            .collect(Collectors.joining(","))
        + "]";
  }

  private static void consent(String patient) {
    stored(
        "Consent/c-" + patient,
        "'status':'active','scope':{'coding':[{'system':'http://terminology.hl7.org/CodeSystem/consentscope','code':'patient-privacy'}]},'category':[{'coding':[{'system':'https://parley.dev/fhir/CodeSystem/consent-kind','code':'secure-messaging'}]}],'patient':{'reference':'Patient/%s'},'dateTime':'2026-01-10','policyRule':{'coding':[{'system':'http://terminology.hl7.org/CodeSystem/v3-ActCode','code':'OPTIN'}]},'sourceAttachment':{'contentType':'text/plain','data':'SSBhZ3JlZQ==','hash':'%s'}"
            .formatted(patient, "ahUaZ7dShG2hqxLo4nTLpdbsl4w="));
  }

  private static void stored(String reference, String elements) {
    String[] parts = reference.split("/");
    Reply reply =
        system()
            .put(
                reference,
                json("'resourceType':'%s','id':'%s',%s".formatted(parts[0], parts[1], elements)));
    assertTrue(reply.status() < 300, reply.body());
  }

  private static String json(String inQuotes) {
    return "{" + inQuotes.replace('\'', '"') + "}";
  }

  private static TestServer system() {
    Map<String, Object> claims = times(Map.of("sub", "backend", "client_id", "backend"));
    return server.as(server.issuer().sign(server.issuer().claims("system/*.cruds", claims)));
  }

  private static TestServer as(String who) {
    return server.as(
        server
            .issuer()
            .token(who, "user/*.cruds", times(Map.of("roles", List.of("clinician"), "acr", "3"))));
  }

  private static Map<String, Object> times(Map<String, Object> more) {
    Map<String, Object> claims = new HashMap<>(more);
    claims.put("iat", clock.instant());
    claims.put("exp", clock.instant().plusSeconds(3_600));
    claims.put("auth_time", clock.instant().getEpochSecond());
    return claims;
  }

  private static String request(String to, String more) {
    return json(
        "'resourceType':'CommunicationRequest','status':'active',%s,'recipient':[{'reference':'%s'}],'payload':[{'contentString':'Flu shots from Monday'}]%s"
            .formatted(CATEGORY, to, more));
  }

  private static String begun(String who, String body) {
    Reply reply = as(who).post("CommunicationRequest", body);
    assertEquals(201, reply.status(), reply.body());
    return "CommunicationRequest/" + reply.id();
  }

  private static JsonNode progress(String request) {
    Reply reply = as(DOCTOR).get(request + "/$progress");
    assertEquals(200, reply.status(), reply.body());
    return reply.json();
  }

  private static int count(JsonNode progress, String name) {
    for (JsonNode each : progress.path("parameter")) {
      if (each.path("name").asText().equals(name)) {
        return each.path("valueInteger").asInt();
      }
    }
    throw new AssertionError(progress.toString());
  }

  /** A part of what is said of one recipient. */
  private static String of(JsonNode progress, String who, String part) {
    for (JsonNode each : progress.path("parameter")) {
      if (each.at("/part/0/valueReference/reference").asText().equals(who)) {
        for (JsonNode one : each.path("part")) {
          if (one.path("name").asText().equals(part)) {
            return one.path(part.equals("message") ? "valueReference" : "valueCode")
                + one.path("valueInstant").asText();
          }
        }
      }
    }
    return "";
  }

  private static String message(JsonNode progress, String who) {
    return of(progress, who, "message").replaceAll(".*(Communication/[^\"]+).*", "$1");
  }

  @Test
  void each_has_a_message_of_their_own_and_hears_of_nobody_else() {
    String request = begun(DOCTOR, request("Group/flu", ""));
    server.runDue();
    JsonNode progress = progress(request);
    assertEquals(3, count(progress, "total"));
    assertEquals(2, count(progress, "sent"));
    assertEquals(1, count(progress, "refused"));
    assertEquals("\"consent-missing\"", of(progress, CARA, "reason"));
    assertEquals("completed", as(DOCTOR).get(request).json().path("status").asText());
    String annas = message(progress, ANNA);
    String bens = message(progress, BEN);

    JsonNode hers = as(ANNA).get(annas).json();
    assertEquals("Flu shots from Monday", hers.at("/payload/0/contentString").asText());
    assertEquals(ANNA, hers.at("/subject/reference").asText());
    assertEquals(1, hers.path("recipient").size());
    assertEquals(Set.of(), Doors.of(as(ANNA), ANNA).open(bens));
    assertEquals(Set.of(), Doors.of(as(ANNA), ANNA).open(request));
    assertEquals(Set.of(), Doors.of(as(BEN), BEN).open(annas));
    assertEquals(Set.of(), Doors.of(as(CARA), CARA).open(annas));
    assertEquals(Set.of(), Doors.of(as("Practitioner/dr-b"), "Practitioner/dr-b").open(request));
    assertEquals(404, as(ANNA).get(request + "/$progress").status());
    assertEquals(404, as(ANNA).get("Group/flu").status());
    String found =
        as(ANNA)
            .get(
                "Communication?based-on="
                    + request
                    + "&_include=*&_revinclude=Communication:part-of")
            .body();
    assertTrue(found.contains(annas.substring(14)), found);
    assertFalse(
        found.contains("ben")
            || found.contains("cara")
            || found.contains("\"CommunicationRequest\""),
        found);

    // What she answers goes to its sender alone.
    String thread = hers.at("/partOf/0/reference").asText();
    Reply answer =
        as(ANNA)
            .post(
                "Communication",
                json(
                    "'resourceType':'Communication','status':'in-progress','inResponseTo':[{'reference':'%s'}],'payload':[{'contentString':'I come'}]"
                        .formatted(annas)));
    assertEquals(201, answer.status(), answer.body());
    assertEquals(thread, answer.json().at("/partOf/0/reference").asText());
    assertEquals(Set.of(), Doors.of(as(BEN), BEN).open("Communication/" + answer.id()));
    assertEquals(200, as(DOCTOR).get("Communication/" + answer.id()).status());

    assertEquals(
        200, as(ANNA).post(thread + "/$mark-read", json("'resourceType':'Parameters'")).status());
    JsonNode later = progress(request);
    assertEquals(1, count(later, "read"));
    assertFalse(of(later, ANNA, "read").isEmpty());
    assertEquals("", of(later, BEN, "read"));
    JsonNode refused = as(DOCTOR).get(request + "/$progress?state=refused").json();
    assertEquals("", of(refused, ANNA, "state"));
    assertEquals("\"refused\"", of(refused, CARA, "state"));
  }

  @Test
  void many_get_it_once_though_two_servers_send_and_one_dies_between() throws Exception {
    String request = begun(DOCTOR, request("Group/nurses", ""));
    String id = request.substring(request.indexOf('/') + 1);
    try (FhirServer other = FhirServer.start(server.config(), clock);
        Connection connection = other.wiring().database().connection();
        Statement sql = connection.createStatement()) {
      CompletableFuture<Void> there =
          CompletableFuture.runAsync(() -> other.wiring().agenda().runDue());
      server.runDue();
      there.get();
      assertEquals(MANY, count(progress(request), "sent"));
      assertEquals(2 * MANY, communications(sql, id));
      // What is left when a server dies after a message is there and before that is noted.
      sql.execute(
          "update broadcast_recipient set state = 'waiting' where broadcast = '%s' and place %% 5 = 0"
              .formatted(id));
      sql.execute(
          "update resource set body = replace(body, '\"completed\"', '\"active\"') where id = '%s'"
              .formatted(id));
      assertEquals(MANY / 5, count(progress(request), "waiting"));
      other.wiring().agenda().at(connection, "broadcast", id, clock.instant());
      server.runDue();
      assertEquals(MANY, count(progress(request), "sent"));
      assertEquals(2 * MANY, communications(sql, id));
      assertEquals(
          MANY,
          as(DOCTOR)
              .get("Communication?based-on=" + request + "&_summary=count")
              .json()
              .path("total")
              .asInt());
    }
  }

  private static int communications(Statement sql, String id) throws SQLException {
    try (ResultSet row =
        sql.executeQuery(
            "select count(*) from resource where type = 23 and id in (select unnest(array[thread, message]) from broadcast_recipient where broadcast = '%s')"
                .formatted(id))) {
      row.next();
      return row.getInt(1);
    }
  }

  @Test
  void it_waits_for_its_time_and_what_has_not_gone_out_can_be_revoked() {
    String at = clock.instant().plus(Duration.ofMinutes(30)).toString();
    String request = begun(DOCTOR, request(ANNA, ",'occurrenceDateTime':'" + at + "'"));
    server.runDue();
    assertEquals(1, count(progress(request), "waiting"));
    Reply read = as(DOCTOR).get(request);
    Reply other = as(DOCTOR).put(request, read.body().replace("Monday", "Tuesday"));
    assertEquals("sent-is-final", other.reason(), other.body());
    assertEquals("sent-is-final", as(DOCTOR).delete(request).reason());
    Reply revoked = as(DOCTOR).put(request, read.body().replace("\"active\"", "\"revoked\""));
    assertEquals(200, revoked.status(), revoked.body());
    clock.forward(Duration.ofMinutes(31));
    server.runDue();
    assertEquals(1, count(progress(request), "revoked"));
    assertEquals(0, count(progress(request), "sent"));

    String draft = begun(DOCTOR, request(ANNA, "").replace("\"active\"", "\"draft\""));
    server.runDue();
    assertEquals(0, count(progress(draft), "total"));
    Reply active =
        as(DOCTOR).put(draft, as(DOCTOR).get(draft).body().replace("\"draft\"", "\"active\""));
    assertEquals(200, active.status(), active.body());
    server.runDue();
    assertEquals(1, count(progress(draft), "sent"));
  }

  @Test
  void it_is_sent_by_staff_in_their_own_name_to_somebody() {
    assertEquals(403, as(ANNA).post("CommunicationRequest", request(ANNA, "")).status());
    Reply name =
        as(DOCTOR)
            .post(
                "CommunicationRequest",
                request(ANNA, ",'sender':{'reference':'Practitioner/dr-b'}"));
    assertEquals("not-the-sender", name.reason(), name.body());
    stored("Group/empty", "'type':'person','actual':true,'active':true");
    Reply nobody = as(DOCTOR).post("CommunicationRequest", request("Group/empty", ""));
    assertEquals("no-recipient", nobody.reason(), nobody.body());
    Reply unknown = as(DOCTOR).post("CommunicationRequest", request("Group/none", ""));
    assertEquals("unknown-reference", unknown.reason(), unknown.body());
    assertTrue(unknown.body().contains("Group/none"), unknown.body());
    Reply about =
        as(DOCTOR)
            .post("CommunicationRequest", request(BEN, ",'subject':{'reference':'Patient/anna'}"));
    assertEquals("subject-of-broadcast", about.reason(), about.body());
    // Without the category it is a request like any other: kept, and sent by nobody.
    String plain = begun(DOCTOR, request(ANNA, "").replace("\"broadcast\"", "\"other\""));
    server.runDue();
    assertEquals(0, count(progress(plain), "total"));
  }

  @Test
  void a_copy_that_is_recalled_is_gone_for_its_reader_and_for_nobody_else() {
    String request = begun(DOCTOR, request("Group/flu", ""));
    server.runDue();
    String annas = message(progress(request), ANNA);
    String bens = message(progress(request), BEN);
    Reply recalled = as(DOCTOR).post(annas + "/$recall", json("'resourceType':'Parameters'"));
    assertEquals(200, recalled.status(), recalled.body());
    String about = "Communication?based-on=" + request;
    for (String door : List.of(annas, annas + "/_history", about, about + "&_include=*")) {
      assertFalse(as(ANNA).get(door).body().contains("Flu shots"), door);
    }
    assertTrue(as(BEN).get(bens).body().contains("Flu shots"));
    assertEquals(2, count(progress(request), "sent"));
  }
}
