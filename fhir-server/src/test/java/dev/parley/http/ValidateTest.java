// SPDX-License-Identifier: Apache-2.0
package dev.parley.http;

import static dev.parley.http.Rest.ok;
import static dev.parley.http.Rest.refused;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.parley.TestServer;
import dev.parley.TestServer.Reply;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** and validation of every write at the level "full". */
class ValidateTest {
  private static TestServer server;

  @BeforeAll
  static void start() {
    server = TestServer.start(Map.of("PARLEY_VALIDATION", "full"));
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static boolean hasErrors(Reply reply) {
    for (JsonNode issue : ok(200, reply).json().at("/issue")) {
      if (issue.at("/severity").asText().equals("error")) {
        return true;
      }
    }
    return false;
  }

  @Test
  void a_resource_is_judged_bare_or_in_parameters() {
    String good = Rest.patient("a");
    String bad = "{\"resourceType\":\"Patient\",\"gender\":\"unheard\",\"shoe\":1}";
    String parameters =
        "{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"resource\",\"resource\":%s}]}";
    assertFalse(hasErrors(server.post("Patient/$validate", good)));
    assertTrue(hasErrors(server.post("Patient/$validate", bad)));
    assertFalse(hasErrors(server.post("Patient/$validate", parameters.formatted(good))));
    assertTrue(hasErrors(server.post("Patient/$validate", parameters.formatted(bad))));
    assertTrue(hasErrors(server.post("Practitioner/$validate", good)));
    assertTrue(hasErrors(server.post("Patient/$validate?profile=http://no.such/profile", good)));
  }

  @Test
  void a_stored_resource_and_its_delete_are_judged() {
    String id = ok(201, server.post("Patient", Rest.patient("a"))).id();
    assertFalse(hasErrors(server.get("Patient/" + id + "/$validate")));
    assertFalse(hasErrors(server.post("Patient/" + id + "/$validate", Rest.patient(id, "b"))));
    assertTrue(hasErrors(server.post("Patient/" + id + "/$validate", Rest.patient("no", "b"))));
    assertFalse(hasErrors(server.get("Patient/" + id + "/$validate?mode=delete")));
    assertEquals("1", server.get("Patient/" + id).json().at("/meta/versionId").asText());
  }

  @Test
  void what_cannot_be_judged_is_refused() {
    refused(400, server.get("Patient/$validate"));
    refused(400, server.post("Patient/$validate", "{\"resourceType\":"));
    refused(404, server.get("Patient/nobody/$validate"));
  }

  @Test
  void at_the_level_full_a_write_is_checked_against_all_of_r4() {
    String contact = "{\"resourceType\":\"Patient\",\"contact\":[{\"gender\":\"male\"}]}";
    Reply refused = refused(422, server.post("Patient", contact));
    assertEquals("not-conformant", refused.reason());
    assertTrue(refused.json().at("/issue/0/expression/0").asText().startsWith("Patient.contact"));
    ok(201, Rest.server().post("Patient", contact));
  }
}
