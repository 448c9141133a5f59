// SPDX-License-Identifier: Apache-2.0
package dev.parley.http;

import static dev.parley.http.Rest.ok;
import static dev.parley.http.Rest.refused;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ca.uhn.fhir.context.FhirContext;
import com.fasterxml.jackson.databind.JsonNode;
import dev.parley.TestServer;
import java.util.ArrayList;
import java.util.List;
import org.hl7.fhir.r4.model.Bundle;
import org.junit.jupiter.api.Test;

/** A.8 of the REST checklist. */
class HistoryTest {
  private final TestServer server = Rest.server();

  private String withThreeVersions() {
    String id = server.post("Patient", Rest.patient("1")).id();
    server.put("Patient/" + id, Rest.patient(id, "2"));
    server.delete("Patient/" + id);
    return id;
  }

  @Test
  void a_history_is_newest_first_with_request_and_response() {
    String id = withThreeVersions();
    JsonNode bundle = ok(200, server.get("Patient/" + id + "/_history")).json();
    assertEquals("history", bundle.at("/type").asText());
    assertEquals(3, bundle.at("/total").asInt());
    assertEquals("DELETE", bundle.at("/entry/0/request/method").asText());
    assertTrue(bundle.at("/entry/0/resource").isMissingNode());
    assertEquals("PUT", bundle.at("/entry/1/request/method").asText());
    assertEquals("POST", bundle.at("/entry/2/request/method").asText());
    for (JsonNode entry : bundle.at("/entry")) {
      assertEquals(server.base() + "/Patient/" + id, entry.at("/fullUrl").asText());
      assertTrue(entry.at("/response/status").asText().matches("20[014].*"), entry.toString());
      assertFalse(entry.at("/response/etag").isMissingNode());
      assertFalse(entry.at("/response/lastModified").isMissingNode());
    }
    Bundle parsed =
        FhirContext.forR4Cached().newJsonParser().parseResource(Bundle.class, bundle.toString());
    BundleInvariants.check(parsed);
  }

  @Test
  void type_and_system_have_one_too() {
    String id = withThreeVersions();
    JsonNode type = ok(200, server.get("Patient/_history?_count=3")).json();
    assertEquals(server.base() + "/Patient/" + id, type.at("/entry/0/fullUrl").asText());
    JsonNode system = ok(200, server.get("_history?_count=3")).json();
    assertEquals(3, system.at("/entry").size());
  }

  @Test
  void it_is_paged_and_every_version_comes_once() {
    String id = server.post("Patient", Rest.patient("0")).id();
    for (int i = 0; i < 6; i++) {
      server.put("Patient/" + id, Rest.patient(id, "v" + i));
    }
    List<String> versions = new ArrayList<>();
    String next = "Patient/" + id + "/_history?_count=3";
    while (next != null) {
      JsonNode page = ok(200, server.get(next)).json();
      assertEquals(7, page.at("/total").asInt());
      page.at("/entry").forEach(e -> versions.add(e.at("/resource/meta/versionId").asText()));
      next = null;
      for (JsonNode link : page.at("/link")) {
        next = link.at("/relation").asText().equals("next") ? link.at("/url").asText() : next;
      }
    }
    assertEquals(List.of("7", "6", "5", "4", "3", "2", "1"), versions);
  }

  @Test
  void since_leaves_out_what_is_older() {
    String id = withThreeVersions();
    String url = "Patient/" + id + "/_history?_since=";
    assertEquals(3, server.get(url + "2020-01-01T00:00:00Z").json().at("/entry").size());
    assertEquals(0, server.get(url + "2100-01-01T00:00:00Z").json().at("/entry").size());
    refused(400, server.get(url + "yesterday"));
    refused(400, server.get("Patient/" + id + "/_history?_count=many"));
  }

  @Test
  void of_an_unknown_id_it_is_404() {
    refused(404, server.get("Patient/nobody/_history"));
    refused(404, server.get("Nothing/1/_history"));
  }
}
