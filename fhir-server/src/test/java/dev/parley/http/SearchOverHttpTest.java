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
import dev.parley.TestServer.Reply;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.UUID;
import org.hl7.fhir.r4.model.Bundle;
import org.junit.jupiter.api.Test;

/** A.10, A.11 and A.16 of the REST checklist, as a client sees them; the rest is in store. */
class SearchOverHttpTest {
  private static final String FORM = "application/x-www-form-urlencoded";
  private final TestServer server = Rest.server();

  private String family(int patients) {
    String family = "F" + UUID.randomUUID().toString().replace("-", "");
    for (int i = 0; i < patients; i++) {
      ok(201, server.post("Patient", Rest.patient(family)));
    }
    return family;
  }

  private static String link(JsonNode bundle, String relation) {
    for (JsonNode link : bundle.at("/link")) {
      if (link.at("/relation").asText().equals(relation)) {
        return link.at("/url").asText();
      }
    }
    return null;
  }

  @Test
  void get_and_post_find_the_same() {
    String family = family(2);
    JsonNode get = ok(200, server.get("Patient?family=" + family)).json();
    JsonNode post =
        ok(200, server.post("Patient/_search", "family=" + family, "Content-Type", FORM)).json();
    JsonNode both =
        ok(200, server.post("Patient/_search?family=" + family, "_count=5", "Content-Type", FORM))
            .json();
    for (JsonNode bundle : new JsonNode[] {get, post, both}) {
      assertEquals("searchset", bundle.at("/type").asText());
      assertEquals(2, bundle.at("/entry").size());
      assertEquals("match", bundle.at("/entry/0/search/mode").asText());
      assertTrue(link(bundle, "self").contains("family=" + family));
      BundleInvariants.check(
          FhirContext.forR4Cached().newJsonParser().parseResource(Bundle.class, bundle.toString()));
    }
    assertEquals(0, server.get("Patient?family=nobody-at-all").json().at("/entry").size());
  }

  @Test
  void the_system_and_compartments_are_searched_too() {
    String tag = UUID.randomUUID().toString();
    String body = Types.minimal("Communication", null);
    String meta = "\"meta\":{\"tag\":[{\"code\":\"" + tag + "\"}]},";
    String about = "\"subject\":{\"reference\":\"Patient/x\"},";
    server.post("Communication", body.replaceFirst(",", "," + meta + about));
    server.post("Task", Types.minimal("Task", null).replaceFirst(",", "," + meta));
    assertEquals(2, server.get("?_tag=" + tag).json().at("/entry").size());
    assertEquals(1, server.get("?_type=Task&_tag=" + tag).json().at("/entry").size());
    assertEquals(
        2, server.post("_search", "_tag=" + tag, "Content-Type", FORM).json().at("/entry").size());
    assertEquals(1, server.get("Patient/x/Communication?_tag=" + tag).json().at("/entry").size());
    assertEquals(1, server.get("Patient/x/*?_tag=" + tag).json().at("/entry").size());
    assertEquals(0, server.get("Patient/y/Communication?_tag=" + tag).json().at("/entry").size());
  }

  @Test
  void unknown_parameters_are_refused_or_left_out_of_the_self_link() {
    String family = family(1);
    String query = "Patient?family=" + family + "&no-such=1";
    Reply strict = refused(400, server.get(query));
    assertTrue(strict.body().contains("no-such"), strict.body());
    JsonNode lenient = ok(200, server.get(query, "Prefer", "handling=lenient")).json();
    assertFalse(link(lenient, "self").contains("no-such"));
    assertEquals("match", lenient.at("/entry/0/search/mode").asText());
    refused(400, server.get("Patient?family:nonsense=x", "Prefer", "handling=lenient"));
    ok(200, server.get("Patient?gender=&family=" + family));
  }

  @Test
  void pages_follow_each_other_and_hold_each_match_once() {
    String family = family(7);
    List<String> ids = new ArrayList<>();
    String next = "Patient?_total=accurate&_count=3&_sort=_id&family=" + family;
    while (next != null) {
      JsonNode page = ok(200, server.get(next)).json();
      assertEquals(7, page.at("/total").asInt());
      assertTrue(page.at("/entry").size() <= 3);
      page.at("/entry").forEach(e -> ids.add(e.at("/resource/id").asText()));
      if (ids.size() == 3) {
        family(1);
        server.post("Patient", Rest.patient("another"));
      }
      next = link(page, "next");
    }
    assertEquals(7, ids.size());
    assertEquals(7, new HashSet<>(ids).size());
    JsonNode count = server.get("Patient?_count=0&family=" + family).json();
    assertEquals(7, count.at("/total").asInt());
    assertEquals(0, count.at("/entry").size());
    assertEquals(
        7, server.get("Patient?_summary=count&family=" + family).json().at("/total").asInt());
    Reply wrong = server.get("Patient?family=" + family + "&_cursor=nonsense");
    assertTrue(wrong.status() >= 400 && wrong.status() < 500, wrong.body());
  }

  @Test
  void entries_are_cut_by_summary_and_elements() {
    String family = family(1);
    JsonNode cut = server.get("Patient?_elements=gender&family=" + family).json();
    assertTrue(cut.at("/entry/0/resource/name").isMissingNode(), cut.toString());
    assertEquals("SUBSETTED", cut.at("/entry/0/resource/meta/tag/0/code").asText());
    assertEquals("match", cut.at("/entry/0/search/mode").asText());
    JsonNode summary = server.get("Patient?_summary=true&family=" + family).json();
    assertEquals(family, summary.at("/entry/0/resource/name/0/family").asText());
  }

  @Test
  void elements_leave_what_is_mandatory_or_changes_the_meaning() {
    String id =
        server
            .post(
                "Communication",
                "{\"resourceType\":\"Communication\",\"status\":\"stopped\",\"priority\":\"urgent\",\"payload\":[{\"contentString\":\"m\"}]}")
            .id();
    for (String path :
        List.of(
            "Communication/" + id + "?_elements=priority",
            "Communication?_elements=priority&_id=" + id,
            "Communication?_elements=Communication.priority&_id=" + id)) {
      JsonNode cut = ok(200, server.get(path)).json();
      cut = cut.has("entry") ? cut.at("/entry/0/resource") : cut;
      assertEquals("stopped", cut.at("/status").asText(), cut.toString());
      assertEquals("urgent", cut.at("/priority").asText(), cut.toString());
      assertTrue(cut.at("/payload").isMissingNode(), cut.toString());
    }
    JsonNode patient = ok(200, server.get("Patient/x?_elements=gender")).json();
    assertTrue(patient.at("/name").isMissingNode(), patient.toString());
  }

  @Test
  void includes_come_beside_the_matches() {
    String id =
        server
            .post(
                "RelatedPerson",
                "{\"resourceType\":\"RelatedPerson\",\"patient\":{\"reference\":\"Patient/x\"}}")
            .id();
    JsonNode with =
        ok(200, server.get("RelatedPerson?_include=RelatedPerson:patient&_id=" + id)).json();
    assertEquals(2, with.at("/entry").size());
    assertEquals("include", with.at("/entry/1/search/mode").asText());
    JsonNode back = ok(200, server.get("Patient?_id=x&_revinclude=RelatedPerson:patient")).json();
    assertEquals("Patient", back.at("/entry/0/resource/resourceType").asText());
    assertTrue(back.at("/entry").size() > 1);
  }
}
