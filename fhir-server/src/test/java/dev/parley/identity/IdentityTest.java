// SPDX-License-Identifier: Apache-2.0
package dev.parley.identity;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.TestDatabase;
import dev.parley.TestServer;
import dev.parley.TestServer.Reply;
import dev.parley.feed.Binding;
import dev.parley.feed.Channel;
import dev.parley.feed.Feed;
import dev.parley.feed.Notification;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What waits for a verified identity, through every door, and what opens it. */
class IdentityTest {
  private static final String DOCTOR = "Practitioner/dr";
  private static final String SECRET = "MARKED-potassium-7.1";
  private static TestServer server;
  private static TestServer records;
  private static TestServer doctor;

  @BeforeAll
  static void start() {
    server =
        TestServer.withLogin(
            Map.of(
                "PARLEY_IDENTITY_LEVELS",
                "greeting=0,scheduling=1,clinical=2,sensitive=3",
                "PARLEY_REST_HOOK_HOSTS",
                "127.0.0.1",
                "PARLEY_STAFF_ASSURANCE",
                "2"),
            Clock.systemUTC());
    records = server.asSystem();
    stored(DOCTOR, "'active':true");
    doctor =
        server.as(
            server
                .issuer()
                .token(DOCTOR, "user/*.cruds", Map.of("roles", List.of("clinician"), "acr", "2")));
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static String json(String inQuotes) {
    return "{" + inQuotes.replace('\'', '"') + "}";
  }

  private static String stored(String reference, String elements) {
    String type = reference.substring(0, reference.indexOf('/'));
    String id = reference.substring(type.length() + 1);
    Reply reply =
        records.put(
            reference, json("'resourceType':'%s','id':'%s',%s".formatted(type, id, elements)));
    assertEquals(2, reply.status() / 100, reply.body());
    return reference;
  }

  /** Somebody whom the doctor treats and who has agreed to messages. */
  private static String patient(String id) {
    stored("Patient/" + id, "'active':true,'generalPractitioner':[{'reference':'" + DOCTOR + "'}]");
    stored(
        "Consent/" + id,
        """
        'status':'active','scope':{'coding':[{'code':'patient-privacy'}]},
        'category':[{'coding':[{'system':'https://parley.dev/fhir/CodeSystem/consent-kind','code':'secure-messaging'}]}],
        'patient':{'reference':'Patient/%s'},'policyRule':{'coding':[{'code':'OPTIN'}]},
        'sourceAttachment':{'url':'https://example.org/form','hash':'YQ=='}"""
            .formatted(id));
    return "Patient/" + id;
  }

  private static TestServer as(String person, int level) {
    return server.as(
        server.issuer().token(person, "user/*.cruds", Map.of("acr", String.valueOf(level))));
  }

  private static String body(String to, String more) {
    return json(
        "'resourceType':'Communication','status':'completed','subject':{'reference':'%s'},'sender':{'reference':'%s'},'recipient':[{'reference':'%s'}],'payload':[{'contentString':'%s'}]%s"
            .formatted(to, DOCTOR, to, SECRET, more.isEmpty() ? "" : "," + more));
  }

  private static Reply send(String to, String more) {
    Reply sent = doctor.post("Communication", body(to, more));
    assertEquals(201, sent.status(), sent.body());
    return sent;
  }

  private static void verify(String person, String more) {
    Reply verified =
        doctor.post(
            person + "/$verify-identity",
            json(
                "'resourceType':'Parameters','parameter':[{'name':'checked','valueString':'passport, face to face'}"
                    + more
                    + "]"));
    assertEquals(200, verified.status(), verified.body());
    assertEquals(DOCTOR, verified.json().at("/attestation/who/reference").asText());
  }

  private static void withheld(Reply reply) {
    assertEquals(200, reply.status(), reply.body());
    assertFalse(reply.body().contains(SECRET), reply.body());
    assertTrue(reply.body().contains("You have a message"), reply.body());
    assertTrue(reply.body().contains("SUBSETTED"), reply.body());
  }

  private static void readable(Reply reply) {
    assertEquals(200, reply.status(), reply.body());
    assertTrue(reply.body().contains(SECRET), reply.body());
    assertFalse(reply.body().contains("SUBSETTED"), reply.body());
  }

  @Test
  void text_waits_at_every_door_for_who_is_not_verified_and_not_for_staff() {
    String patient = patient("doors");
    Reply sent =
        send(patient, "'about':[{'display':'" + SECRET + "'}],'note':[{'text':'" + SECRET + "'}]");
    assertTrue(sent.body().contains("withheld: identity"), sent.body());
    String one = "Communication/" + sent.id();
    Reply answer = send(patient, "'inResponseTo':[{'reference':'" + one + "'}]");
    TestServer reader = as(patient, 3);
    withheld(reader.get(one));
    withheld(reader.get(one + "/_history/1"));
    withheld(reader.get(one + "/_history"));
    withheld(reader.get("Communication?recipient=" + patient));
    withheld(
        reader.get("Communication?_id=" + answer.id() + "&_include=Communication:in-response-to"));
    withheld(
        reader.get("Communication?_id=" + sent.id() + "&_revinclude=Communication:in-response-to"));
    withheld(reader.get(patient + "/Communication"));
    withheld(reader.get("Patient?_id=doors&_revinclude=Communication:recipient"));
    withheld(reader.get(one + "?_summary=false"));
    withheld(
        reader.post(
            "",
            json(
                "'resourceType':'Bundle','type':'batch','entry':[{'request':{'method':'GET','url':'"
                    + one
                    + "'}}]")));
    assertFalse(reader.get(one + "?_elements=payload,note,about").body().contains(SECRET));
    assertFalse(reader.get(one, "Accept", "application/fhir+xml").body().contains(SECRET));
    readable(doctor.get(one));
    readable(records.get(one));
  }

  @Test
  void the_words_of_a_thread_wait_as_its_messages_do() {
    String patient = patient("titles");
    Reply made =
        doctor.post(
            "Communication",
            json(
                "'resourceType':'Communication','status':'in-progress','subject':{'reference':'%1$s'},'recipient':[{'reference':'%1$s'},{'reference':'%2$s'}],'topic':{'text':'%3$s'},'reasonCode':[{'text':'%3$s'}],'category':[{'text':'%3$s'}],'text':{'status':'additional','div':'<div xmlns=\\'http://www.w3.org/1999/xhtml\\'>%3$s</div>'}"
                    .formatted(patient, DOCTOR, SECRET)));
    assertEquals(201, made.status(), made.body());
    String thread = "Communication/" + made.id();
    TestServer weak = as(patient, 1);
    for (String door :
        List.of(
            thread,
            thread + "/_history/1",
            thread + "/_history",
            "Communication?_id=" + made.id(),
            "Communication/$inbox",
            patient + "/Communication")) {
      withheld(weak.get(door));
    }
    for (String query :
        List.of(
            "topic:text=MARKED",
            "topic:missing=false",
            "category:text=MARKED",
            "_sort=topic",
            "part-of:Communication.topic:text=MARKED")) {
      assertEquals(0, weak.get("Communication?" + query).json().at("/total").asInt(), query);
    }
    // Written back from less, nothing changes; but nobody is kept in a thread by it.
    String less = weak.get(thread).body();
    Reply written = weak.put(thread, less.replace("in-progress", "completed"));
    assertEquals(200, written.status(), written.body());
    assertTrue(doctor.get(thread).body().contains("in-progress"));
    readable(doctor.get(thread));
    verify(patient, "");
    withheld(weak.get(thread));
    readable(as(patient, 3).get(thread));
    assertEquals(
        1, as(patient, 3).get("Communication?topic:text=" + SECRET).json().at("/total").asInt());
    assertEquals(200, weak.post(thread + "/$leave", json("'resourceType':'Parameters'")).status());
    assertTrue(doctor.get(thread).body().contains("\"left\""));
    readable(doctor.get(thread));
    // Without words there is nothing to wait for.
    send(patient, "");
    assertFalse(
        weak.get("Communication?part-of:missing=true&recipient=" + patient)
            .body()
            .contains("SUBSETTED"));
  }

  @Test
  void notes_are_among_staff() {
    String patient = patient("notes");
    verify(patient, "");
    Reply sent = send(patient, "'note':[{'text':'among us'}]");
    String one = "Communication/" + sent.id();
    TestServer reader = as(patient, 3);
    for (String door :
        List.of(
            one,
            one + "/_history/1",
            one + "/_history",
            "Communication?_id=" + sent.id(),
            "Communication/$inbox",
            "Communication/$find?text=potassium",
            patient + "/Communication")) {
      Reply read = reader.get(door);
      assertTrue(read.body().contains(SECRET), door + read.body());
      assertTrue(read.body().contains("SUBSETTED"), door + read.body());
      assertFalse(read.body().contains("among us"), door + read.body());
    }
    assertTrue(doctor.get(one).body().contains("among us"));
    assertNotEquals(doctor.get(one).header("ETag"), reader.get(one).header("ETag"));
    Reply receipt =
        reader.put(
            one,
            reader
                .get(one)
                .body()
                .replace("\"status\":\"in-progress\"", "\"status\":\"completed\"")
                .replaceFirst("\\{", "{\"received\":\"2026-11-27T10:00:00Z\","),
            "If-Match",
            reader.get(one).header("ETag"));
    assertEquals(200, receipt.status(), receipt.body());
    Reply kept = doctor.get(one);
    assertTrue(kept.body().contains("among us"), kept.body());
    assertTrue(kept.body().contains("received"), kept.body());
    assertFalse(kept.body().contains("SUBSETTED"), kept.body());
    // A patch tells nothing of them.
    Reply guess =
        reader.send(
            "PATCH",
            one,
            "[{\"op\":\"test\",\"path\":\"/note/0/text\",\"value\":\"among us\"}]",
            "Content-Type",
            "application/json-patch+json");
    assertTrue(guess.status() >= 400, guess.status() + guess.body());
  }

  @Test
  void staff_read_clinical_text_in_a_session_that_is_sure_enough() {
    String patient = patient("of-staff");
    verify(patient, "");
    Reply asked =
        as(patient, 3)
            .post(
                "Communication",
                body(DOCTOR, "")
                    .replace(
                        "\"sender\":{\"reference\":\"" + DOCTOR,
                        "\"sender\":{\"reference\":\"" + patient)
                    .replace(
                        "\"subject\":{\"reference\":\"" + DOCTOR,
                        "\"subject\":{\"reference\":\"" + patient));
    assertEquals(201, asked.status(), asked.body());
    String one = "Communication/" + asked.id();
    TestServer weak =
        server.as(
            server.issuer().token(DOCTOR, "user/*.cruds", Map.of("roles", List.of("clinician"))));
    for (String door : List.of(one, one + "/_history/1", "Communication?_id=" + asked.id())) {
      withheld(weak.get(door));
      assertTrue(doctor.get(door).body().contains(SECRET), door);
    }
    assertEquals(
        0,
        weak.get("Communication/$find?text=potassium&person=" + patient)
            .json()
            .path("entry")
            .size());
    readable(weak.get(one, "X-Purpose-Of-Use", "ETREAT;reason=chest pain"));
    withheld(weak.get(one, "X-Purpose-Of-Use", "TREAT;reason=every day"));
    withheld(weak.get(one, "X-Purpose-Of-Use", "ETREAT"));
    TestServer clerk =
        server.as(server.issuer().token(DOCTOR, "user/*.cruds", Map.of("roles", List.of("clerk"))));
    withheld(clerk.get(one, "X-Purpose-Of-Use", "ETREAT;reason=chest pain"));
    readable(weak.get("Communication/" + send(patient, "").id()));
    readable(as(patient, 3).get(one));
  }

  @Test
  void what_is_withheld_has_an_etag_of_its_own() {
    String patient = patient("etag");
    String one = "Communication/" + send(patient, "").id();
    String less = as(patient, 3).get(one).header("ETag");
    String whole = doctor.get(one).header("ETag");
    assertNotEquals(whole, less);
    assertEquals(304, as(patient, 3).get(one, "If-None-Match", less).status());
    verify(patient, "");
    readable(as(patient, 3).get(one, "If-None-Match", less));
  }

  @Test
  void a_verified_reader_in_a_session_that_is_sure_enough_reads() {
    String patient = patient("verified");
    String one = "Communication/" + send(patient, "").id();
    withheld(as(patient, 3).get(one));
    verify(patient, "");
    readable(as(patient, 2).get(one));
    withheld(as(patient, 1).get(one));
    // The sender's thread no longer says that it waits.
    assertFalse(doctor.get(one).body().contains("withheld: identity"));
    assertFalse(send(patient, "").body().contains("withheld: identity"));
  }

  @Test
  void only_staff_verify_and_they_say_what_they_checked() {
    String patient = patient("self");
    String checked =
        json("'resourceType':'Parameters','parameter':[{'name':'checked','valueString':'myself'}]");
    assertEquals(403, as(patient, 3).post(patient + "/$verify-identity", checked).status());
    Reply bare = doctor.post(patient + "/$verify-identity", json("'resourceType':'Parameters'"));
    assertEquals(422, bare.status(), bare.body());
    String forged =
        json(
            "'resourceType':'VerificationResult','status':'validated','target':[{'reference':'"
                + patient
                + "'}]");
    assertEquals(403, as(patient, 3).post("VerificationResult", forged).status());
    // Staff neither, whoever they are, but by the operation and whom they treat.
    assertEquals("use-the-operations", doctor.post("VerificationResult", forged).reason());
    TestServer administrator =
        server.as(
            server
                .issuer()
                .token(DOCTOR, "user/*.cruds", Map.of("roles", List.of("administrator"))));
    assertEquals("use-the-operations", administrator.post("VerificationResult", forged).reason());
    String account =
        json(
            "'resourceType':'Person','active':true,'link':[{'target':{'reference':'%s'},'assurance':'level4'}]"
                .formatted(patient));
    assertEquals("use-the-operations", administrator.post("Person", account).reason());
    assertEquals(
        201,
        administrator.post("Person", account.replace(",\"assurance\":\"level4\"", "")).status());
    assertEquals(201, records.post("VerificationResult", forged).status());
    String proxy =
        stored("RelatedPerson/of-self", "'active':true,'patient':{'reference':'" + patient + "'}");
    assertEquals(200, doctor.post(proxy + "/$verify-identity", checked).status());
    Reply over =
        doctor.post(
            patient + "/$verify-identity",
            json(
                "'resourceType':'Parameters','parameter':[{'name':'checked','valueString':'x'},{'name':'until','valueDate':'2020-01-01'}]"));
    assertEquals("until", over.reason(), over.body());
  }

  @Test
  void an_account_linked_with_assurance_counts_as_verified() {
    String patient = patient("linked");
    String one = "Communication/" + send(patient, "").id();
    String link = "'link':[{'target':{'reference':'" + patient + "'},'assurance':'level%d'}]";
    stored("Person/linked", link.formatted(1));
    withheld(as(patient, 3).get(one));
    stored("Person/linked", link.formatted(2));
    readable(as(patient, 3).get(one));
  }

  @Test
  void the_class_decides_and_no_label_lowers_what_is_attached_or_told_about() {
    String patient = patient("classes");
    String label =
        "'category':[{'coding':[{'system':'https://parley.dev/fhir/CodeSystem/content-class','code':'%s'}]}]";
    stored("DiagnosticReport/dr1", "'status':'final','code':{'text':'x'}");
    String greeting = "Communication/" + send(patient, label.formatted("greeting")).id();
    String about =
        "Communication/"
            + send(
                    patient,
                    label.formatted("greeting") + ",'about':[{'reference':'DiagnosticReport/dr1'}]")
                .id();
    // As a record: people send files to Binary first.
    Reply attached =
        records.post(
            "Communication",
            body(patient, label.formatted("greeting"))
                .replace(
                    "\"payload\":[",
                    "\"payload\":[{\"contentAttachment\":{\"contentType\":\"text/plain\",\"data\":\"eA==\"}},"));
    assertEquals(201, attached.status(), attached.body());
    TestServer reader = as(patient, 0);
    readable(reader.get(greeting));
    withheld(reader.get(about));
    withheld(reader.get("Communication/" + attached.id()));
    verify(patient, ",{'name':'level','valueInteger':2}");
    withheld(as(patient, 3).get(about));
    readable(as(patient, 3).get("Communication/" + attached.id()));
    verify(patient, ",{'name':'level','valueInteger':3}");
    readable(as(patient, 3).get(about));
  }

  @Test
  void a_patient_labels_no_thread_so_that_less_is_needed() {
    String patient = patient("labels");
    String greeting =
        "'category':[{'coding':[{'system':'https://parley.dev/fhir/CodeSystem/content-class','code':'greeting'}]}]";
    String header =
        "'resourceType':'Communication','status':'in-progress','subject':{'reference':'%1$s'},'recipient':[{'reference':'%1$s'},{'reference':'%2$s'}]%3$s"
            .formatted(patient, DOCTOR, "%s");
    TestServer reader = as(patient, 1);
    Reply theirs = reader.post("Communication", json(header.formatted("," + greeting)));
    assertEquals(201, theirs.status(), theirs.body());
    assertFalse(theirs.body().contains("content-class"), theirs.body());
    String in = "'partOf':[{'reference':'Communication/%s'}]";
    stored(
        "DiagnosticReport/labels",
        "'status':'final','code':{'text':'x'},'subject':{'reference':'" + patient + "'}");
    withheld(reader.get("Communication/" + send(patient, in.formatted(theirs.id())).id()));
    // Nor one of the clinic, from which they take what raises it.
    Reply ours =
        doctor.post(
            "Communication",
            json(header.formatted(",'about':[{'reference':'DiagnosticReport/labels'}]")));
    assertEquals(201, ours.status(), ours.body());
    String thread = "Communication/" + ours.id();
    String said = "Communication/" + send(patient, in.formatted(ours.id())).id();
    String lower =
        reader
            .get(thread)
            .body()
            .replaceFirst("\"about\":\\[[^]]*],?", "")
            .replaceFirst("\\{", "{" + greeting.replace('\'', '"') + ",");
    Reply put = reader.put(thread, lower);
    assertEquals(200, put.status(), put.body());
    withheld(reader.get(said));
    assertTrue(put.body().contains("DiagnosticReport/labels"), put.body());
    // A thread that staff have labelled lowers nothing that is not judged itself.
    Reply labelled = doctor.post("Communication", json(header.formatted("," + greeting)));
    assertTrue(labelled.body().contains("content-class"), labelled.body());
    withheld(reader.get("Communication/" + send(patient, in.formatted(labelled.id())).id()));
    Reply hello = send(patient, in.formatted(labelled.id()) + "," + greeting);
    readable(reader.get("Communication/" + hello.id()));
  }

  @Test
  void writing_back_what_was_withheld_changes_nothing_that_is_stored() {
    String patient = patient("back");
    String one = "Communication/" + send(patient, "").id();
    TestServer reader = as(patient, 3);
    Reply read = reader.get(one);
    Reply put = reader.put(one, read.body(), "If-Match", read.header("ETag"));
    withheld(put);
    Reply patch =
        reader.send(
            "PATCH",
            one,
            "[{\"op\":\"test\",\"path\":\"/payload/0/contentString\",\"value\":\"guess\"}]",
            "Content-Type",
            "application/json-patch+json");
    withheld(patch);
    readable(doctor.get(one));
    assertTrue(doctor.get(one).json().at("/received").isMissingNode());
    // Nor does it once there is something to read.
    verify(patient, "");
    reader.put(one, read.body());
    readable(doctor.get(one));
  }

  @Test
  void what_was_readable_stays_readable_when_the_verification_runs_out() {
    String patient = patient("expiry");
    LocalDate today = LocalDate.now(ZoneOffset.UTC);
    stored(
        "VerificationResult/expiry",
        "'status':'validated','target':[{'reference':'%s'}],'statusDate':'%s','nextScheduled':'%s'"
            .formatted(patient, today.minusDays(300), today.minusDays(10)));
    stored(
        "Communication/expiry",
        "'status':'completed','subject':{'reference':'%1$s'},'sender':{'reference':'%2$s'},'recipient':[{'reference':'%1$s'}],'payload':[{'contentString':'%3$s'}],'sent':'%4$s'"
            .formatted(patient, DOCTOR, SECRET, Instant.now().minus(20, ChronoUnit.DAYS)));
    readable(as(patient, 3).get("Communication/expiry"));
    withheld(as(patient, 3).get("Communication/" + send(patient, "").id()));
  }

  @Test
  void results_that_a_message_is_about_wait_with_it_at_every_door_and_others_do_not() {
    String patient = patient("results");
    String subject = "'subject':{'reference':'" + patient + "'}";
    String observation =
        stored(
            "Observation/results",
            "'status':'final','code':{'coding':[{'system':'urn:x','code':'K'}],'text':'"
                + SECRET
                + "'},"
                + subject);
    String report =
        stored(
            "DiagnosticReport/results",
            "'status':'final','code':{'coding':[{'system':'urn:x','code':'K'}]},'conclusion':'%s','result':[{'reference':'%s'}],%s"
                .formatted(SECRET, observation, subject));
    String document =
        stored(
            "DocumentReference/results",
            "'status':'current','description':'%s','type':{'coding':[{'system':'urn:x','code':'K'}]},'content':[{'attachment':{'title':'%s'}}],%s"
                .formatted(SECRET, SECRET, subject));
    List<String> all = List.of(observation, report, document);
    TestServer weak = as(patient, 1);
    for (String each : all) {
      readable(weak.get(each));
    }
    String about = "'about':[{'reference':'%s'},{'reference':'%s'}]".formatted(report, document);
    // What staff say among themselves about a result keeps nothing from the patient.
    stored(
        "Communication/among-staff",
        "'status':'completed','sender':{'reference':'%s'},'recipient':[{'reference':'%s'}],%s,%s"
            .formatted(DOCTOR, DOCTOR, subject, about));
    for (String each : all) {
      readable(weak.get(each));
    }
    Reply sent = send(patient, about);
    for (String each : all) {
      String type = each.substring(0, each.indexOf('/'));
      withheld(weak.get(each));
      withheld(weak.get(each + "/_history/1"));
      withheld(weak.get(each + "/_history"));
      for (String query :
          List.of(
              "_id=results", "patient=" + patient, "subject=" + patient + "&_sort=_lastUpdated")) {
        assertEquals(0, weak.get(type + "?" + query).json().at("/total").asInt(), query);
      }
      String param = type.equals("DocumentReference") ? "type" : "code";
      assertEquals(
          0, weak.get(type + "?" + param + "=K&_summary=count").json().at("/total").asInt());
      assertFalse(weak.get("Patient/results/*").body().contains(SECRET));
      assertFalse(weak.get(patient + "/" + type).body().contains(SECRET));
      assertEquals(
          "0",
          weak.get("Patient?_has:" + type + ":subject:" + param + "=K&_summary=count")
              .json()
              .at("/total")
              .asText());
      assertFalse(
          weak.get("Communication?_id=" + sent.id() + "&_include=Communication:about")
              .body()
              .contains(SECRET));
      assertFalse(
          weak.get("Patient?_id=results&_revinclude=" + type + ":subject").body().contains(SECRET));
      assertFalse(
          weak.post(
                  "",
                  json(
                      "'resourceType':'Bundle','type':'batch','entry':[{'request':{'method':'GET','url':'"
                          + each
                          + "'}}]"))
              .body()
              .contains(SECRET));
      readable(doctor.get(each));
      readable(records.get(each));
    }
    verify(patient, ",{'name':'level','valueInteger':3}");
    for (String each : all) {
      String type = each.substring(0, each.indexOf('/'));
      readable(as(patient, 3).get(each));
      readable(as(patient, 3).get(type + "?_id=results"));
      withheld(weak.get(each));
    }
  }

  @Test
  void that_a_verification_ends_is_announced_once_to_whom_it_is_about() throws Exception {
    String patient = patient("ending");
    LocalDate today = LocalDate.now(ZoneOffset.UTC);
    String verified =
        "'status':'validated','target':[{'reference':'%s'}],'statusDate':'%s','nextScheduled':'%s'";
    stored(
        "VerificationResult/ending",
        verified.formatted(patient, today.minusDays(300), today.plusDays(20)));
    stored(
        "VerificationResult/later",
        verified.formatted(patient("later"), today.minusDays(300), today.plusDays(40)));
    String renewed = patient("renewed");
    stored(
        "VerificationResult/renewed",
        verified.formatted(renewed, today.minusDays(300), today.plusDays(20)));
    stored("VerificationResult/renewed2", verified.formatted(renewed, today, today.plusDays(300)));
    server.doNow("identity-ending");
    server.doNow("identity-ending");
    Reply told = as(patient, 0).get("Task?code=renew-identity");
    assertEquals(1, told.json().at("/total").asInt(), told.body());
    assertEquals(
        patient, told.json().at("/entry/0/resource/owner/reference").asText(), told.body());
    assertEquals(1, records.get("Task?code=renew-identity").json().at("/total").asInt());
    // Another end is another announcement.
    stored(
        "VerificationResult/ending",
        verified.formatted(patient, today.minusDays(300), today.plusDays(25)));
    server.doNow("identity-ending");
    assertEquals(2, records.get("Task?code=renew-identity").json().at("/total").asInt());
  }

  @Test
  void staff_are_asked_to_call_at_once_for_what_is_urgent_and_when_it_is_due_for_the_rest()
      throws Exception {
    String patient = patient("calls");
    String tasks = "Task?code=call-the-patient&patient=" + patient + "&_summary=count";
    String urgent = send(patient, "'priority':'urgent'").id();
    assertEquals(1, records.get(tasks).json().at("/total").asInt());
    assertTrue(
        records
            .get(tasks.replace("&_summary=count", ""))
            .body()
            .contains("Communication/" + urgent));
    String due = send(patient, "").id();
    try (Connection connection = TestDatabase.connect(server.config());
        Statement statement = connection.createStatement()) {
      statement.execute(
          "update resource set at = now() - interval '30 hours' where id = '" + due + "'");
    }
    send(patient, "");
    server.doNow("withheld");
    server.doNow("withheld");
    assertEquals(2, records.get(tasks).json().at("/total").asInt());
    // Verified: nobody needs a call.
    String other = patient("nocalls");
    verify(other, "");
    send(other, "'priority':'urgent'");
    assertEquals(0, records.get(tasks.replace(patient, other)).json().at("/total").asInt());
  }

  @Test
  void an_emergency_message_is_read_by_whoever_it_is_for() {
    String patient = patient("etreat");
    Reply sent =
        doctor.post(
            "Communication", body(patient, ""), "X-Purpose-Of-Use", "ETREAT;reason=potassium");
    assertEquals(201, sent.status(), sent.body());
    readable(as(patient, 0).get("Communication/" + sent.id()));
  }

  @Test
  void pushes_and_events_carry_no_more_than_a_read() {
    String patient = patient("push");
    String subscription =
        json(
            """
            'resourceType':'Subscription','status':'requested','reason':'t',
            'criteria':'https://parley.dev/fhir/SubscriptionTopic/communication',
            'channel':{'type':'websocket','payload':'application/fhir+json',
            '_payload':{'extension':[{'url':'http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-payload-content','valueCode':'full-resource'}]}}""");
    Reply made = as(patient, 3).post("Subscription", subscription);
    assertEquals(201, made.status(), made.body());
    Pushed pushed = new Pushed(made.id());
    send(patient, "");
    await().until(() -> pushed.texts.stream().anyMatch(t -> t.contains("You have a message")));
    assertTrue(pushed.texts.stream().noneMatch(t -> t.contains(SECRET)));
    Reply events = as(patient, 3).get("Subscription/" + made.id() + "/$events");
    withheld(events);
    // Verified, the text comes by itself.
    verify(patient, "");
    await().until(() -> pushed.texts.stream().anyMatch(t -> t.contains(SECRET)));
  }

  /** What a socket of this subscription is given. */
  private final class Pushed implements Channel {
    private final Queue<String> texts = new ConcurrentLinkedQueue<>();
    private final Binding binding;

    Pushed(String id) {
      Feed feed = server.server().wiring().feed();
      binding =
          feed.bind(
              feed.find(id).orElseThrow(), this, server.server().wiring().dialects().backport(), 0);
      wake();
    }

    @Override
    public synchronized void wake() {
      if (binding != null) {
        for (Notification n = binding.next(); n != null; n = binding.next()) {
          texts.add(n.text());
        }
      }
    }

    @Override
    public void ended(Binding gone, String why) {
      throw new AssertionError(why);
    }
  }

  @Test
  void a_mark_that_could_not_be_taken_off_at_once_is_taken_off_later() {
    String patient = patient("blink");
    String one = "Communication/" + send(patient, "").id();
    TestDatabase.readOnly(server.config(), "version", () -> verify(patient, ""));
    assertTrue(records.get(one).body().contains("withheld"));
    await()
        .atMost(Duration.ofSeconds(40))
        .until(() -> !records.get(one).body().contains("withheld"));
  }
}
