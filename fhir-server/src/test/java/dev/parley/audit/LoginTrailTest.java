// SPDX-License-Identifier: Apache-2.0
package dev.parley.audit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.TestServer;
import dev.parley.TestServer.Reply;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What the trail says of logins and of consent decisions. */
class LoginTrailTest {
  private static TestServer server;
  private static TestServer system;

  @BeforeAll
  static void start() {
    server = TestServer.withLogin();
    system = server.asSystem();
    put("Practitioner/dr", "'active':true");
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static String json(String inQuotes) {
    return "{" + inQuotes.replace('\'', '"') + "}";
  }

  private static void put(String reference, String rest) {
    int slash = reference.indexOf('/');
    Reply reply =
        system.put(
            reference,
            json(
                "'resourceType':'%s','id':'%s',%s"
                    .formatted(
                        reference.substring(0, slash), reference.substring(slash + 1), rest)));
    assertEquals(2, reply.status() / 100, reply.body());
  }

  private static Reply events(String query) {
    Reply reply = system.get("AuditEvent?_total=accurate&" + query);
    assertEquals(200, reply.status(), reply.body());
    return reply;
  }

  private static int count(String query) {
    return events(query).json().at("/total").asInt();
  }

  @Test
  void a_login_has_one_row_however_often_it_is_used_and_its_end_another() {
    put("Practitioner/in", "'active':true");
    String of = "&agent=Practitioner/in";
    TestServer person = server.asUser("Practitioner/in");
    for (int i = 0; i < 3; i++) {
      assertEquals(200, person.get("Practitioner/in").status());
    }
    assertEquals(1, count("subtype=110122" + of));
    assertEquals(0, count("subtype=110123" + of));
    put("Practitioner/in", "'active':false");
    assertEquals(401, person.get("Practitioner/in").status());
    Reply logout = events("subtype=110123" + of);
    assertEquals(1, logout.json().at("/total").asInt(), logout.body());
    assertEquals(1, count("subtype=110122" + of));
  }

  @Test
  void a_message_that_a_consent_lets_pass_leaves_the_decision_and_one_that_it_does_not_no_permit() {
    put("Patient/anna", "'generalPractitioner':[{'reference':'Practitioner/dr'}]");
    String message =
        json(
            "'resourceType':'Communication','status':'completed','subject':{'reference':'Patient/anna'},'recipient':[{'reference':'Patient/anna'}],'payload':[{'contentString':'x'}]");
    TestServer doctor = server.asUser("Practitioner/dr");
    assertEquals(403, doctor.post("Communication", message).status());
    assertEquals(0, count("subtype=AuthZ-Consent&patient=Patient/anna"));
    put(
        "Consent/anna",
        """
        'status':'active','scope':{'coding':[{'code':'patient-privacy'}]},
        'category':[{'coding':[{'system':'https://parley.dev/fhir/CodeSystem/consent-kind','code':'secure-messaging'}]}],
        'patient':{'reference':'Patient/anna'},'policyRule':{'coding':[{'code':'OPTIN'}]},
        'sourceAttachment':{'url':'https://example.org/form','hash':'YQ=='}""");
    Reply sent = doctor.post("Communication", message);
    assertEquals(201, sent.status(), sent.body());
    Reply decisions = events("subtype=AuthZ-Consent&patient=Patient/anna");
    assertEquals(1, decisions.json().at("/total").asInt(), decisions.body());
    assertTrue(decisions.body().contains("\"Consent/anna\""), decisions.body());
    assertTrue(decisions.body().contains("\"Practitioner/dr\""), decisions.body());
  }
}
