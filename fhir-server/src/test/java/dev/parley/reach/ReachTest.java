// SPDX-License-Identifier: Apache-2.0
package dev.parley.reach;

import static dev.parley.expectation.Clinic.NURSE;
import static dev.parley.expectation.Clinic.OTHER;
import static dev.parley.expectation.Clinic.STRANGER;
import static dev.parley.expectation.Clinic.parameters;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.icegreen.greenmail.util.GreenMail;
import com.icegreen.greenmail.util.GreenMailUtil;
import com.icegreen.greenmail.util.ServerSetup;
import dev.parley.TestServer.Reply;
import dev.parley.expectation.Clinic;
import jakarta.mail.Message;
import jakarta.mail.internet.MimeMessage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Who has no client open is told that there is a message. */
class ReachTest {
  private static final String KEY =
      "BNcRdreALRFXTkOOUHK1EtK2wtaz5Ry4YfYCA_0QTpQtUbVlUls0VJXg7A8u-Ts1XbjhazAkj7I99e8QcYP7DkM";
  private static final Duration GRACE = Duration.ofSeconds(6);
  private static final String URGENT = ",'priority':'urgent'";

  private static GreenMail mail;
  private static PushService pushes;
  private static Clinic clinic;

  @BeforeAll
  static void start() {
    mail = new GreenMail(new ServerSetup(0, "127.0.0.1", ServerSetup.PROTOCOL_SMTP).dynamicPort());
    mail.start();
    pushes = new PushService();
    clinic =
        new Clinic(
            Map.of(
                "PARLEY_SMTP", "127.0.0.1:" + mail.getSmtp().getPort(),
                "PARLEY_SMTP_TLS", "none",
                "PARLEY_EMAIL_FROM", "clinic@hospital.example",
                "PARLEY_EMAIL_URL", "https://messages.hospital.example/",
                "PARLEY_VAPID_SUBJECT", "mailto:it@hospital.example"));
  }

  @AfterAll
  static void stop() {
    clinic.close();
    pushes.close();
    mail.stop();
  }

  private static void pass(Duration time) {
    clinic.forward(time);
    // What is told in this round is sent in the next.
    clinic.forward(Duration.ofSeconds(2));
  }

  private static Reply subscribe(String who, String endpoint) {
    return clinic
        .as(who)
        .post(
            "Communication/$push-subscribe",
            parameters(
                "endpoint", "'valueUrl':'" + endpoint + "'",
                "p256dh", "'valueString':'" + KEY + "'",
                "auth", "'valueString':'tBHItJI5svbpez7KI4CCXg'"));
  }

  /** A staff member with a browser of their own name. */
  private static String staff(String id) {
    String who = clinic.stored("Practitioner/" + id, "'active':true");
    Reply reply = subscribe(who, pushes.endpoint(id));
    assertEquals(200, reply.status(), reply.body());
    return who;
  }

  private static String patient(String id, String more) {
    clinic.patient(id);
    return clinic.stored(
        "Patient/" + id,
        "'active':true,'telecom':[{'system':'email','value':'%s@home.example'}]%s"
            .formatted(id, more));
  }

  private static Reply set(String who, String... namesAndValues) {
    Reply reply = clinic.as(who).post("Communication/$set-reach", parameters(namesAndValues));
    assertEquals(200, reply.status(), reply.body());
    return reply;
  }

  private static List<MimeMessage> mails(String address) {
    List<MimeMessage> all = new ArrayList<>();
    for (MimeMessage each : mail.getReceivedMessages()) {
      try {
        if (Arrays.toString(each.getRecipients(Message.RecipientType.TO)).contains(address)) {
          all.add(each);
        }
      } catch (jakarta.mail.MessagingException e) {
        throw new IllegalStateException(e);
      }
    }
    return all;
  }

  @Test
  void a_push_is_signed_and_empty_and_comes_once() {
    String doctor = staff("push-doctor");
    String reader = staff("push-reader");
    String outsider = staff("push-outsider");
    String patient = patient("push", "");
    String thread = clinic.thread(patient, doctor, reader, NURSE);
    Reply sent = clinic.said(patient, thread, "");
    assertEquals(200, clinic.as(reader).get("Communication/" + sent.id()).status());
    clinic.forward(Duration.ofSeconds(3));
    assertEquals(0, pushes.of("push-doctor").size(), "an open client may still get it");
    org.awaitility.Awaitility.await()
        .until(
            () ->
                clinic.system().get("Communication/" + sent.id()).body().contains("\"delivered\""));
    pass(GRACE);
    pass(GRACE);
    assertEquals(1, pushes.of("push-doctor").size());
    PushService.Received push = pushes.of("push-doctor").get(0);
    assertEquals(0, push.bytes());
    assertEquals("normal", push.urgency());
    assertEquals("messages", push.topic());
    assertEquals("86400", push.ttl());
    Reply reach = clinic.as(doctor).get("Communication/$reach");
    assertTrue(reach.body().contains("\"" + push.key() + "\""), "signed by the key of $reach");
    assertFalse(reach.body().contains(pushes.endpoint("push-doctor")), "the address is a secret");
    assertEquals(0, pushes.of("push-reader").size(), "whose client has it");
    assertEquals(0, pushes.of("push-outsider").size(), outsider + " does not take part");
    assertEquals(0, mails("push@home.example").size(), "the sender is not told");
    clinic.said(doctor, thread, URGENT);
    pass(GRACE);
    assertEquals("high", pushes.of("push-reader").get(0).urgency());
    assertEquals(1, pushes.of("push-doctor").size(), "one's own message");
  }

  @Test
  void a_muted_thread_is_quiet_but_for_mentions_and_what_cannot_wait() {
    String doctor = staff("mute");
    String thread = clinic.thread(patient("mute", ""), doctor, NURSE);
    clinic.as(doctor).post(thread + "/$mute", parameters());
    clinic.said(NURSE, thread, "");
    pass(GRACE);
    assertEquals(0, pushes.of("mute").size());
    clinic.said(
        NURSE,
        thread,
        ",'extension':[{'url':'https://parley.dev/fhir/StructureDefinition/mention','valueReference':{'reference':'%s'}}]"
            .formatted(doctor));
    pass(GRACE);
    assertEquals(1, pushes.of("mute").size());
    clinic.said(NURSE, thread, URGENT);
    pass(GRACE);
    assertEquals(2, pushes.of("mute").size());
    clinic.said(
        NURSE,
        thread,
        ",'extension':[{'url':'https://parley.dev/fhir/StructureDefinition/acknowledge','valueBoolean':true}]");
    pass(GRACE);
    assertEquals(3, pushes.of("mute").size());
    clinic.as(doctor).post(thread + "/$mute", parameters("muted", "'valueBoolean':false"));
    clinic.said(NURSE, thread, "");
    pass(GRACE);
    assertEquals(4, pushes.of("mute").size());
  }

  @Test
  void what_can_wait_waits_until_somebody_may_be_disturbed() {
    String doctor = staff("surgery");
    String thread = clinic.thread(patient("surgery", ""), doctor, NURSE);
    clinic
        .as(doctor)
        .post(
            doctor + "/$set-availability",
            parameters(
                "until",
                "'valueDateTime':'" + clinic.clock.instant().plus(Duration.ofHours(1)) + "'"));
    clinic.said(NURSE, thread, "");
    pass(GRACE);
    assertEquals(0, pushes.of("surgery").size());
    clinic.said(NURSE, thread, URGENT);
    pass(GRACE);
    assertEquals(1, pushes.of("surgery").size());
    pass(Duration.ofHours(1));
    assertEquals(2, pushes.of("surgery").size(), "told at the end, because it is still unread");

    String sleeper = staff("sleeper");
    String second = clinic.thread(patient("sleeper", ""), sleeper, NURSE);
    java.time.LocalTime now = clinic.clock.instant().atZone(java.time.ZoneOffset.UTC).toLocalTime();
    set(
        sleeper,
        "quietFrom",
        "'valueTime':'" + now.minusHours(1).withNano(0) + "'",
        "quietUntil",
        "'valueTime':'" + now.plusHours(1).withNano(0).withSecond(1) + "'",
        "timeZone",
        "'valueString':'Etc/UTC'");
    Reply first = clinic.said(NURSE, second, "");
    pass(GRACE);
    assertEquals(0, pushes.of("sleeper").size());
    clinic.as(NURSE).post("Communication/" + first.id() + "/$recall", parameters());
    pass(Duration.ofHours(1));
    assertEquals(0, pushes.of("sleeper").size(), "recalled meanwhile");
    clinic.said(NURSE, second, "");
    pass(GRACE);
    assertEquals(1, pushes.of("sleeper").size(), "the quiet hours are over");
  }

  @Test
  void a_subscription_that_is_gone_is_dropped_and_a_busy_service_left_alone() {
    String doctor = staff("gone");
    String thread = clinic.thread(patient("gone", ""), doctor, NURSE);
    pushes.answers("gone", 410);
    clinic.said(NURSE, thread, "");
    pass(GRACE);
    pushes.answers("gone", 201);
    clinic.said(NURSE, thread, "");
    pass(GRACE);
    assertEquals(1, pushes.of("gone").size());
    assertFalse(clinic.as(doctor).get("Communication/$reach").body().contains("subscription"));

    subscribe(doctor, pushes.endpoint("busy"));
    pushes.answers("busy", 429);
    clinic.said(NURSE, thread, "");
    pass(GRACE);
    assertEquals(1, pushes.of("busy").size());
    pushes.answers("busy", 503);
    clinic.said(NURSE, thread, "");
    pass(Duration.ofSeconds(60));
    assertEquals(1, pushes.of("busy").size(), "it asked for two minutes");
    pass(Duration.ofSeconds(60));
    assertEquals(2, pushes.of("busy").size(), "then both are one push");
    pushes.answers("busy", 201);
    pass(Duration.ofSeconds(60));
    assertEquals(3, pushes.of("busy").size(), "tried again after a failure");
    pass(Duration.ofHours(2));
    assertEquals(3, pushes.of("busy").size());
  }

  @Test
  void an_endpoint_belongs_to_whoever_registered_it_last() {
    String first = staff("shared");
    String second = clinic.stored("Practitioner/second", "'active':true");
    assertEquals(200, subscribe(second, pushes.endpoint("shared")).status());
    String thread = clinic.thread(patient("shared", ""), first, NURSE);
    clinic.said(NURSE, thread, "");
    pass(GRACE);
    assertEquals(0, pushes.of("shared").size());
    assertFalse(clinic.as(first).get("Communication/$reach").body().contains("subscription"));
  }

  @Test
  void a_patient_gets_an_e_mail_that_says_nothing_and_not_two_at_once() throws Exception {
    String patient = patient("mailed", "");
    String thread = clinic.thread(patient, NURSE);
    clinic.said(NURSE, thread, "");
    pass(GRACE);
    assertEquals(1, mails("mailed@home.example").size());
    MimeMessage one = mails("mailed@home.example").get(0);
    String text = GreenMailUtil.getWholeMessage(one);
    assertTrue(text.contains("https://messages.hospital.example/"), text);
    assertTrue(one.getSubject().equals("You have a new message"));
    for (String secret : List.of("Private", "words", "nurse", "mailed-", "Patient")) {
      assertFalse(text.contains(secret), secret + " stands in " + text);
    }
    clinic.said(NURSE, thread, "");
    pass(GRACE);
    assertEquals(1, mails("mailed@home.example").size(), "within half an hour of the first");
    pass(Duration.ofMinutes(30));
    assertEquals(2, mails("mailed@home.example").size(), "and then the rest in one");
    set(patient, "channel", "'valueCode':'none'");
    clinic.said(NURSE, thread, URGENT);
    pass(Duration.ofMinutes(31));
    assertEquals(2, mails("mailed@home.example").size());
    set(
        patient,
        "channel",
        "'valueCode':'email'",
        "email",
        "'valueString':'elsewhere@home.example'");
    clinic.said(NURSE, thread, "");
    pass(Duration.ofMinutes(31));
    assertEquals(1, mails("elsewhere@home.example").size());
  }

  @Test
  void staff_get_e_mail_only_if_they_wish_it() {
    String doctor =
        clinic.stored(
            "Practitioner/no-mail",
            "'active':true,'telecom':[{'system':'email','value':'no-mail@hospital.example'}]");
    String thread = clinic.thread(patient("no-mail", ""), doctor, NURSE);
    clinic.said(NURSE, thread, "");
    pass(GRACE);
    assertEquals(0, mails("no-mail@hospital.example").size());
    set(doctor, "channel", "'valueCode':'email'");
    clinic.said(NURSE, thread, "");
    pass(GRACE);
    assertEquals(1, mails("no-mail@hospital.example").size());
  }

  @Test
  void without_a_consent_in_force_a_patient_is_told_nothing() {
    String patient = patient("withdrawn", "");
    subscribe(patient, pushes.endpoint("withdrawn"));
    String thread = clinic.thread(patient, NURSE);
    clinic.said(NURSE, thread, "");
    Reply withdrawn = clinic.as(patient).post("Consent/withdrawn/$withdraw", parameters());
    assertEquals(200, withdrawn.status(), withdrawn.body());
    pass(GRACE);
    assertEquals(0, pushes.of("withdrawn").size());
    String other = patient("permits", "");
    subscribe(other, pushes.endpoint("permits"));
    clinic.said(NURSE, clinic.thread(other, NURSE), "");
    pass(GRACE);
    assertEquals(1, pushes.of("permits").size());
  }

  @Test
  void what_cannot_be_used_is_refused() {
    for (String endpoint : List.of("https://10.0.0.7/x", "http://push.example/x", "file:///etc")) {
      assertEquals("endpoint", subscribe(OTHER, endpoint).reason(), endpoint);
    }
    Reply keys =
        clinic
            .as(OTHER)
            .post(
                "Communication/$push-subscribe",
                parameters(
                    "endpoint", "'valueUrl':'https://push.example/x'",
                    "p256dh", "'valueString':'AAAA'",
                    "auth", "'valueString':'tBHItJI5svbpez7KI4CCXg'"));
    assertEquals("keys", keys.reason());
    for (String[] wrong :
        new String[][] {
          {"channel", "'valueCode':'pigeon'"},
          {"email", "'valueString':'x@y.example, z@y.example'"},
          {"email", "'valueString':'x@y.example\\nBcc: z@y.example'"},
          {"quietFrom", "'valueTime':'22:00:00'"}
        }) {
      Reply reply = clinic.as(OTHER).post("Communication/$set-reach", parameters(wrong));
      assertEquals(422, reply.status(), reply.body());
    }
    assertEquals("not-a-person", clinic.system().get("Communication/$reach").reason());
    assertEquals(200, subscribe(STRANGER, pushes.endpoint("stranger")).status());
    Reply off =
        clinic
            .as(OTHER)
            .post(
                "Communication/$push-unsubscribe",
                parameters("endpoint", "'valueUrl':'" + pushes.endpoint("stranger") + "'"));
    assertEquals(200, off.status());
    assertTrue(
        clinic.as(STRANGER).get("Communication/$reach").body().contains("subscription"),
        "nobody takes off another's");
  }
}
