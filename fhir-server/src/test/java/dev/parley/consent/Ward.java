// SPDX-License-Identifier: Apache-2.0
package dev.parley.consent;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.parley.TestServer;
import dev.parley.TestServer.Reply;
import dev.parley.store.WrittenSource;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/** A small clinic with a login: a doctor, patients of theirs, a proxy, and who writes as whom. */
final class Ward implements AutoCloseable {
  static final String DOCTOR = "Practitioner/dr";
  private static final String SCOPES = "user/*.cruds";

  final TestServer server;
  final TestServer records;
  final TestServer doctor;

  Ward(Map<String, String> settings) {
    server = TestServer.withLogin(settings, java.time.Clock.systemUTC());
    records = server.asSystem();
    stored(
        "Organization/clinic", "'name':'Clinic','telecom':[{'system':'phone','value':'555-0100'}]");
    stored(DOCTOR, "'active':true");
    doctor = staff(List.of("clinician"));
  }

  TestServer staff(List<String> roles) {
    return server.as(server.issuer().token(DOCTOR, SCOPES, Map.of("roles", roles, "acr", "2")));
  }

  TestServer as(String person) {
    return server.as(server.issuer().token(person, SCOPES, Map.of("acr", "2")));
  }

  /** A patient whom the doctor treats. */
  String patient(String id) {
    return stored(
        "Patient/" + id, "'active':true,'generalPractitioner':[{'reference':'" + DOCTOR + "'}]");
  }

  String child(String id) {
    return stored("Patient/" + id, "'active':true,'birthDate':'2022-03-01'");
  }

  String proxy(String id, String patient) {
    return stored("RelatedPerson/" + id, "'active':true,'patient':{'reference':'" + patient + "'}");
  }

  /** Puts a resource as the record-keeping system; the JSON in single quotes. */
  String stored(String reference, String elements) {
    String type = reference.substring(0, reference.indexOf('/'));
    String id = reference.substring(type.length() + 1);
    Reply reply =
        records.put(
            reference, json("'resourceType':'%s','id':'%s',%s".formatted(type, id, elements)));
    assertEquals(2, reply.status() / 100, reply.body());
    return reference;
  }

  /** A signed permission for secure messaging. */
  String consent(String id, String patient) {
    return stored("Consent/" + id, consent(patient, "active", "secure-messaging", "OPTIN", true));
  }

  static String consent(String patient, String status, String kind, String policy, boolean signed) {
    String source =
        signed
            ? ",'sourceAttachment':{'contentType':'text/plain','data':'%s','hash':'%s'}"
                .formatted(
                    base64("I agree".getBytes(StandardCharsets.UTF_8)),
                    base64(WrittenSource.sha1("I agree".getBytes(StandardCharsets.UTF_8))))
            : "";
    return """
        'status':'%s','scope':{'coding':[{'system':'http://terminology.hl7.org/CodeSystem/consentscope','code':'patient-privacy'}]},
        'category':[{'coding':[{'system':'https://parley.dev/fhir/CodeSystem/consent-kind','code':'%s'}]}],
        'patient':{'reference':'%s'},'dateTime':'2026-01-10',
        'policyRule':{'coding':[{'system':'http://terminology.hl7.org/CodeSystem/v3-ActCode','code':'%s'}]}%s"""
        .formatted(status, kind, patient, policy, source);
  }

  private static String base64(byte[] data) {
    return Base64.getEncoder().encodeToString(data);
  }

  /** An open thread of these two; "" or a category of audience. */
  String thread(String id, String patient, String other, String audience) {
    return stored(
        "Communication/" + id,
        "'status':'in-progress','subject':{'reference':'%s'},'sender':{'reference':'%s'},'recipient':[{'reference':'%s'}]%s"
            .formatted(
                patient,
                DOCTOR,
                other,
                audience.isEmpty()
                    ? ""
                    : ",'category':[{'coding':[{'system':'https://parley.dev/fhir/CodeSystem/audience','code':'%s'}]}]"
                        .formatted(audience)));
  }

  static String message(String from, String to, String patient, String text, String more) {
    return json(
        "'resourceType':'Communication','status':'completed','subject':{'reference':'%s'},'sender':{'reference':'%s'},'recipient':[{'reference':'%s'}],'payload':[{'contentString':'%s'}]%s"
            .formatted(patient, from, to, text, more.isEmpty() ? "" : "," + more));
  }

  static String json(String inQuotes) {
    return "{" + inQuotes.replace('\'', '"') + "}";
  }

  int count(String query) {
    Reply reply = records.get(query + (query.contains("?") ? "&" : "?") + "_summary=count");
    assertEquals(200, reply.status(), reply.body());
    return reply.json().at("/total").asInt();
  }

  @Override
  public void close() {
    server.close();
  }
}
