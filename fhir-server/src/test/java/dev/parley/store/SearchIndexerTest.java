// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ca.uhn.fhir.context.FhirContext;
import dev.parley.config.Config;
import dev.parley.config.Setting;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.hl7.fhir.r4.model.Resource;
import org.junit.jupiter.api.Test;

class SearchIndexerTest {
  static final FhirContext FHIR = FhirContext.forR4Cached();
  static final SearchParams PARAMS = new SearchParams(FHIR);
  static final Config CONFIG = Config.from(Map.of("PARLEY_PORT", "8080"));
  final SearchIndexer indexer = new SearchIndexer(PARAMS, CONFIG);

  static Resource parse(String json) {
    return (Resource) FHIR.newJsonParser().parseResource(json);
  }

  IndexValues index(String json) {
    return indexer.index(parse(json), "1");
  }

  static boolean has(IndexValues values, String type, String param, String value) {
    return Arrays.binarySearch(values.keys(), Keys.param(type, param) ^ Keys.of(value)) >= 0;
  }

  static final String MESSAGE =
      """
      {"resourceType":"Communication","meta":{"tag":[{"system":"urn:t","code":"Demo"}]},
       "status":"completed","priority":"urgent","sent":"2024-03-01T10:00:00.5+01:00",
       "category":[{"coding":[{"system":"http://x/cat","code":"Reminder"}]}],
       "partOf":[{"reference":"Communication/t1"},{"reference":"Communication/t2"}],
       "subject":{"reference":"Patient/p1"},
       "sender":{"reference":"http://localhost:8080/fhir/R4/Practitioner/d1/_history/3"},
       "recipient":[{"reference":"Patient/p1"},{"reference":"CareTeam/c1"},
         {"identifier":{"system":"urn:i","value":"7"}},{"reference":"http://else/fhir/Patient/9"}],
       "topic":{"text":"Refill"},
       "payload":[{"contentString":"hello"}]}
      """;

  @Test
  void a_message_is_found_by_its_tokens_and_references() {
    IndexValues v = index(MESSAGE);
    assertTrue(has(v, "Communication", "status", "completed"));
    assertTrue(has(v, "Communication", "status", "http://hl7.org/fhir/event-status|completed"));
    assertTrue(has(v, "Communication", "category", "reminder"));
    assertTrue(has(v, "Communication", "category", "http://x/cat|reminder"));
    assertTrue(has(v, "Communication", "category", "http://x/cat|"));
    assertFalse(has(v, "Communication", "category", "|reminder"));
    assertTrue(has(v, "Communication", "_tag", "urn:t|demo"));
    assertTrue(has(v, "Communication", "sender", "Practitioner/d1"));
    assertTrue(has(v, "Communication", "participant", "Practitioner/d1"));
    assertTrue(has(v, "Communication", "recipient", "CareTeam/c1"));
    assertTrue(has(v, "Communication", "recipient", "http://else/fhir/Patient/9"));
    assertTrue(has(v, "Communication", "recipient:identifier", "urn:i|7"));
    assertTrue(has(v, "Communication", "patient", "Patient/p1"));
    assertTrue(has(v, "Communication", "priority", "urgent"));
    assertTrue(has(v, "Communication", "part-of", "Communication/t2"));
    // Of messages only the exception is kept.
    assertFalse(has(v, "Communication", "part-of:missing", "false"));
    assertFalse(has(v, "Communication", "part-of:missing", "true"));
    assertFalse(has(v, "Communication", "encounter:missing", "true"));
    assertTrue(has(v, "Communication", "medium:missing", "true"));
    assertTrue(has(v, "Communication", "_tag:missing", "false"));
    assertFalse(has(v, "Communication", "received:missing", "false"));
    assertEquals(Keys.self("Communication", "t1"), v.thread());
    assertEquals(Instant.parse("2024-03-01T09:00:00.500Z"), v.at());
    assertTrue(v.dates().isEmpty());
    assertEquals("refill", v.strings().get(0).value());
    assertEquals(
        List.of(
            "Practitioner/d1", "Patient/p1", "CareTeam/c1", "Communication/t1", "Communication/t2"),
        v.required());
    for (String owner :
        List.of("Practitioner/d1", "Patient/p1", "CareTeam/c1", "Communication/t2")) {
      assertTrue(Arrays.stream(v.who()).anyMatch(w -> w == Keys.of(owner)), owner);
    }
    assertEquals(4, v.who().length);
  }

  @Test
  void all_local_references_are_required_when_references_are_enforced() {
    SearchIndexer strict =
        new SearchIndexer(PARAMS, CONFIG.with(Setting.PARLEY_REFERENCES, "enforced"));
    assertTrue(strict.index(parse(MESSAGE), "1").required().contains("Patient/p1"));
    SearchIndexer open = new SearchIndexer(PARAMS, CONFIG.with(Setting.PARLEY_REFERENCES, "open"));
    assertTrue(open.index(parse(MESSAGE), "1").required().isEmpty());
  }

  @Test
  void a_day_as_date_sent_is_kept_as_a_range_too() {
    IndexValues v =
        index(
            "{\"resourceType\":\"Communication\",\"status\":\"completed\",\"sent\":\"2024-03-01\"}");
    assertEquals(Instant.parse("2024-03-01T00:00:00Z"), v.at());
    assertEquals(Instant.parse("2024-03-02T00:00:00Z"), v.dates().get(0).high());
    assertTrue(has(v, "Communication", "sent:span", "true"));
  }

  @Test
  void an_element_of_extensions_only_is_absent() {
    IndexValues v =
        index(
            """
            {"resourceType":"Patient","birthDate":null,"_birthDate":{"extension":[{"url":"http://x","valueCode":"unknown"}]},
             "maritalStatus":{"extension":[{"url":"http://x","valueCode":"unknown"}]},"gender":"female"}
            """);
    assertFalse(has(v, "Patient", "birthdate:missing", "false"));
    assertTrue(has(v, "Patient", "gender:missing", "false"));
    assertTrue(has(v, "Patient", "deceased", "false"));
  }

  @Test
  void composites_keep_the_values_of_one_element_together() {
    IndexValues v =
        index(
            """
            {"resourceType":"Observation","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"85354-9"}]},
             "effectivePeriod":{"start":"2024-01-01T10:00:00Z","end":"2024-01-01T11:00:00Z"},
             "component":[{"code":{"coding":[{"system":"http://loinc.org","code":"8480-6"}]},"valueQuantity":{"value":120,"code":"mm[Hg]"}},
               {"code":{"coding":[{"system":"http://loinc.org","code":"8462-4"}]},"valueQuantity":{"value":80,"code":"mm[Hg]"}}]}
            """);
    SearchParam composite = PARAMS.of("Observation").get("component-code-value-quantity");
    long key = CompositeIndex.key(composite, "http://loinc.org|8480-6");
    assertEquals(
        List.of("120"),
        v.numbers().stream().filter(n -> n.param() == key).map(n -> n.low().toString()).toList());
    SearchParam combo = PARAMS.of("Observation").get("combo-code-value-quantity");
    long comboKey = CompositeIndex.key(combo, "8462-4");
    assertEquals(1, v.numbers().stream().filter(n -> n.param() == comboKey).count());
  }

  @Test
  void our_own_parameters_are_served_as_they_are_searched() {
    assertEquals(10, PARAMS.own().size());
    for (org.hl7.fhir.r4.model.SearchParameter own : PARAMS.own()) {
      SearchParam searched = PARAMS.of(own.getBase().get(0).getCode()).get(own.getCode());
      assertEquals("https://parley.dev/fhir/SearchParameter/" + own.getId(), own.getUrl());
      assertEquals(own.getUrl(), searched.url());
      assertEquals(own.getExpression(), searched.expression());
      assertEquals(own.getType().name(), searched.kind().name());
    }
  }

  @Test
  void every_parameter_of_every_type_compiles() {
    int count = 0;
    for (String type : FHIR.getResourceTypes()) {
      count += PARAMS.of(type).size();
    }
    assertTrue(count > 2400, "only " + count);
  }
}
