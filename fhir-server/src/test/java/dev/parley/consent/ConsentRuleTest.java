// SPDX-License-Identifier: Apache-2.0
package dev.parley.consent;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.parley.TestDatabase;
import dev.parley.TestServer;
import dev.parley.TestServer.Reply;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** No consent, no message; what passes all the same; what stays of a refusal. */
class ConsentRuleTest {
  private static Ward ward;

  @BeforeAll
  static void start() {
    ward = new Ward(Map.of("PARLEY_ORGANIZATION", "Organization/clinic"));
  }

  @AfterAll
  static void stop() {
    ward.close();
  }

  private static Reply send(TestServer as, String from, String to, String patient, String more) {
    return as.post("Communication", Ward.message(from, to, patient, "Hello", more));
  }

  private static Reply refused(Reply reply) {
    assertEquals(403, reply.status(), reply.body());
    assertEquals("consent-missing", reply.reason(), reply.body());
    return reply;
  }

  private static Reply passed(Reply reply) {
    assertEquals(201, reply.status(), reply.body());
    return reply;
  }

  @Test
  void a_message_passes_with_a_consent_in_both_directions_and_to_nobody_without() {
    String with = ward.patient("with");
    String without = ward.patient("without");
    ward.consent("with", with);
    passed(send(ward.doctor, Ward.DOCTOR, with, with, ""));
    passed(send(ward.as(with), with, Ward.DOCTOR, with, ""));
    Reply no = refused(send(ward.doctor, Ward.DOCTOR, without, without, ""));
    assertTrue(no.body().contains("$request-consent"), no.body());
    assertTrue(no.body().contains("X-Purpose-Of-Use: ETREAT;reason=..."), no.body());
    Reply theirs = refused(send(ward.as(without), without, Ward.DOCTOR, without, ""));
    assertTrue(theirs.body().contains("call 555-0100"), theirs.body());
    assertFalse(theirs.body().contains("ETREAT"), theirs.body());
  }

  @Test
  void who_agreed_with_a_hospital_agreed_with_its_wards_and_with_nobody_elses() {
    ward.stored("Organization/hospital", "'name':'Hospital'");
    ward.stored(
        "Organization/ward", "'name':'Ward','partOf':{'reference':'Organization/hospital'}");
    ward.stored("Organization/elsewhere", "'name':'Elsewhere'");
    for (String of : List.of("hospital", "ward", "elsewhere")) {
      ward.stored(
          "HealthcareService/of-" + of,
          "'active':true,'providedBy':{'reference':'Organization/" + of + "'}");
    }
    String patient = ward.patient("hospitals");
    ward.stored(
        "Consent/hospitals",
        Ward.consent(patient, "active", "secure-messaging", "OPTIN", true)
            + ",'organization':[{'reference':'Organization/hospital'}]");
    passed(send(ward.as(patient), patient, "HealthcareService/of-hospital", patient, ""));
    passed(send(ward.as(patient), patient, "HealthcareService/of-ward", patient, ""));
    refused(send(ward.as(patient), patient, "HealthcareService/of-elsewhere", patient, ""));
    String also =
        "'recipient':[{'reference':'HealthcareService/of-ward'},{'reference':'HealthcareService/of-elsewhere'}]";
    refused(
        ward.as(patient)
            .post(
                "Communication",
                Ward.json(
                    "'resourceType':'Communication','status':'completed','payload':[{'contentString':'hello'}],"
                        + also)));
  }

  @Test
  void a_consent_without_paper_or_of_another_kind_grants_nothing() {
    String patient = ward.patient("unsigned");
    ward.stored(
        "Consent/unsigned", Ward.consent(patient, "active", "secure-messaging", "OPTIN", false));
    ward.stored("Consent/otherkind", Ward.consent(patient, "active", "reminders", "OPTIN", true));
    refused(send(ward.doctor, Ward.DOCTOR, patient, patient, ""));
    ward.stored(
        "Consent/unsigned", Ward.consent(patient, "active", "secure-messaging", "OPTIN", true));
    passed(send(ward.doctor, Ward.DOCTOR, patient, patient, ""));
  }

  @Test
  void a_document_whose_hash_is_not_its_own_is_no_paper() {
    String patient = ward.patient("forged");
    ward.stored(
        "Consent/forged",
        Ward.consent(patient, "active", "secure-messaging", "OPTIN", true)
            .replaceAll("'hash':'.", "'hash':'/"));
    refused(send(ward.doctor, Ward.DOCTOR, patient, patient, ""));
  }

  @Test
  void a_signed_document_reference_is_paper_until_it_is_an_error() {
    String patient = ward.patient("paper");
    String document =
        "'status':'%s','content':[{'attachment':{'contentType':'application/pdf','url':'https://example.org/a','hash':'YQ=='}}]";
    ward.stored("DocumentReference/paper", document.formatted("current"));
    ward.stored(
        "Consent/paper",
        Ward.consent(patient, "active", "secure-messaging", "OPTIN", false)
            + ",'sourceReference':{'reference':'DocumentReference/paper'}");
    passed(send(ward.doctor, Ward.DOCTOR, patient, patient, ""));
    ward.stored("DocumentReference/paper", document.formatted("entered-in-error"));
    refused(send(ward.doctor, Ward.DOCTOR, patient, patient, ""));
  }

  @Test
  void a_thread_s_header_without_words_is_free_and_its_words_need_what_a_message_needs() {
    String patient = ward.patient("headers");
    String people =
        "'resourceType':'Communication','status':'in-progress','subject':{'reference':'%1$s'},'recipient':[{'reference':'%1$s'},{'reference':'Practitioner/dr'}]"
            .formatted(patient);
    List<String> words =
        List.of(
            "'topic':{'text':'HIV'}",
            "'topic':{'coding':[{'system':'urn:x','code':'a','display':'HIV'}]}",
            "'note':[{'text':'HIV'}]",
            "'reasonCode':[{'text':'HIV'}]",
            "'text':{'status':'additional','div':'<div xmlns=\\'http://www.w3.org/1999/xhtml\\'>HIV</div>'}",
            "'contained':[{'resourceType':'Basic','id':'b','code':{'text':'HIV'}}],'about':[{'reference':'#b'}]",
            "'extension':[{'url':'urn:x','valueString':'HIV'}]",
            "'category':[{'text':'HIV'}]");
    TestServer sender =
        ward.server.as(
            ward.server
                .issuer()
                .sign(
                    ward.server
                        .issuer()
                        .claims("system/*.cruds messaging", Map.of("sub", "s", "client_id", "s"))));
    for (String each : words) {
      refused(ward.doctor.post("Communication", Ward.json(people + "," + each)));
    }
    refused(sender.post("Communication", Ward.json(people + "," + words.get(0))));
    refused(ward.as(patient).post("Communication", Ward.json(people + "," + words.get(0))));
    Reply theirs = ward.as(patient).get("Communication?status=preparation");
    assertTrue(theirs.body().contains("HIV"), theirs.body());
    assertEquals(
        0,
        ward.doctor
            .get("Communication?status=preparation&subject=" + patient)
            .json()
            .at("/total")
            .asInt());
    Reply bare = passed(ward.doctor.post("Communication", Ward.json(people)));
    String header = "Communication/" + bare.id();
    String named = bare.body().replaceFirst("\\{", "{\"topic\":{\"text\":\"HIV\"},");
    refused(ward.doctor.put(header, named));
    passed(
        ward.doctor.post(
            "Communication",
            Ward.json(people + "," + words.get(0)),
            "X-Purpose-Of-Use",
            "ETREAT;reason=chest pain"));
    // What is among staff is theirs.
    passed(
        ward.doctor.post(
            "Communication",
            Ward.json(
                "'resourceType':'Communication','status':'in-progress','subject':{'reference':'%s'},'recipient':[{'reference':'Practitioner/dr'}],'topic':{'text':'HIV'}"
                    .formatted(patient))));
    ward.consent("headers", patient);
    theirs = ward.as(patient).get("Communication?topic:text=HIV");
    assertEquals(
        "in-progress", theirs.json().at("/entry/0/resource/status").asText(), theirs.body());
    assertEquals(200, ward.doctor.put(header, named).status());
    ward.stored(
        "Consent/headers", Ward.consent(patient, "inactive", "secure-messaging", "OPTIN", true));
    // Nothing new is said by closing it, or by going.
    assertEquals(200, ward.doctor.put(header, named.replace("in-progress", "completed")).status());
    assertEquals(
        200,
        ward.doctor.post(header + "/$leave", Ward.json("'resourceType':'Parameters'")).status());
  }

  @Test
  void a_thread_for_staff_needs_no_consent_and_a_message_without_recipients_in_the_patients_does() {
    String patient = ward.patient("threads");
    ward.stored("Practitioner/colleague", "'active':true");
    ward.thread("staff-only", patient, "Practitioner/colleague", "staff-only");
    ward.thread("implicit", patient, "Practitioner/colleague", "");
    ward.thread("facing", patient, patient, "");
    String bare =
        "'resourceType':'Communication','status':'completed','sender':{'reference':'Practitioner/dr'},"
            + "'payload':[{'contentString':'x'}],'partOf':[{'reference':'Communication/%s'}]";
    passed(ward.doctor.post("Communication", Ward.json(bare.formatted("staff-only"))));
    passed(ward.doctor.post("Communication", Ward.json(bare.formatted("implicit"))));
    refused(ward.doctor.post("Communication", Ward.json(bare.formatted("facing"))));
    ward.consent("threads", patient);
    passed(ward.doctor.post("Communication", Ward.json(bare.formatted("facing"))));
  }

  @Test
  void a_record_keeping_system_stores_and_a_messaging_one_asks() {
    String patient = ward.patient("systems");
    passed(send(ward.records, Ward.DOCTOR, patient, patient, ""));
    TestServer messaging = ward.server.as(ward.server.issuer().system("system/*.cruds messaging"));
    refused(send(messaging, Ward.DOCTOR, patient, patient, ""));
    String kept = Ward.message(Ward.DOCTOR, patient, patient, "old", "'id':'kept-1'");
    assertEquals(201, messaging.put("Communication/kept-1", kept).status());
    ward.consent("systems", patient);
    passed(send(messaging, Ward.DOCTOR, patient, patient, ""));
  }

  @Test
  void neither_put_nor_patch_nor_a_bundle_goes_round_the_rule() {
    String patient = ward.patient("doors");
    String put = Ward.message(Ward.DOCTOR, patient, patient, "x", "");
    assertEquals(
        "conditional-send",
        ward.doctor.put("Communication?identifier=urn:app|round-1", put).reason());
    assertEquals(0, ward.count("Communication?subject=" + patient + "&status=completed"));
    Reply draft =
        passed(
            ward.doctor.post(
                "Communication",
                Ward.message(Ward.DOCTOR, patient, patient, "x", "")
                    .replace("completed", "preparation")));
    refused(
        ward.doctor.send(
            "PATCH",
            "Communication/" + draft.id(),
            "[{\"op\":\"replace\",\"path\":\"/status\",\"value\":\"in-progress\"}]",
            "Content-Type",
            "application/json-patch+json"));
    String bundle =
        Ward.json(
            "'resourceType':'Bundle','type':'transaction','entry':[{'resource':"
                + Ward.message(Ward.DOCTOR, patient, patient, "x", "")
                + ",'request':{'method':'POST','url':'Communication'}}]");
    refused(ward.doctor.post("", bundle));
    Reply batch = ward.doctor.post("", bundle.replace("transaction", "batch"));
    assertTrue(
        batch.json().at("/entry/0/response/status").asText().startsWith("403"), batch.body());
  }

  @Test
  void merged_records_are_one_patient() {
    String old = ward.patient("merged-old");
    String now = ward.patient("merged-new");
    ward.consent("merged", old);
    refused(send(ward.doctor, Ward.DOCTOR, now, now, ""));
    ward.stored(
        old,
        "'active':true,'generalPractitioner':[{'reference':'Practitioner/dr'}],"
            + "'link':[{'other':{'reference':'Patient/merged-new'},'type':'replaced-by'}]");
    passed(send(ward.doctor, Ward.DOCTOR, now, now, ""));
    ward.stored(
        "Consent/merged-no",
        Ward.consent(now, "active", "secure-messaging", "OPTOUT", false)
            .replace("2026-01-10", "2026-02-01"));
    refused(send(ward.doctor, Ward.DOCTOR, old, old, ""));
    ward.patient("merged-old");
    passed(send(ward.doctor, Ward.DOCTOR, old, old, ""));
  }

  @Test
  void a_team_that_lists_its_patient_is_staff_unless_the_thread_is_for_the_patient() {
    String patient = ward.patient("team");
    ward.stored(
        "CareTeam/team",
        "'status':'active','subject':{'reference':'%1$s'},'participant':[{'member':{'reference':'%1$s'}},{'member':{'reference':'Practitioner/dr'}}]"
            .formatted(patient));
    String body =
        "'resourceType':'Communication','status':'completed','recipient':[{'reference':'CareTeam/team'}],'payload':[{'contentString':'x'}]";
    passed(ward.doctor.post("Communication", Ward.json(body)));
    String facing =
        body
            + ",'category':[{'coding':[{'system':'https://parley.dev/fhir/CodeSystem/audience','code':'patient-facing'}]}]";
    refused(ward.doctor.post("Communication", Ward.json(facing)));
    ward.consent("team", patient);
    passed(ward.doctor.post("Communication", Ward.json(facing)));
  }

  @Test
  void a_refusal_leaves_staff_one_record_an_hour_without_content_or_the_clients_identifier() {
    String patient = ward.patient("record");
    String identified = "'identifier':[{'system':'urn:app','value':'m-%d'}]";
    for (int i = 0; i < 3; i++) {
      refused(send(ward.doctor, Ward.DOCTOR, patient, patient, identified.formatted(i)));
    }
    Reply records = ward.doctor.get("Communication?subject=" + patient + "&status=not-done");
    assertEquals(1, records.json().at("/total").asInt(), records.body());
    JsonNode record = records.json().at("/entry/0/resource");
    assertTrue(record.at("/payload").isMissingNode());
    assertEquals("patient-objection", record.at("/statusReason/coding/0/code").asText());
    assertFalse(records.body().contains("urn:app"));
    ward.consent("record", patient);
    Reply again = send(ward.doctor, Ward.DOCTOR, patient, patient, identified.formatted(1));
    passed(again);
    assertEquals(1, ward.count("Communication?identifier=urn:app|m-1"));
  }

  @Test
  void what_a_patient_wrote_stays_their_draft_once_and_is_sent_by_signing() {
    String patient = ward.patient("author");
    TestServer author = ward.as(patient);
    String identified = "'identifier':[{'system':'urn:app','value':'a-1'}]";
    refused(send(author, patient, Ward.DOCTOR, patient, identified));
    refused(send(author, patient, Ward.DOCTOR, patient, identified));
    Reply drafts = author.get("Communication?sender=" + patient + "&status=preparation");
    assertEquals(1, drafts.json().at("/total").asInt(), drafts.body());
    assertEquals("Hello", drafts.json().at("/entry/0/resource/payload/0/contentString").asText());
    // If-None-Exist finds the message only when it is one.
    assertEquals(0, ward.count("Communication?identifier=urn:app|a-1"));

    Reply asked =
        author.post("Patient/author/$request-consent", "{\"resourceType\":\"Parameters\"}");
    assertEquals(200, asked.status(), asked.body());
    assertEquals("proposed", asked.json().at("/status").asText());
    String consent = "Consent/" + asked.json().at("/id").asText();
    Reply signed = author.post(consent + "/$sign", parameter("name", "valueString", "A. Author"));
    assertEquals(200, signed.status(), signed.body());
    assertEquals("active", signed.json().at("/status").asText());
    assertFalse(signed.json().at("/sourceAttachment/hash").isMissingNode());

    Reply sent = ward.records.get("Communication?identifier=urn:app|a-1");
    assertEquals(1, sent.json().at("/total").asInt(), sent.body());
    assertEquals("in-progress", sent.json().at("/entry/0/resource/status").asText());
    assertFalse(sent.body().contains("StructureDefinition/held"));
    assertEquals(0, ward.count("Communication?sender=" + patient + "&status=preparation"));
  }

  @Test
  void what_is_agreed_to_is_not_asked_for_again_and_what_nobody_knows_not_at_all() {
    String patient = ward.patient("agreed");
    ward.consent("agreed", patient);
    String request = patient + "/$request-consent";
    Reply again = ward.doctor.post(request, "{\"resourceType\":\"Parameters\"}");
    assertEquals(200, again.status(), again.body());
    assertEquals("active", again.json().at("/status").asText());
    assertEquals("agreed", again.json().at("/id").asText());
    assertEquals(1, ward.count("Consent?patient=" + patient));
    Reply unknown = ward.doctor.post(request, parameter("kind", "valueCode", "carrier-pigeons"));
    assertEquals(422, unknown.status(), unknown.body());
    assertEquals("consent-kind", unknown.reason());
    assertTrue(unknown.body().contains("secure-messaging, reminders"), unknown.body());
    // Another kind is another question; so is one that was signed and withdrawn.
    Reply other = ward.doctor.post(request, parameter("kind", "valueCode", "reminders"));
    assertEquals("proposed", other.json().at("/status").asText(), other.body());
    ward.doctor.post("Consent/agreed/$withdraw", "{\"resourceType\":\"Parameters\"}");
    Reply anew = ward.doctor.post(request, "{\"resourceType\":\"Parameters\"}");
    assertEquals("proposed", anew.json().at("/status").asText(), anew.body());
  }

  private static String parameter(String name, String kind, String value) {
    return Ward.json(
        "'resourceType':'Parameters','parameter':[{'name':'%s','%s':'%s'}]"
            .formatted(name, kind, value));
  }

  @Test
  void a_clinician_writes_in_an_emergency_with_a_reason_and_the_privacy_officer_hears_of_it() {
    String patient = ward.patient("emergency");
    String body = Ward.message(Ward.DOCTOR, patient, patient, "Come at once", "");
    Reply bare = ward.doctor.post("Communication", body, "X-Purpose-Of-Use", "ETREAT");
    assertEquals(403, bare.status(), bare.body());
    assertEquals("purpose-reason", bare.reason());
    String header = "ETREAT;reason=potassium 7.1";
    refused(ward.staff(List.of("analyst")).post("Communication", body, "X-Purpose-Of-Use", header));
    Reply sent = passed(ward.doctor.post("Communication", body, "X-Purpose-Of-Use", header));
    assertTrue(sent.body().contains("emergency-treatment"), sent.body());
    Reply notice = ward.records.get("Task?code=emergency-message&patient=" + patient);
    assertEquals(1, notice.json().at("/total").asInt(), notice.body());
    assertFalse(notice.body().contains("potassium"), notice.body());
    // With a consent it is a message like others.
    ward.consent("emergency", patient);
    passed(ward.doctor.post("Communication", body, "X-Purpose-Of-Use", header));
    assertEquals(1, ward.count("Task?code=emergency-message&patient=" + patient));
  }

  @Test
  void nobody_marks_a_message_as_one_that_passes() {
    String patient = ward.patient("mark");
    String tag =
        "'meta':{'tag':[{'system':'https://parley.dev/fhir/CodeSystem/consent-pass','code':'emergency-advice'}]}";
    refused(send(ward.doctor, Ward.DOCTOR, patient, patient, tag));
    ward.consent("mark", patient);
    Reply sent = passed(send(ward.doctor, Ward.DOCTOR, patient, patient, tag));
    assertFalse(sent.body().contains("emergency-advice"), sent.body());
  }

  @Test
  void automatic_advice_in_an_emergency_passes_and_a_persons_text_so_labelled_does_not() {
    String patient = ward.patient("advice");
    ward.stored("HealthcareService/line", "'active':true");
    TestServer messaging = ward.server.as(ward.server.issuer().system("system/*.cruds messaging"));
    String label =
        "'category':[{'coding':[{'system':'https://parley.dev/fhir/CodeSystem/automatic','code':'emergency-advice'}]}]";
    Reply sent = passed(send(messaging, "HealthcareService/line", patient, patient, label));
    assertTrue(sent.body().contains("consent-pass"), sent.body());
    refused(send(messaging, Ward.DOCTOR, patient, patient, label));
    refused(send(ward.doctor, Ward.DOCTOR, patient, patient, label));
  }

  @Test
  void a_receipt_on_an_old_message_needs_no_consent() {
    String patient = ward.patient("receipt");
    ward.consent("receipt", patient);
    Reply sent = passed(send(ward.doctor, Ward.DOCTOR, patient, patient, ""));
    assertEquals(
        200,
        ward.doctor
            .post("Consent/receipt/$withdraw", "{\"resourceType\":\"Parameters\"}")
            .status());
    String receipt =
        Ward.message(
            Ward.DOCTOR,
            patient,
            patient,
            "Hello",
            "'received':'2026-11-23T10:00:00Z','id':'" + sent.id() + "'");
    Reply put = ward.as(patient).put("Communication/" + sent.id(), receipt);
    assertEquals(200, put.status(), put.body());
    Reply changed =
        ward.doctor.put("Communication/" + sent.id(), receipt.replace("Hello", "Something else"));
    assertEquals(403, changed.status(), changed.body());
  }

  @Test
  void what_whoever_may_not_log_in_any_more_wrote_is_not_sent() {
    String patient = ward.patient("gone");
    refused(send(ward.as(patient), patient, Ward.DOCTOR, patient, ""));
    ward.stored("Patient/gone", "'active':false");
    ward.consent("gone", patient);
    assertEquals(1, ward.count("Communication?sender=" + patient + "&status=preparation"));
    assertEquals(0, ward.count("Communication?sender=" + patient + "&status=completed"));
  }

  @Test
  void nobody_writes_the_marks_of_a_held_draft_or_of_a_refusal() {
    String patient = ward.patient("marks");
    String marks =
        "'identifier':[{'system':'urn:app','value':'k-1'},"
            + "{'system':'https://parley.dev/fhir/refused','value':'k-2'},"
            + "{'system':'https://parley.dev/fhir/held-for','value':'Patient/marks'}],"
            + "'extension':[{'url':'https://parley.dev/fhir/StructureDefinition/held',"
            + "'extension':[{'url':'status','valueCode':'completed'}]}]";
    String message = Ward.message(patient, Ward.DOCTOR, patient, "Hello", marks);
    Reply draft =
        passed(
            ward.as(patient)
                .post(
                    "Communication",
                    message.replace("\"completed\",\"sub", "\"preparation\",\"sub")));
    String stored = ward.records.get("Communication/" + draft.id()).body();
    assertTrue(stored.contains("urn:app") && stored.contains("\"preparation\""), stored);
    assertFalse(stored.contains("parley.dev/fhir/refused"), stored);
    assertFalse(stored.contains("held"), stored);
    assertEquals(0, ward.count("Communication?identifier=https://parley.dev/fhir/refused|k-2"));
  }

  @Test
  void a_draft_that_could_not_be_sent_when_the_consent_was_signed_is_sent_later() {
    String patient = ward.patient("blink");
    refused(send(ward.as(patient), patient, Ward.DOCTOR, patient, ""));
    TestDatabase.readOnly(
        ward.server.config(), "thread_message", () -> ward.consent("blink", patient));
    assertEquals(1, ward.count("Communication?sender=" + patient + "&status=preparation"));
    await()
        .atMost(Duration.ofSeconds(40))
        .until(() -> ward.count("Communication?sender=" + patient + "&status=preparation") == 0);
    assertEquals(1, ward.count("Communication?sender=" + patient + "&part-of:missing=false"));
  }
}
