// SPDX-License-Identifier: Apache-2.0
package dev.parley.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.parley.TestServer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Search as a client meets it: Bundle, links, POST, refusals. */
class SearchHttpTest {
  private static List<String> ids(JsonNode bundle) {
    List<String> ids = new ArrayList<>();
    bundle.get("entry").forEach(e -> ids.add(e.at("/resource/id").asText()));
    return ids;
  }

  private static String link(JsonNode bundle, String relation) {
    for (JsonNode link : bundle.get("link")) {
      if (link.get("relation").asText().equals(relation)) {
        return link.get("url").asText();
      }
    }
    return null;
  }

  @Test
  void a_message_is_in_the_thread_as_soon_as_it_is_answered_and_pages_lead_on() {
    try (TestServer server = TestServer.start()) {
      server.put(
          "Patient/p1",
          "{\"resourceType\":\"Patient\",\"id\":\"p1\",\"name\":[{\"family\":\"Geheim\"}]}");
      server.put(
          "Communication/t1",
          "{\"resourceType\":\"Communication\",\"id\":\"t1\",\"status\":\"in-progress\"}");
      for (int i = 0; i < 5; i++) {
        assertEquals(
            201,
            server
                .put(
                    "Communication/m" + i,
                    """
                    {"resourceType":"Communication","id":"m%d","status":"completed","sent":"2026-01-0%dT10:00:00Z",
                     "partOf":[{"reference":"Communication/t1"}],"sender":{"reference":"Patient/p1"}}"""
                        .formatted(i, i + 1))
                .status());
        assertEquals(
            "m" + i,
            ids(server.get("Communication?part-of=Communication/t1&_sort=-sent").json()).get(0));
      }
      //
      JsonNode first =
          server
              .get("Communication?part-of=t1&_sort=-sent&_count=2&_include=Communication:sender")
              .json();
      assertEquals(List.of("m4", "m3", "p1"), ids(first));
      assertEquals("include", first.at("/entry/2/search/mode").asText());
      assertTrue(link(first, "self").contains("part-of=t1"));
      String next = link(first, "next");
      assertTrue(next.contains("_count=2"), next);
      JsonNode second = server.get(next).json();
      assertEquals(List.of("m2", "m1", "p1"), ids(second));
      JsonNode back = server.get(link(second, "previous")).json();
      assertEquals(ids(first), ids(back));
      // A-79, promise 7: a name by which was sorted is not to be read in a link
      String byName = link(server.get("Patient?_sort=name&_count=1").json(), "self");
      assertFalse(byName.contains("Geheim"));
      //
      JsonNode posted =
          server
              .post(
                  "Communication/_search",
                  "part-of=t1&_count=1",
                  "Content-Type",
                  "application/x-www-form-urlencoded")
              .json();
      assertEquals(List.of("m4"), ids(posted));
      assertTrue(link(posted, "self").contains("/Communication?part-of=t1"));
      //
      assertEquals(400, server.get("Communication?foo=1").status());
      JsonNode lenient =
          server.get("Communication?foo=1&_count=1", "Prefer", "handling=lenient").json();
      assertEquals("outcome", lenient.at("/entry/1/search/mode").asText());
      assertFalse(link(lenient, "self").contains("foo"));
      //
      assertEquals(5, ids(server.get("Patient/p1/Communication").json()).size());
    }
  }
}
