// SPDX-License-Identifier: Apache-2.0
package dev.parley.http;

import static dev.parley.http.Rest.ok;
import static dev.parley.http.Rest.refused;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.parley.TestServer;
import dev.parley.TestServer.Reply;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every interaction on each of the types that Parley is tested with by name. */
class EveryTypeTest {
  private static final String TAG = "{\"system\":\"http://t\",\"code\":\"%s\"}";
  private final TestServer server = Rest.server();

  static Set<String> types() {
    return Types.NAMED;
  }

  @ParameterizedTest
  @MethodSource("types")
  void a_type_has_all_interactions(String type) {
    String tag = UUID.randomUUID().toString();
    String meta = "\"meta\":{\"tag\":[" + TAG.formatted(tag) + "]},";
    String body = Types.minimal(type, null).replaceFirst(",", "," + meta);
    Reply created = ok(201, server.post(type, body));
    String id = created.id();
    String url = type + "/" + id;
    JsonNode read = ok(200, server.get(url)).json();
    assertEquals(type, read.at("/resourceType").asText());
    assertEquals(id, read.at("/id").asText());

    ok(200, server.put(url, body.replaceFirst(",", ",\"id\":\"" + id + "\",")));
    String add = "[{\"op\":\"add\",\"path\":\"/language\",\"value\":\"en\"}]";
    ok(200, server.send("PATCH", url, add, "Content-Type", "application/json-patch+json"));
    assertEquals("en", server.get(url).json().at("/language").asText());
    assertTrue(ok(200, server.get(url + "/_history/1")).json().at("/language").isMissingNode());

    JsonNode found = ok(200, server.get(type + "?_tag=http://t%7C" + tag)).json();
    assertEquals(1, found.at("/entry").size(), found.toString());
    assertEquals(server.base() + "/" + url, found.at("/entry/0/fullUrl").asText());
    assertEquals(1, server.get(type + "?_id=" + id).json().at("/entry").size());
    JsonNode posted =
        ok(
                200,
                server.post(
                    type + "/_search",
                    "_id=" + id,
                    "Content-Type",
                    "application/x-www-form-urlencoded"))
            .json();
    assertEquals(1, posted.at("/entry").size());

    ok(204, server.delete(url));
    refused(410, server.get(url));
    assertEquals(0, server.get(type + "?_id=" + id).json().at("/entry").size());
    assertEquals(4, server.get(url + "/_history").json().at("/total").asInt());
    JsonNode history = ok(200, server.get(type + "/_history?_count=1")).json();
    assertEquals("DELETE", history.at("/entry/0/request/method").asText());

    Reply xml = ok(200, server.get(url + "/_history/3", "Accept", "application/fhir+xml"));
    assertTrue(xml.body().startsWith("<" + type), xml.body());
  }
}
