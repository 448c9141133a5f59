// SPDX-License-Identifier: Apache-2.0
package dev.parley.conversation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.TestClock;
import dev.parley.TestServer;
import dev.parley.TestServer.Reply;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A thread about Anna among two doctors, "t", and one with her, "p", to which she has agreed; a
 * clock that the test turns; and who asks as whom.
 */
final class Room implements AutoCloseable {
  final TestClock clock = new TestClock();
  final TestServer server;

  Room(String... settings) {
    Map<String, String> all = new HashMap<>();
    for (int i = 0; i < settings.length; i += 2) {
      all.put(settings[i], settings[i + 1]);
    }
    server = TestServer.withLogin(all, clock);
    for (String who : List.of("dr-a", "dr-b", "gp", "officer")) {
      stored("Practitioner/" + who, "'active':true");
    }
    stored(
        "Patient/anna",
        "'active':true,'generalPractitioner':[{'reference':'Practitioner/gp'},{'reference':'Practitioner/dr-a'}]");
    stored("RelatedPerson/mum", "'active':true,'patient':{'reference':'Patient/anna'}");
    consent("anna");
    thread("t", "anna", "staff-only", "Practitioner/dr-a", "Practitioner/dr-b");
    thread("p", "anna", "patient-facing", "Practitioner/dr-a", "Patient/anna");
  }

  void thread(String id, String patient, String audience, String... people) {
    stored(
        "Communication/" + id,
        "'status':'in-progress','subject':{'reference':'Patient/%s'},'sender':{'reference':'%s'},'recipient':[%s],'category':[{'coding':[{'system':'https://parley.dev/fhir/CodeSystem/audience','code':'%s'}]}]"
            .formatted(
                patient,
                people[0],
                String.join(
                    ",", List.of(people).stream().map(p -> "{'reference':'" + p + "'}").toList()),
                audience));
  }

  void consent(String patient) {
    stored(
        "Consent/c-" + patient,
        "'status':'active','scope':{'coding':[{'system':'http://terminology.hl7.org/CodeSystem/consentscope','code':'patient-privacy'}]},'category':[{'coding':[{'system':'https://parley.dev/fhir/CodeSystem/consent-kind','code':'secure-messaging'}]}],'patient':{'reference':'Patient/%s'},'dateTime':'2026-01-10','policyRule':{'coding':[{'system':'http://terminology.hl7.org/CodeSystem/v3-ActCode','code':'OPTIN'}]},'sourceAttachment':{'contentType':'text/plain','data':'SSBhZ3JlZQ==','hash':'%s'}"
            .formatted(patient, hash()));
  }

  private static String hash() {
    try {
      return java.util.Base64.getEncoder()
          .encodeToString(
              java.security.MessageDigest.getInstance("SHA-1").digest("I agree".getBytes()));
    } catch (java.security.NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  Reply stored(String reference, String elements) {
    String[] parts = reference.split("/");
    Reply reply =
        system()
            .put(
                reference,
                json("'resourceType':'%s','id':'%s',%s".formatted(parts[0], parts[1], elements)));
    assertTrue(reply.status() < 300, reply.body());
    return reply;
  }

  static String json(String inQuotes) {
    return "{" + inQuotes.replace('\'', '"') + "}";
  }

  TestServer system() {
    Map<String, Object> claims = times(Map.of("sub", "backend", "client_id", "backend"));
    return server.as(server.issuer().sign(server.issuer().claims("system/*.cruds", claims)));
  }

  TestServer as(String person) {
    return as(person, List.of("clinician"));
  }

  /** With a token that is good at the time of the clock. */
  TestServer as(String person, List<String> roles) {
    String who = person.contains("/") ? person : "Practitioner/" + person;
    return server.as(
        server.issuer().token(who, "user/*.cruds", times(Map.of("roles", roles, "acr", "3"))));
  }

  private Map<String, Object> times(Map<String, Object> more) {
    Map<String, Object> claims = new HashMap<>(more);
    claims.put("iat", clock.instant());
    claims.put("exp", clock.instant().plusSeconds(3_600));
    claims.put("auth_time", clock.instant().getEpochSecond());
    return claims;
  }

  static String message(String thread, String text, String more) {
    return json(
        "'resourceType':'Communication','status':'in-progress','partOf':[{'reference':'Communication/%s'}],'payload':[{'contentString':'%s'}]%s"
            .formatted(thread, text, more.isEmpty() ? "" : "," + more));
  }

  /** The path of the new message. */
  String sent(String person, String thread, String text, String more) {
    Reply reply = as(person).post("Communication", message(thread, text, more));
    assertEquals(201, reply.status(), reply.body());
    return "Communication/" + reply.id();
  }

  static String parameters(String... namesAndValues) {
    StringBuilder out = new StringBuilder("'resourceType':'Parameters','parameter':[");
    for (int i = 0; i < namesAndValues.length; i += 2) {
      out.append(i == 0 ? "" : ",")
          .append(
              "{'name':'%s','valueString':'%s'}"
                  .formatted(namesAndValues[i], namesAndValues[i + 1]));
    }
    return json(out.append("]").toString());
  }

  @Override
  public void close() {
    server.close();
  }
}
