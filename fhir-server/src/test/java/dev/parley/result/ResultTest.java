// SPDX-License-Identifier: Apache-2.0
package dev.parley.result;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.parley.TestServer;
import dev.parley.TestServer.Reply;
import dev.parley.access.Caller;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Base64;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class ResultTest {
  private static final Ahead CLOCK = new Ahead();
  private static TestServer server;
  private static TestServer system;
  private static TestServer ehr;
  private static TestServer doctor;

  @BeforeAll
  static void start() throws Exception {
    server =
        TestServer.withLogin(
            Map.of("PARLEY_RESULT_RULES", "sensitive=clinician,GE=clinician,slow=1h,default=now"),
            CLOCK);
    system = server.asSystem();
    ehr = server.as(server.issuer().system("system/*.cruds messaging"));
    stored("Practitioner/dr", "'active':true");
    for (String id :
        new String[] {
          "page", "now", "slow", "gene", "none", "crit", "feed", "turn", "shut", "swap", "dead",
          "busy", "open"
        }) {
      stored(
          "Patient/" + id, "'active':true,'generalPractitioner':[{'reference':'Practitioner/dr'}]");
      if (!id.equals("none") && !id.equals("busy")) {
        consent(id);
      }
    }
    doctor = server.asUser("Practitioner/dr");
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static String json(String reference, String elements) {
    String[] parts = reference.split("/");
    return "{'resourceType':'%s','id':'%s',%s}"
        .formatted(parts[0], parts[1], elements)
        .replace('\'', '"');
  }

  private static void stored(String reference, String elements) {
    Reply reply = system.put(reference, json(reference, elements));
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

  private static void report(
      TestServer by, String id, String patient, String status, String code, String more) {
    Reply reply =
        by.put(
            "DiagnosticReport/" + id,
            json(
                "DiagnosticReport/" + id,
                ("'status':'%s','code':{'text':'Blood count','coding':[{'system':'http://loinc.org','code':'%s'}]},"
                        + "'subject':{'reference':'Patient/%s'},'resultsInterpreter':[{'reference':'Practitioner/dr'}]%s")
                    .formatted(status, code, patient, more)));
    assertEquals(2, reply.status() / 100, reply.body());
    server.runDue();
  }

  private static JsonNode messages(String patient) {
    return entries(
        "Communication?recipient=Patient/" + patient + "&part-of:missing=false&_sort=sent");
  }

  private static JsonNode entries(String query) {
    Reply reply = system.get(query);
    assertEquals(200, reply.status(), reply.body());
    return reply.json().at("/entry");
  }

  @Test
  void a_final_report_is_told_once_and_what_changed_in_it_again() {
    report(ehr, "now", "now", "preliminary", "58410-2", "");
    assertEquals(0, messages("now").size());
    report(ehr, "now", "now", "final", "58410-2", "");
    report(ehr, "now", "now", "final", "58410-2", "");
    JsonNode told = messages("now");
    assertEquals(1, told.size());
    JsonNode message = told.at("/0/resource");
    assertEquals("DiagnosticReport/now", message.at("/about/0/reference").asText());
    assertTrue(message.at("/payload/0/contentString").asText().contains("is ready: Blood count"));
    Reply read = server.asUser("Patient/now").get("Communication/" + message.at("/id").asText());
    assertEquals(200, read.status(), read.body());
    assertEquals(
        1,
        doctor
            .get("Communication?about=DiagnosticReport/now&part-of:missing=false")
            .json()
            .at("/entry")
            .size());
    report(ehr, "now", "now", "corrected", "58410-2", ",'conclusion':'other'");
    JsonNode both = messages("now");
    assertEquals(2, both.size());
    assertTrue(both.toString().contains("has been changed"));
    assertEquals(
        both.at("/0/resource/partOf/0/reference").asText(),
        both.at("/1/resource/partOf/0/reference").asText());
  }

  @Test
  void a_delayed_one_is_told_when_its_time_has_come() {
    report(ehr, "slow", "slow", "final", "slow", "");
    assertEquals(0, messages("slow").size());
    CLOCK.forward(Duration.ofMinutes(61));
    server.runDue();
    long told =
        server
            .server()
            .wiring()
            .store()
            .as(Caller.SYSTEM)
            .search(
                "Communication",
                null,
                Map.of("identifier", new String[] {"https://parley.dev/fhir/result|slow-1"}),
                true)
            .matches()
            .size();
    CLOCK.forward(Duration.ofMinutes(-61));
    assertEquals(1, told);
  }

  @Test
  void a_clinician_looks_first_and_completing_the_task_tells_the_patient() {
    report(ehr, "gene", "gene", "final", "GE", "");
    report(ehr, "gene", "gene", "amended", "GE", ",'conclusion':'more'");
    assertEquals(0, messages("gene").size());
    JsonNode tasks = entries("Task?code=release-result&patient=Patient/gene");
    assertEquals(1, tasks.size());
    JsonNode task = tasks.at("/0/resource");
    assertEquals("Practitioner/dr", task.at("/owner/reference").asText());
    Reply done =
        doctor.put(
            "Task/" + task.at("/id").asText(),
            task.toString().replace("\"requested\"", "\"completed\""));
    assertEquals(200, done.status(), done.body());
    server.runDue();
    assertEquals(1, messages("gene").size());
  }

  @Test
  void nobody_makes_themselves_the_one_who_releases_a_result() {
    report(ehr, "forged", "feed", "final", "GE", ",'conclusion':'forged'");
    stored("Practitioner/other", "'active':true");
    TestServer other = server.asUser("Practitioner/other");
    String task =
        "{'resourceType':'Task','status':'requested','intent':'order','code':{'coding':[{'system':'%s','code':'release-result'}]},'focus':{'reference':'DiagnosticReport/forged'}}";
    String release = task.formatted("https://parley.dev/fhir/CodeSystem/task").replace('\'', '"');
    assertEquals("use-the-operations", other.post("Task", release).reason());
    // Nor by way of a Task of another kind.
    Reply plain = other.post("Task", task.formatted("urn:x").replace('\'', '"'));
    assertEquals(201, plain.status(), plain.body());
    Reply turned =
        other.put(
            "Task/" + plain.id(),
            plain.body().replace("urn:x", "https://parley.dev/fhir/CodeSystem/task"));
    assertEquals("use-the-operations", turned.reason(), turned.body());
    server.runDue();
    assertEquals(0, entries("Communication?about=DiagnosticReport/forged").size());
  }

  @Test
  void without_a_consent_staff_are_asked_to_call() {
    report(ehr, "none", "none", "final", "58410-2", "");
    assertEquals(0, entries("Communication?recipient=Patient/none&status=completed").size());
    assertEquals(1, entries("Task?code=reach-by-other-means&patient=Patient/none").size());
  }

  @Test
  void a_critical_value_goes_to_who_ordered_it_and_to_nobody_else() {
    stored(
        "Observation/k",
        "'status':'final','code':{'text':'K'},'subject':{'reference':'Patient/crit'},'interpretation':[{'coding':[{'code':'HH'}]}]");
    stored(
        "ServiceRequest/o",
        "'status':'active','intent':'order','subject':{'reference':'Patient/crit'},'requester':{'reference':'Practitioner/dr'}");
    report(
        ehr,
        "crit",
        "crit",
        "final",
        "58410-2",
        ",'result':[{'reference':'Observation/k'}],'basedOn':[{'reference':'ServiceRequest/o'}]");
    JsonNode task = entries("Task?code=acknowledge&patient=Patient/crit").at("/0/resource");
    assertEquals("stat", task.at("/priority").asText());
    assertEquals("Practitioner/dr", task.at("/owner/reference").asText());
    String message = task.at("/focus/reference").asText();
    Reply read = doctor.get(message);
    assertEquals("stat", read.json().at("/priority").asText(), read.body());
    assertEquals(404, server.asUser("Patient/crit").get(message).status());
  }

  @Test
  void what_a_system_only_keeps_tells_nobody() {
    report(system, "feed", "feed", "final", "58410-2", "");
    assertEquals(0, messages("feed").size());
  }

  private static int told(String patient) {
    return server
        .server()
        .wiring()
        .store()
        .as(Caller.SYSTEM)
        .search(
            "Communication",
            null,
            Map.of(
                "recipient",
                new String[] {"Patient/" + patient},
                "part-of:missing",
                new String[] {"false"}),
            true)
        .matches()
        .size();
  }

  @Test
  void one_that_has_become_for_the_clinician_first_is_not_told_by_the_time_set_before() {
    report(ehr, "turn", "turn", "final", "slow", "");
    report(ehr, "turn", "turn", "amended", "GE", "");
    assertEquals(1, entries("Task?code=release-result&patient=Patient/turn").size());
    CLOCK.forward(Duration.ofMinutes(61));
    server.runDue();
    int told = told("turn");
    CLOCK.forward(Duration.ofMinutes(-61));
    assertEquals(0, told);
  }

  @Test
  void a_correction_is_told_though_its_conversation_is_closed() {
    report(ehr, "shut", "shut", "final", "58410-2", "");
    String thread = messages("shut").at("/0/resource/partOf/0/reference").asText();
    Reply closed =
        doctor.put(thread, doctor.get(thread).body().replace("in-progress", "completed"));
    assertEquals(200, closed.status(), closed.body());
    report(ehr, "shut", "shut", "corrected", "58410-2", ",'conclusion':'other'");
    JsonNode both = messages("shut");
    assertEquals(2, both.size(), both.toString());
    assertTrue(both.at("/1/resource").toString().contains("has been changed"), both.toString());
  }

  @Test
  void a_report_that_turns_out_to_be_of_somebody_else_is_told_to_them() {
    report(ehr, "swap", "swap", "final", "58410-2", "");
    report(ehr, "swap", "shut", "corrected", "58410-2", ",'conclusion':'other'");
    assertEquals(1, messages("swap").size());
    JsonNode theirs =
        entries(
            "Communication?recipient=Patient/shut&about=DiagnosticReport/swap&part-of:missing=false");
    assertEquals(1, theirs.size(), theirs.toString());
    assertTrue(theirs.toString().contains("is ready"), theirs.toString());
    assertEquals(
        404,
        server
            .asUser("Patient/swap")
            .get("Communication/" + theirs.at("/0/resource/id").asText())
            .status());
  }

  @Test
  void what_no_message_may_tell_is_a_task() {
    stored("Patient/dead", "'active':true,'deceasedBoolean':true");
    report(ehr, "dead", "dead", "final", "58410-2", "");
    assertEquals(1, entries("Task?code=reach-by-other-means&patient=Patient/dead").size());
  }

  @Test
  void a_critical_value_goes_to_who_stands_in_and_is_counted() {
    stored("Practitioner/busy", "'active':true");
    stored("Practitioner/cover", "'active':true");
    TestServer busy = server.asUser("Practitioner/busy");
    TestServer cover = server.asUser("Practitioner/cover");
    String away =
        "{'resourceType':'Parameters','parameter':[{'name':'until','valueDateTime':'%s'},{'name':'delegate','valueReference':{'reference':'Practitioner/cover'}}]}"
            .formatted(Instant.now().plus(Duration.ofHours(2)))
            .replace('\'', '"');
    Reply set = busy.post("Practitioner/busy/$set-availability", away);
    assertEquals(200, set.status(), set.body());
    String asked = entries("Task?owner=Practitioner/cover").at("/0/resource/id").asText();
    cover.post("Task/" + asked + "/$accept", "{\"resourceType\":\"Parameters\"}");
    stored(
        "ServiceRequest/busy",
        "'status':'active','intent':'order','subject':{'reference':'Patient/busy'},'requester':{'reference':'Practitioner/busy'}");
    String critical =
        ",'basedOn':[{'reference':'ServiceRequest/busy'}],'conclusionCode':[{'coding':[{'code':'HH'}]}]";
    report(ehr, "busy", "busy", "final", "58410-2", critical);
    report(ehr, "busy", "busy", "final", "58410-2", critical);
    JsonNode tasks = entries("Task?code=acknowledge&patient=Patient/busy");
    assertEquals(2, tasks.size(), tasks.toString());
    JsonNode task = tasks.at("/0/resource");
    assertEquals(
        Duration.ofMinutes(30),
        Duration.between(
            Instant.parse(task.at("/authoredOn").asText()),
            Instant.parse(task.at("/restriction/period/end").asText())));
    Reply read = cover.get(task.at("/focus/reference").asText());
    assertEquals(200, read.status(), read.body());
    assertTrue(read.body().contains("message-number"), read.body());
    assertEquals(
        404, server.asUser("Patient/busy").get(task.at("/focus/reference").asText()).status());
    Reply unread = busy.get("Communication/$unread");
    assertEquals(1, unread.json().at("/parameter/0/valueUnsignedInt").asInt(), unread.body());
  }

  @Test
  void a_critical_report_that_names_no_clinician_is_a_task_for_those_who_treat_the_patient() {
    String body =
        "'status':'final','code':{'text':'K'},'subject':{'reference':'Patient/open'},'conclusionCode':[{'coding':[{'code':'LL'}]}]";
    assertEquals(
        201, ehr.put("DiagnosticReport/open", json("DiagnosticReport/open", body)).status());
    JsonNode tasks = entries("Task?code=critical-result&patient=Patient/open");
    assertEquals(1, tasks.size(), tasks.toString());
    JsonNode task = tasks.at("/0/resource");
    assertEquals("stat", task.at("/priority").asText());
    assertEquals("DiagnosticReport/open", task.at("/focus/reference").asText());
    assertEquals(200, doctor.get("Task/" + task.at("/id").asText()).status());
    assertEquals(
        404, server.asUser("Patient/open").get("Task/" + task.at("/id").asText()).status());
  }

  /** The time of day, or later: tokens are valid by it. */
  private static final class Ahead extends Clock {
    private volatile Duration by = Duration.ZERO;

    void forward(Duration time) {
      by = by.plus(time);
    }

    @Override
    public Instant instant() {
      return Instant.now().plus(by);
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }
  }
}
