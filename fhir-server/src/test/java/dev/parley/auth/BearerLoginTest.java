// SPDX-License-Identifier: Apache-2.0
package dev.parley.auth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.TestServer;
import dev.parley.TestServer.Reply;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class BearerLoginTest {
  private static final String DOCTOR =
      "{\"resourceType\":\"Practitioner\",\"id\":\"dr-1\",\"active\":true}";
  private static TestServer server;

  @BeforeAll
  static void start() {
    server = TestServer.withLogin();
    assertEquals(201, server.asSystem().put("Practitioner/dr-1", DOCTOR).status());
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static void refused(String reason, Reply reply) {
    assertEquals(401, reply.status(), reply.body());
    assertEquals("login", reply.json().at("/issue/0/code").asText());
    assertEquals(reason, reply.reason());
  }

  @Test
  void a_good_token_opens_what_its_person_may_do() { // E-32
    assertEquals(200, server.asUser("Practitioner/dr-1").get("Practitioner/dr-1").status());
  }

  @Test
  void without_a_token_the_answer_says_how_to_come() { // E-31, E-34
    Reply reply = server.get("Practitioner/dr-1");
    refused("login-required", reply);
    assertEquals("Bearer realm=\"parley\"", reply.header("WWW-Authenticate"));
  }

  @Test
  void everything_but_metadata_is_closed() { // E-37
    assertEquals(200, server.get("metadata").status());
    for (String path :
        new String[] {
          "Patient",
          "Patient/1",
          "_history",
          "",
          "Patient/$validate",
          "Nonsense",
          "metadata/x",
          "Subscription/$status",
          "Patient/1/_history/1",
          "?_type=Patient"
        }) {
      refused("login-required", server.get(path));
    }
    refused("login-required", server.post("", "{\"resourceType\":\"Bundle\",\"type\":\"batch\"}"));
    refused("login-required", server.post("metadata", "{}"));
    refused("login-required", server.delete("Practitioner/dr-1"));
  }

  @Test
  void a_token_in_the_url_is_refused() { // E-31
    String token = server.issuer().system("system/*.cruds");
    refused("invalid-token", server.get("Practitioner/dr-1?access_token=" + token));
    refused("invalid-token", server.asSystem().get("Practitioner?_count=1&access_token=" + token));
  }

  @Test
  void only_one_header_of_the_bearer_scheme_counts() { // E-31
    String token = server.issuer().system("system/*.cruds");
    assertEquals(200, server.get("Practitioner/dr-1", "Authorization", "bearer " + token).status());
    refused("invalid-token", server.get("Practitioner/dr-1", "Authorization", "Basic " + token));
    refused("invalid-token", server.get("Practitioner/dr-1", "Authorization", "Bearer"));
    refused(
        "invalid-token", server.asSystem().get("Practitioner/dr-1", "Authorization", "Bearer x"));
  }

  @Test
  void a_bad_token_is_named_as_such() { // E-34
    Reply reply = server.as("a.b.c").get("Practitioner/dr-1");
    refused("invalid-token", reply);
    assertTrue(reply.header("WWW-Authenticate").contains("error=\"invalid_token\""));
    assertNull(reply.header("ETag"));
  }
}
