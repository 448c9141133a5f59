// SPDX-License-Identifier: Apache-2.0
package dev.parley.departure;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.parley.TestClock;
import dev.parley.TestServer;
import dev.parley.TestServer.Reply;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;

/** A server with a login, and who asks it; JSON in single quotes. */
final class Place implements AutoCloseable {
  private final TestServer server;
  private final Clock clock;
  TestServer system;

  /** A system that sends messages, rather than keeping records of them. */
  final TestServer messaging;

  Place(Clock clock) {
    this.clock = clock;
    server = TestServer.withLogin(Map.of(), clock);
    system = server.asSystem();
    messaging = server.as(server.issuer().system("system/*.cruds messaging"));
  }

  TestServer person(String reference) {
    return server.asUser(reference);
  }

  String put(String reference, String rest) {
    int slash = reference.indexOf('/');
    Reply reply =
        system.put(
            reference,
            json(
                "'resourceType':'%s','id':'%s',%s"
                    .formatted(
                        reference.substring(0, slash), reference.substring(slash + 1), rest)));
    assertEquals(2, reply.status() / 100, reply.body());
    return reference;
  }

  void consent(String patient) {
    byte[] form = "I agree".getBytes(StandardCharsets.UTF_8);
    put(
        "Consent/" + patient,
        """
        'status':'active','scope':{'coding':[{'system':'http://terminology.hl7.org/CodeSystem/consentscope','code':'patient-privacy'}]},
        'category':[{'coding':[{'system':'https://parley.dev/fhir/CodeSystem/consent-kind','code':'secure-messaging'}]}],
        'patient':{'reference':'Patient/%s'},'dateTime':'2026-01-10',
        'policyRule':{'coding':[{'system':'http://terminology.hl7.org/CodeSystem/v3-ActCode','code':'OPTIN'}]},
        'sourceAttachment':{'contentType':'text/plain','data':'%s','hash':'%s'}"""
            .formatted(
                patient,
                Base64.getEncoder().encodeToString(form),
                Base64.getEncoder().encodeToString(sha1(form))));
  }

  private static byte[] sha1(byte[] data) {
    try {
      return MessageDigest.getInstance("SHA-1").digest(data);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  static String json(String inQuotes) {
    return "{" + inQuotes.replace('\'', '"') + "}";
  }

  int count(String table) {
    try (Connection connection = server.server().wiring().database().connection();
        ResultSet row =
            connection.createStatement().executeQuery("select count(*) from " + table)) {
      row.next();
      return row.getInt(1);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Turns the clock, with tokens that are good then. */
  void forward(Duration time) {
    ((TestClock) clock).forward(time);
    system = server.asSystem();
  }

  void runDue() {
    server.runDue();
  }

  @Override
  public void close() {
    server.close();
  }
}
