// SPDX-License-Identifier: Apache-2.0
package dev.parley.expectation;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import dev.parley.TestClock;
import dev.parley.TestServer;
import dev.parley.TestServer.Reply;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/**
 * A clinic with a service that promises answers, its people and its patients, at nine o'clock (in
 * Greenwich) on a Wednesday of March.
 */
public final class Clinic implements AutoCloseable {
  private static final String OURS = "https://parley.dev/fhir/StructureDefinition/";
  private static final String TASKS = "https://parley.dev/fhir/CodeSystem/task";
  public static final String SERVICE = "HealthcareService/dialysis";
  public static final String NURSE = "Practitioner/nurse";
  public static final String OTHER = "Practitioner/other";

  /** On call for the service. */
  public static final String ONCALL = "Practitioner/oncall";

  /** Leads the team of the service. */
  public static final String LEAD = "Practitioner/lead";

  /** Works elsewhere. */
  public static final String STRANGER = "Practitioner/stranger";

  /** Weekdays from eight to five in Berlin; four hours, refills in eight, urgent ones sooner. */
  static final String DIALYSIS =
      """
      'active':true,'name':'Dialysis','providedBy':{'reference':'Organization/clinic'},
      'extension':[{'url':'http://hl7.org/fhir/StructureDefinition/timezone','valueCode':'Europe/Berlin'},
        {'url':'%1$semergency-text','valueString':'In an emergency call 112.'},
        {'url':'%1$safter-hours-text','valueString':'We read messages on weekdays.'},
        %2$s,%3$s,%4$s,%5$s],
      'availableTime':[{'daysOfWeek':['mon','tue','wed','thu','fri'],'availableStartTime':'08:00:00','availableEndTime':'17:00:00'}],
      'notAvailable':[{'description':'Christmas','during':{'start':'2026-12-24','end':'2026-12-26'}}]"""
          .formatted(
              OURS,
              promise(4, null, null),
              promise(1, null, "urgent"),
              promise(8, "refill", null),
              promise(2, "refill", "urgent"));

  private static final Instant MORNING = Instant.parse("2027-03-03T09:00:00Z");

  public final TestClock clock = new TestClock();
  public final TestServer server;

  public Clinic() {
    this(Map.of());
  }

  /** With more settings. */
  public Clinic(Map<String, String> settings) {
    clock.to(MORNING);
    server = TestServer.withLogin(settings, clock);
    furnish();
  }

  /** As at the beginning, on the morning of that day: for the next test. */
  public void anew() {
    clock.to(MORNING);
    server.empty();
    furnish();
  }

  private void furnish() {
    stored("Organization/clinic", "'name':'Clinic'");
    stored(SERVICE, DIALYSIS);
    for (String who : List.of(NURSE, OTHER, ONCALL, LEAD, STRANGER)) {
      stored(who, "'active':true");
    }
    role("nurse", NURSE, "nurse", "");
    role("other", OTHER, "nurse", "");
    role("oncall", ONCALL, "on-call", "");
    role("lead", LEAD, "team-lead", "");
  }

  private static String promise(int hours, String category, String priority) {
    return "{'url':'%sresponse-promise','extension':[%s%s{'url':'within','valueDuration':{'value':%d,'system':'http://unitsofmeasure.org','code':'h'}}]}"
        .formatted(
            OURS,
            category == null ? "" : "{'url':'category','valueCode':'" + category + "'},",
            priority == null ? "" : "{'url':'priority','valueCode':'" + priority + "'},",
            hours);
  }

  /** Somebody's role at the service. */
  public void role(String id, String who, String code, String more) {
    stored(
        "PractitionerRole/" + id,
        "'active':true,%s'healthcareService':[{'reference':'%s'}],'organization':{'reference':'Organization/clinic'},'code':[{'coding':[{'system':'https://parley.dev/fhir/CodeSystem/role','code':'%s'}]}]%s"
            .formatted(
                who == null ? "" : "'practitioner':{'reference':'" + who + "'},",
                SERVICE,
                code,
                more));
  }

  /** A patient with a consent to messages. */
  public String patient(String id) {
    String patient = stored("Patient/" + id, "'active':true");
    byte[] form = "I agree".getBytes(StandardCharsets.UTF_8);
    Base64.Encoder base64 = Base64.getEncoder();
    stored(
        "Consent/" + id,
        """
        'status':'active','scope':{'coding':[{'system':'http://terminology.hl7.org/CodeSystem/consentscope','code':'patient-privacy'}]},
        'category':[{'coding':[{'system':'https://parley.dev/fhir/CodeSystem/consent-kind','code':'secure-messaging'}]}],
        'patient':{'reference':'%s'},'dateTime':'2026-01-10',
        'policyRule':{'coding':[{'system':'http://terminology.hl7.org/CodeSystem/v3-ActCode','code':'OPTIN'}]},
        'sourceAttachment':{'contentType':'text/plain','data':'%s','hash':'%s'}"""
            .formatted(patient, base64.encodeToString(form), base64.encodeToString(sha1(form))));
    return patient;
  }

  private static byte[] sha1(byte[] data) {
    try {
      return MessageDigest.getInstance("SHA-1").digest(data);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A thread of the patient with these. */
  public String thread(String patient, String... others) {
    List<String> recipients = new ArrayList<>();
    for (String each : others) {
      recipients.add("{'reference':'" + each + "'}");
    }
    return stored(
        "Communication/t-" + patient.substring(8),
        "'status':'in-progress','subject':{'reference':'%1$s'},'sender':{'reference':'%1$s'},'recipient':[%2$s]"
            .formatted(patient, String.join(",", recipients)));
  }

  /** A message that somebody sends into a thread. */
  public Reply say(String who, String thread, String more) {
    return as(who)
        .post(
            "Communication",
            json(
                "'resourceType':'Communication','status':'in-progress','partOf':[{'reference':'%s'}],'payload':[{'contentString':'Private words'}]%s"
                    .formatted(thread, more)));
  }

  public Reply said(String who, String thread, String more) {
    Reply reply = say(who, thread, more);
    assertEquals(201, reply.status(), reply.body());
    return reply;
  }

  /** With a token of this moment. */
  public TestServer as(String person) {
    return server.as(token(person));
  }

  public String token(String person) {
    return server.issuer().token(person, "user/*.cruds", Map.of("acr", "2"));
  }

  public TestServer system() {
    return server.asSystem();
  }

  /** Puts a resource as the record-keeping system; the JSON in single quotes. */
  public String stored(String reference, String elements) {
    String[] parts = reference.split("/");
    Reply reply =
        system()
            .put(
                reference,
                json("'resourceType':'%s','id':'%s',%s".formatted(parts[0], parts[1], elements)));
    assertEquals(2, reply.status() / 100, reply.body());
    return reference;
  }

  public static String json(String inQuotes) {
    return "{" + inQuotes.replace('\'', '"') + "}";
  }

  /** Parameters of an operation. */
  public static String parameters(String... namesAndValues) {
    List<String> all = new ArrayList<>();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      all.add("{'name':'%s',%s}".formatted(namesAndValues[i], namesAndValues[i + 1]));
    }
    return json(
        "'resourceType':'Parameters'"
            + (all.isEmpty() ? "" : ",'parameter':[" + String.join(",", all) + "]"));
  }

  /** The Tasks of one kind about a conversation, oldest first. */
  public List<JsonNode> tasks(String code, String focus) {
    Reply reply =
        system().get("Task?focus=%s&code=%s|%s&_sort=_lastUpdated".formatted(focus, TASKS, code));
    assertEquals(200, reply.status(), reply.body());
    List<JsonNode> tasks = new ArrayList<>();
    reply.json().path("entry").forEach(e -> tasks.add(e.path("resource")));
    tasks.sort(java.util.Comparator.comparing(t -> t.path("authoredOn").asText()));
    return tasks;
  }

  /** The one piece of work that a conversation is. */
  public JsonNode work(String focus) {
    List<JsonNode> all = tasks("answer-message", focus);
    assertEquals(1, all.size(), all.toString());
    return all.get(0);
  }

  public static String state(JsonNode task) {
    return task.at("/businessStatus/coding/0/code").asText();
  }

  public static String owner(JsonNode task) {
    return task.at("/owner/reference").asText();
  }

  public static String due(JsonNode task) {
    return task.at("/restriction/period/end").asText();
  }

  public void forward(Duration time) {
    clock.forward(time);
    server.runDue();
  }

  @Override
  public void close() {
    server.close();
  }
}
