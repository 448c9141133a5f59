// SPDX-License-Identifier: Apache-2.0
package dev.parley.reach;

import static dev.parley.expectation.Clinic.LEAD;
import static dev.parley.expectation.Clinic.NURSE;
import static dev.parley.expectation.Clinic.ONCALL;
import static dev.parley.expectation.Clinic.OTHER;
import static dev.parley.expectation.Clinic.SERVICE;
import static dev.parley.expectation.Clinic.STRANGER;
import static dev.parley.expectation.Clinic.owner;
import static dev.parley.expectation.Clinic.parameters;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.util.Base64URL;
import dev.parley.FhirServer;
import dev.parley.TestServer.Reply;
import dev.parley.config.Config;
import dev.parley.expectation.Clinic;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What becomes of messages that reach nobody. */
class UnreachedTest {
  private static final String STAT = ",'priority':'stat'";
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static PushService pushes;
  private static Clinic clinic;
  private static String keys;

  /** As common tools print a pair: the point, uncompressed, and the private number. */
  private static String pair() {
    try {
      ECKey pair = new ECKeyGenerator(Curve.P_256).generate();
      byte[] point = new byte[65];
      point[0] = 4;
      System.arraycopy(pair.getX().decode(), 0, point, 1, 32);
      System.arraycopy(pair.getY().decode(), 0, point, 33, 32);
      return Base64URL.encode(point) + "," + pair.getD();
    } catch (JOSEException e) {
      throw new IllegalStateException(e);
    }
  }

  @BeforeAll
  static void start() {
    pushes = new PushService();
    keys = pair();
    clinic =
        new Clinic(
            Map.of(
                "PARLEY_VAPID_SUBJECT",
                "mailto:it@hospital.example",
                "PARLEY_VAPID_KEYS",
                keys,
                "PARLEY_IDENTITY_LEVELS",
                "greeting=0,scheduling=0,clinical=0,sensitive=3"));
    for (String who : List.of(NURSE, ONCALL, LEAD, OTHER, STRANGER)) {
      clinic
          .as(who)
          .post(
              "Communication/$push-subscribe",
              parameters(
                  "endpoint", "'valueUrl':'" + pushes.endpoint(who.substring(13)) + "'",
                  "p256dh",
                      "'valueString':'BNcRdreALRFXTkOOUHK1EtK2wtaz5Ry4YfYCA_0QTpQtUbVlUls0VJXg7A8u-Ts1XbjhazAkj7I99e8QcYP7DkM'",
                  "auth", "'valueString':'tBHItJI5svbpez7KI4CCXg'"));
    }
  }

  @AfterAll
  static void stop() {
    clinic.close();
    pushes.close();
  }

  private static String thread(String patient) {
    return clinic.thread(clinic.patient(patient), NURSE, STRANGER);
  }

  /** A stat message of the stranger to the nurse. */
  private static String stat(String thread) {
    Reply sent =
        clinic.said(STRANGER, thread, STAT + ",'recipient':[{'reference':'" + NURSE + "'}]");
    return "Communication/" + sent.id();
  }

  private static void minutes(int minutes) {
    clinic.forward(Duration.ofMinutes(minutes));
    clinic.forward(SECOND);
  }

  private static JsonNode alarm(String message) {
    List<JsonNode> all = clinic.tasks("unreached", message);
    assertEquals(1, all.size(), all.toString());
    return all.get(0);
  }

  private static List<String> asked(String message) {
    return clinic.tasks("stand-in", message).stream()
        .map(Clinic::owner)
        .collect(Collectors.toList());
  }

  private static String reason(JsonNode task) {
    return task.at("/statusReason/coding/0/code").asText();
  }

  private static void delivered(String who, String message) {
    assertEquals(200, clinic.as(who).get(message).status());
    await().until(() -> clinic.system().get(message).body().contains("\"delivered\""));
  }

  @Test
  void a_stat_message_that_no_device_has_steps_the_ladder_and_tells_its_sender() {
    String message = stat(thread("undelivered"));
    minutes(1);
    assertEquals(List.of(), clinic.tasks("unreached", message));
    int before = pushes.of("stranger").size();
    minutes(1);
    JsonNode alarm = alarm(message);
    assertEquals(STRANGER, owner(alarm));
    assertEquals("undelivered", reason(alarm));
    assertEquals(NURSE, alarm.at("/input/0/valueReference/reference").asText());
    assertEquals(List.of(ONCALL), asked(message));
    String reference = "Task/" + alarm.path("id").asText();
    assertEquals(200, clinic.as(STRANGER).get(reference).status(), "they see it");
    assertEquals(404, clinic.as("Patient/undelivered").get(reference).status());
    assertEquals(200, clinic.as(ONCALL).get(message).status(), "who is asked sees the message");
    clinic.forward(Duration.ofSeconds(7));
    clinic.forward(Duration.ofSeconds(3));
    assertTrue(pushes.of("stranger").size() > before, "the sender is pushed to");
    minutes(3);
    assertEquals("unacknowledged", reason(alarm(message)));
    assertEquals(List.of(ONCALL, LEAD), asked(message));
    minutes(60);
    assertEquals(2, asked(message).size());
    Reply done = clinic.as(NURSE).post(message + "/$acknowledge", parameters());
    assertEquals(200, done.status(), done.body());
    clinic.forward(SECOND);
    assertEquals("completed", alarm(message).path("status").asText());
    for (JsonNode each : clinic.tasks("stand-in", message)) {
      assertEquals("cancelled", each.path("status").asText());
    }
  }

  @Test
  void one_that_was_delivered_waits_for_its_acknowledgement() {
    String message = stat(thread("delivered"));
    delivered(NURSE, message);
    minutes(2);
    assertEquals(List.of(), clinic.tasks("unreached", message));
    minutes(3);
    assertEquals("unacknowledged", reason(alarm(message)));
    assertEquals(List.of(ONCALL), asked(message));

    String other = stat(thread("acknowledged"));
    delivered(NURSE, other);
    clinic.as(NURSE).post(other + "/$acknowledge", parameters());
    minutes(10);
    assertEquals(List.of(), clinic.tasks("unreached", other));

    String recalled = stat(thread("recalled"));
    minutes(3);
    clinic.as(STRANGER).post(recalled + "/$recall", parameters());
    minutes(10);
    assertEquals("cancelled", alarm(recalled).path("status").asText());
    assertEquals(1, asked(recalled).size());

    Reply routine = clinic.said(STRANGER, "Communication/t-delivered", ",'priority':'urgent'");
    minutes(10);
    assertEquals(List.of(), clinic.tasks("unreached", "Communication/" + routine.id()));
  }

  @Test
  void whoever_is_asked_takes_it_or_declines_and_the_next_is_asked_at_once() {
    String message = stat(thread("declined"));
    minutes(2);
    String first = clinic.tasks("stand-in", message).get(0).path("id").asText();
    Reply no = clinic.as(ONCALL).post("Task/" + first + "/$decline", parameters());
    assertEquals(200, no.status(), no.body());
    clinic.forward(SECOND);
    assertEquals(List.of(ONCALL, LEAD), asked(message));
    String second =
        clinic.tasks("stand-in", message).stream()
            .filter(t -> owner(t).equals(LEAD))
            .findFirst()
            .get()
            .path("id")
            .asText();
    assertEquals(200, clinic.as(LEAD).post("Task/" + second + "/$accept", parameters()).status());
    clinic.forward(SECOND);
    assertEquals("completed", alarm(message).path("status").asText());
    minutes(60);
    assertEquals(2, asked(message).size());
  }

  @Test
  void where_nobody_can_be_asked_the_sender_is_told_so() {
    String thread = clinic.thread(clinic.patient("nobody"), STRANGER, NURSE);
    Reply sent =
        clinic.said(NURSE, thread, STAT + ",'recipient':[{'reference':'" + STRANGER + "'}]");
    String message = "Communication/" + sent.id();
    minutes(6);
    JsonNode alarm = alarm(message);
    assertEquals(NURSE, owner(alarm));
    assertEquals("nobody-reachable", Clinic.state(alarm));
    assertEquals(List.of(), asked(message));
    minutes(60);
    alarm(message);
  }

  @Test
  void two_nodes_ask_once() {
    String message = stat(thread("nodes"));
    try (FhirServer second = FhirServer.start(clinic.server.config(), clinic.clock)) {
      String id = message.substring("Communication/".length());
      clinic.clock.forward(Duration.ofMinutes(2));
      second.wiring().agenda().runDue();
      clinic.server.runDue();
      try (java.sql.Connection connection =
          clinic.server.server().wiring().database().connection()) {
        // As after a crash behind the write: it is due again.
        clinic
            .server
            .server()
            .wiring()
            .agenda()
            .at(connection, "unreached", id, clinic.clock.instant());
      } catch (java.sql.SQLException e) {
        throw new IllegalStateException(e);
      }
      second.wiring().agenda().runDue();
    }
    alarm(message);
    assertEquals(List.of(ONCALL), asked(message));
  }

  @Test
  void what_a_patient_does_not_read_in_two_days_is_work_for_the_senders_pool() {
    String patient = clinic.patient("unread");
    String thread = clinic.thread(patient, NURSE);
    clinic.said(NURSE, thread, "");
    clinic.forward(Duration.ofHours(1));
    clinic.said(NURSE, thread, "");
    String read = clinic.thread(clinic.patient("reads"), NURSE);
    clinic.said(NURSE, read, "");
    clinic.forward(Duration.ofSeconds(10));
    assertEquals(200, clinic.as("Patient/reads").post(read + "/$mark-read", parameters()).status());
    clinic.forward(Duration.ofHours(46));
    assertEquals(List.of(), clinic.tasks("unread-by-patient", thread));
    clinic.forward(Duration.ofHours(2));
    clinic.forward(Duration.ofHours(2));
    List<JsonNode> tasks = clinic.tasks("unread-by-patient", thread);
    assertEquals(1, tasks.size(), "one for the thread: " + tasks);
    assertEquals(SERVICE, owner(tasks.get(0)));
    assertEquals(patient, tasks.get(0).at("/for/reference").asText());
    String task = "Task/" + tasks.get(0).path("id").asText();
    assertEquals(200, clinic.as(OTHER).get(task).status(), "of the pool");
    assertEquals(404, clinic.as(patient).get(task).status());
    assertEquals(404, clinic.as(STRANGER).get(task).status());
    assertEquals(List.of(), clinic.tasks("unread-by-patient", read));
    assertEquals(200, clinic.as(patient).post(thread + "/$mark-read", parameters()).status());
    clinic.forward(Duration.ofMinutes(11));
    clinic.forward(Duration.ofMinutes(1));
    assertEquals(
        "completed", clinic.tasks("unread-by-patient", thread).get(0).path("status").asText());
  }

  private static String only(String who) {
    return STAT + ",'recipient':[{'reference':'" + who + "'}]";
  }

  @Test
  void a_stat_message_that_reaches_no_patient_tells_its_sender_and_asks_their_people() {
    String patient = clinic.patient("stat");
    String thread = clinic.thread(patient, NURSE);
    String message = "Communication/" + clinic.said(NURSE, thread, only(patient)).id();
    minutes(2);
    JsonNode alarm = alarm(message);
    assertEquals(NURSE, owner(alarm));
    assertEquals("undelivered", reason(alarm));
    assertEquals(patient, alarm.at("/input/0/valueReference/reference").asText());
    assertEquals(404, clinic.as(patient).get("Task/" + alarm.path("id").asText()).status());
    assertEquals(List.of(ONCALL), asked(message), "of the sender's service: a patient has none");
    assertEquals(200, clinic.as(patient).post(message + "/$acknowledge", parameters()).status());
    clinic.forward(SECOND);
    assertEquals("completed", alarm(message).path("status").asText());
  }

  @Test
  void a_proxy_who_does_not_acknowledge_is_told_of_as_well() {
    String patient = clinic.patient("child");
    clinic.stored(patient, "'active':true,'birthDate':'2024-01-01'");
    clinic.stored(
        "RelatedPerson/mother", "'active':true,'patient':{'reference':'%s'}".formatted(patient));
    String thread = clinic.thread(patient, NURSE, "RelatedPerson/mother");
    String message =
        "Communication/" + clinic.said(NURSE, thread, only("RelatedPerson/mother")).id();
    delivered("RelatedPerson/mother", message);
    minutes(3);
    assertEquals(List.of(), clinic.tasks("unreached", message));
    minutes(3);
    JsonNode alarm = alarm(message);
    assertEquals("unacknowledged", reason(alarm));
    assertEquals("RelatedPerson/mother", alarm.at("/input/0/valueReference/reference").asText());
  }

  @Test
  void the_work_of_an_unread_message_is_shared_as_all_work_is() {
    String patient = clinic.patient("unread-work");
    String thread = clinic.thread(patient, NURSE);
    clinic.said(NURSE, thread, "");
    clinic.forward(Duration.ofHours(49));
    clinic.forward(Duration.ofMinutes(2));
    String task = "Task/" + clinic.tasks("unread-by-patient", thread).get(0).path("id").asText();
    Reply claimed = clinic.as(OTHER).post(task + "/$claim", parameters());
    assertEquals(OTHER, owner(claimed.json()), claimed.body());
    assertEquals("claimed", Clinic.state(claimed.json()));
    assertEquals("taken", clinic.as(NURSE).post(task + "/$claim", parameters()).reason());
    assertEquals(
        "use-the-operations",
        clinic.as(OTHER).put(task, claimed.body().replace("in-progress", "completed")).reason());
    assertEquals(200, clinic.as(OTHER).post(task + "/$release", parameters()).status());
    assertEquals(SERVICE, owner(clinic.system().get(task).json()));
    Reply ended =
        clinic
            .as(NURSE)
            .post(task + "/$complete", parameters("reason", "'valueString':'Rang them'"));
    assertEquals("completed", ended.json().path("status").asText(), ended.body());
    clinic.forward(Duration.ofMinutes(11));
    clinic.forward(Duration.ofMinutes(1));
    assertEquals(1, clinic.tasks("unread-by-patient", thread).size(), "not opened again for it");
  }

  @Test
  void text_that_waits_for_an_identity_has_reached_nobody_and_is_told_to_nobody() {
    String patient = clinic.patient("withheld");
    String thread = clinic.thread(patient, NURSE);
    clinic
        .as(patient)
        .post(
            "Communication/$push-subscribe",
            parameters(
                "endpoint", "'valueUrl':'" + pushes.endpoint("withheld") + "'",
                "p256dh",
                    "'valueString':'BNcRdreALRFXTkOOUHK1EtK2wtaz5Ry4YfYCA_0QTpQtUbVlUls0VJXg7A8u-Ts1XbjhazAkj7I99e8QcYP7DkM'",
                "auth", "'valueString':'tBHItJI5svbpez7KI4CCXg'"));
    String message =
        "Communication/"
            + clinic
                .said(
                    NURSE,
                    thread,
                    only(patient)
                        + ",'category':[{'coding':[{'system':'https://parley.dev/fhir/CodeSystem/content-class','code':'sensitive'}]}]")
                .id();
    assertTrue(clinic.as(patient).get(message).body().contains("SUBSETTED"));
    clinic.as(patient).post(thread + "/$mark-read", parameters());
    minutes(2);
    assertEquals("undelivered", reason(alarm(message)));
    assertFalse(clinic.system().get(message).body().contains("\"delivered\""));
    for (String kind : List.of("unreached", "stand-in", "acknowledge")) {
      assertFalse(clinic.tasks(kind, message).toString().contains("Private words"), kind);
    }
    clinic.forward(Duration.ofSeconds(7));
    clinic.forward(Duration.ofSeconds(3));
    assertTrue(pushes.of("withheld").size() > 0, "that there is a message is told");
    pushes.of("withheld").forEach(push -> assertEquals(0, push.bytes()));
  }

  @Test
  void a_pair_of_keys_that_is_given_signs_the_pushes() {
    String point = keys.substring(0, keys.indexOf(','));
    assertTrue(clinic.as(NURSE).get("Communication/$reach").body().contains(point));
    clinic.said(STRANGER, thread("keys"), "");
    clinic.forward(Duration.ofSeconds(7));
    clinic.forward(Duration.ofSeconds(3));
    List<PushService.Received> its = pushes.of("nurse");
    assertEquals(point, its.get(its.size() - 1).key());
    for (String wrong :
        List.of(point + "," + pair().split(",")[1], point, "AAAA,AAAA", point + ",not base64url")) {
      Config config =
          clinic.server.config().with(dev.parley.config.Setting.PARLEY_VAPID_KEYS, wrong);
      String said =
          assertThrows(Config.WrongSettings.class, () -> new Vapid(config, null)).getMessage();
      assertTrue(said.contains("PARLEY_VAPID_KEYS"), said);
      assertFalse(said.contains(point), "the message shows no key");
    }
  }
}
