// SPDX-License-Identifier: Apache-2.0
package dev.parley.http;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import dev.parley.TestServer;
import dev.parley.TestServer.Reply;

/** One server for all tests of the checklist: each makes its own resources. */
final class Rest {
  private static TestServer server;

  private Rest() {}

  static synchronized TestServer server() {
    if (server == null) {
      server = TestServer.start();
      server.put("Patient/x", Types.minimal("Patient", "x"));
      server.put("Practitioner/x", Types.minimal("Practitioner", "x"));
    }
    return server;
  }

  static String patient(String family) {
    return "{\"resourceType\":\"Patient\",\"name\":[{\"family\":\"%s\"}]}".formatted(family);
  }

  static String patient(String id, String family) {
    return "{\"resourceType\":\"Patient\",\"id\":\"%s\",\"name\":[{\"family\":\"%s\"}]}"
        .formatted(id, family);
  }

  /** The status, and a body that explains it. */
  static Reply refused(int status, Reply reply) {
    assertEquals(status, reply.status(), reply.body());
    JsonNode body = reply.json();
    assertEquals("OperationOutcome", body.at("/resourceType").asText(), reply.body());
    assertEquals("error", body.at("/issue/0/severity").asText());
    for (String leak : new String[] {"Exception", "select ", "\\tat ", ".java", "HAPI-"}) {
      if (reply.body().contains(leak)) {
        throw new AssertionError("leaks " + leak + ": " + reply.body());
      }
    }
    return reply;
  }

  static Reply ok(int status, Reply reply) {
    assertEquals(status, reply.status(), reply.body());
    return reply;
  }
}
