// SPDX-License-Identifier: Apache-2.0
package dev.parley.consent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.TestServer;
import dev.parley.TestServer.Reply;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Asking, signing, withdrawing; and withdrawing while others send. */
class WithdrawalTest {
  private static final String NOTHING = "{\"resourceType\":\"Parameters\"}";
  private static Ward ward;

  @BeforeAll
  static void start() {
    ward = new Ward(Map.of("PARLEY_CLINIC_PHONE", "555-0199"));
  }

  @AfterAll
  static void stop() {
    ward.close();
  }

  private static Reply send(TestServer as, String from, String to, String patient, String more) {
    return as.post("Communication", Ward.message(from, to, patient, "Hello", more));
  }

  @Test
  void the_patient_is_asked_signs_by_drawing_and_withdraws_in_one_call_each() {
    String patient = ward.patient("cycle");
    Reply asked = ward.doctor.post("Patient/cycle/$request-consent", NOTHING);
    assertEquals(200, asked.status(), asked.body());
    assertTrue(asked.body().contains("not for emergencies"), asked.body());
    String consent = "Consent/" + asked.json().at("/id").asText();
    // Asked once is enough; and the question itself passes without a consent.
    assertEquals(
        asked.json().at("/id"),
        ward.doctor.post("Patient/cycle/$request-consent", NOTHING).json().at("/id"));
    assertEquals(1, ward.count("Communication?_tag=consent-request&recipient=" + patient));

    String drawing =
        Ward.json(
            "'resourceType':'Parameters','parameter':[{'name':'drawing','valueAttachment':{'contentType':'image/png','data':'iVBORw0KGgo='}}]");
    Reply doctors = ward.doctor.post(consent + "/$sign", drawing);
    assertEquals(403, doctors.status(), doctors.body());
    assertEquals("not-the-patient", doctors.reason());
    Reply other = ward.as(ward.patient("stranger")).post(consent + "/$sign", drawing);
    assertTrue(other.status() == 403 || other.status() == 404, other.body());
    assertEquals(422, ward.as(patient).post(consent + "/$sign", NOTHING).status());
    Reply signed = ward.as(patient).post(consent + "/$sign", drawing);
    assertEquals(200, signed.status(), signed.body());
    assertEquals(409, ward.as(patient).post(consent + "/$sign", drawing).status());
    assertEquals(201, send(ward.doctor, Ward.DOCTOR, patient, patient, "").status());

    ward.consent("cycle-paper", patient);
    assertEquals(200, ward.as(patient).post(consent + "/$withdraw", NOTHING).status());
    assertEquals(403, send(ward.doctor, Ward.DOCTOR, patient, patient, "").status());
    assertEquals("inactive", ward.records.get("Consent/cycle-paper").json().at("/status").asText());
    assertEquals(1, ward.count("Communication?_tag=withdrawal-confirmation&recipient=" + patient));
    assertEquals(200, ward.as(patient).get("Communication?recipient=" + patient).status());
  }

  @Test
  void patients_change_consents_by_the_operations_only_and_write_new_ones_of_their_own() {
    String patient = ward.patient("writer");
    String other = ward.patient("other");
    ward.consent("writer", patient);
    TestServer theirs = ward.as(patient);
    String body =
        Ward.json(
            "'resourceType':'Consent','id':'writer',"
                + Ward.consent(patient, "inactive", "secure-messaging", "OPTIN", true));
    assertEquals("use-the-operations", theirs.put("Consent/writer", body).reason());
    assertEquals(403, theirs.delete("Consent/writer").status());
    String own =
        Ward.json(
            "'resourceType':'Consent',"
                + Ward.consent(patient, "active", "secure-messaging", "OPTOUT", false));
    assertEquals(201, theirs.post("Consent", own).status());
    assertFalse(theirs.post("Consent", own.replace(patient, other)).status() == 201);
  }

  @Test
  void a_proxy_signs_for_the_patient_and_does_not_take_back_what_binds_them() {
    String patient = ward.child("ward-child");
    String proxy = ward.proxy("ward-mother", patient);
    Reply asked = ward.records.post("Patient/ward-child/$request-consent", NOTHING);
    String consent = "Consent/" + asked.json().at("/id").asText();
    String name =
        Ward.json(
            "'resourceType':'Parameters','parameter':[{'name':'name','valueString':'A. Mother'}]");
    Reply signed = ward.as(proxy).post(consent + "/$sign", name);
    assertEquals(200, signed.status(), signed.body());
    assertEquals(proxy, signed.json().at("/performer/0/reference").asText());
    ward.stored(
        "Consent/court",
        Ward.consent(patient, "active", "secure-messaging", "OPTIN", true)
            + ",'provision':{'provision':[{'type':'deny','actor':[{'role':{'text':'x'},'reference':{'reference':'"
            + proxy
            + "'}}]}]}");
    Reply taken = ward.as(proxy).post("Consent/court/$withdraw", NOTHING);
    assertTrue(taken.status() == 403 || taken.status() == 404, taken.body());
    assertEquals("active", ward.records.get("Consent/court").json().at("/status").asText());
  }

  @Test
  void each_thread_in_which_the_patient_waits_becomes_one_task() {
    String patient = ward.patient("waits");
    ward.consent("waits", patient);
    ward.thread("waits-open", patient, patient, "");
    ward.thread("waits-answered", patient, patient, "");
    String in = "'sent':'2026-11-23T10:00:0%d.00Z','partOf':[{'reference':'Communication/%s'}]";
    TestServer theirs = ward.as(patient);
    assertEquals(
        201, send(theirs, patient, Ward.DOCTOR, patient, in.formatted(1, "waits-open")).status());
    send(theirs, patient, Ward.DOCTOR, patient, in.formatted(1, "waits-answered"));
    send(ward.doctor, Ward.DOCTOR, patient, patient, in.formatted(2, "waits-answered"));
    assertEquals(200, ward.doctor.post("Consent/waits/$withdraw", NOTHING).status());
    String tasks = "Task?code=reach-by-other-means&patient=" + patient;
    assertEquals(1, ward.count(tasks));
    assertEquals(1, ward.count(tasks + "&focus=Communication/waits-open"));
    // Signed and withdrawn again: the task is there already.
    ward.consent("waits", patient);
    ward.stored(
        "Consent/waits", Ward.consent(patient, "inactive", "secure-messaging", "OPTIN", true));
    assertEquals(1, ward.count(tasks));
  }

  @Test
  void while_another_consent_permits_nothing_has_ended() {
    String patient = ward.patient("two");
    ward.consent("two-a", patient);
    ward.consent("two-b", patient);
    ward.stored(
        "Consent/two-a", Ward.consent(patient, "inactive", "secure-messaging", "OPTIN", true));
    assertEquals(201, send(ward.doctor, Ward.DOCTOR, patient, patient, "").status());
    assertEquals(0, ward.count("Communication?_tag=withdrawal-confirmation&recipient=" + patient));
  }

  /** Promise 4: many times, nothing is stored after the withdrawal was answered. */
  @Test
  void a_child_s_proxy_decides_and_an_adolescent_does_for_themselves() {
    String child = ward.child("little");
    String parent = ward.proxy("of-little", child);
    String name =
        "{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"name\",\"valueString\":\"A. Name\"}]}";
    String consent =
        ward.stored(
            "Consent/little", Ward.consent(child, "proposed", "secure-messaging", "OPTIN", false));
    assertEquals("too-young", ward.as(child).post(consent + "/$sign", name).reason());
    assertEquals(
        "too-young",
        ward.as(child)
            .post(
                "Consent",
                Ward.json(
                    "'resourceType':'Consent',"
                        + Ward.consent(child, "active", "secure-messaging", "OPTIN", true)))
            .reason());
    assertEquals(200, ward.as(parent).post(consent + "/$sign", name).status());
    assertEquals("too-young", ward.as(child).post(consent + "/$withdraw", NOTHING).reason());
    String teen =
        ward.stored(
            "Patient/teen",
            "'active':true,'birthDate':'" + LocalDate.now(ZoneOffset.UTC).minusYears(15) + "'");
    String father = ward.proxy("of-teen", teen);
    String theirs =
        ward.stored(
            "Consent/teen", Ward.consent(teen, "proposed", "secure-messaging", "OPTIN", false));
    assertEquals(200, ward.as(teen).post(theirs + "/$sign", name).status());
    assertEquals("not-yours", ward.as(father).post(theirs + "/$withdraw", NOTHING).reason());
    String fathers =
        ward.stored(
            "Consent/teen2", Ward.consent(teen, "proposed", "secure-messaging", "OPTIN", false));
    assertEquals(200, ward.as(father).post(fathers + "/$sign", name).status());
    assertEquals(200, ward.as(father).post(fathers + "/$withdraw", NOTHING).status());
    assertTrue(ward.records.get(theirs).body().contains("\"status\":\"active\""));
    assertEquals(200, ward.as(teen).post(theirs + "/$withdraw", NOTHING).status());
  }

  @Test
  void no_message_is_stored_once_the_withdrawal_was_answered() throws Exception {
    int senders = 3;
    ExecutorService pool = Executors.newFixedThreadPool(senders + 1);
    try {
      for (int round = 0; round < 25; round++) {
        String patient = ward.patient("race-" + round);
        String consent = ward.consent("race-" + round, patient);
        CyclicBarrier together = new CyclicBarrier(senders + 1);
        AtomicBoolean answered = new AtomicBoolean();
        List<Future<Integer>> late =
            IntStream.range(0, senders)
                .mapToObj(
                    i ->
                        pool.submit(
                            () -> {
                              together.await();
                              int stored = 0;
                              for (int n = 0; n < 12; n++) {
                                boolean after = answered.get();
                                int status =
                                    send(ward.doctor, Ward.DOCTOR, patient, patient, "").status();
                                assertTrue(status == 201 || status == 403, "status " + status);
                                stored += after && status == 201 ? 1 : 0;
                              }
                              return stored;
                            }))
                .toList();
        together.await();
        assertEquals(200, ward.as(patient).post(consent + "/$withdraw", NOTHING).status());
        answered.set(true);
        int before =
            ward.count(
                "Communication?subject=" + patient + "&status=completed&sender=" + Ward.DOCTOR);
        for (Future<Integer> each : late) {
          assertEquals(0, each.get());
        }
        assertEquals(
            before,
            ward.count(
                "Communication?subject=" + patient + "&status=completed&sender=" + Ward.DOCTOR));
        assertEquals(1, ward.count("Communication?subject=" + patient + "&status=not-done"));
      }
    } finally {
      pool.shutdownNow();
    }
  }
}
