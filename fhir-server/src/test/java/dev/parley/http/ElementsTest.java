// SPDX-License-Identifier: Apache-2.0
package dev.parley.http;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.parser.StrictErrorHandler;
import dev.parley.access.Refusal;
import org.hl7.fhir.r4.model.Resource;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ElementsTest {
  private static final FhirContext FHIR = FhirContext.forR4();
  private static final Elements ELEMENTS = new Elements(FHIR);

  static {
    FHIR.setParserErrorHandler(new StrictErrorHandler());
  }

  @ParameterizedTest(name = "{1}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {"resourceType":"Communication"} | Communication.status
          {"resourceType":"Communication","status":"completed","payload":[{"id":"a"},{"contentString":"x"},{"extension":[{"url":"http://x","valueString":"y"}],"contentString":"z"}],"note":[{"time":"2026-01-01"}]} | Communication.note[0].text
          {"resourceType":"Consent","status":"active","scope":{"text":"x"}} | Consent.category
          {"resourceType":"Patient","contained":[{"resourceType":"Communication","id":"c"}],"generalPractitioner":[{"reference":"#c"}]} | Patient.contained[0].status
          {"resourceType":"Patient","link":[{"other":{"reference":"Patient/1"}}]} | Patient.link[0].type
          {"resourceType":"Subscription","status":"requested","criteria":"x","reason":"y"} | Subscription.channel
          {"resourceType":"Subscription","status":"requested","criteria":"x","reason":"y","channel":{"endpoint":"ws://x"}} | Subscription.channel.type
          {"resourceType":"Bundle","type":"collection","entry":[{"resource":{"resourceType":"Slot","status":"free"}}]} | Bundle.entry[0].resource.schedule
          """)
  void a_missing_mandatory_element_is_named(String json, String path) {
    Refusal refusal = assertThrows(Refusal.class, () -> ELEMENTS.check(parse(json)));
    assertEquals(422, refusal.status());
    assertEquals("required", refusal.issue());
    assertEquals(path, refusal.expression());
    assertEquals(path + " is required", refusal.getMessage());
  }

  @Test
  void an_element_that_only_says_why_it_is_absent_counts_as_present() {
    String reason =
        "\"extension\":[{\"url\":\"http://hl7.org/fhir/StructureDefinition/data-absent-reason\","
            + "\"valueCode\":\"unknown\"}]";
    assertDoesNotThrow(
        () ->
            ELEMENTS.check(
                parse(
                    "{\"resourceType\":\"Communication\",\"_status\":{%s},\"payload\":[{%s}]}"
                        .formatted(reason, reason))));
  }

  @ParameterizedTest(name = "{0}")
  @DisplayName("A-73, A-133, I-2")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          ppc-1 | {"resourceType":"Consent","status":"active","scope":{"text":"x"},"category":[{"text":"y"}]}
          ppc-2 | {"resourceType":"Consent","status":"active","scope":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/consentscope","code":"treatment"}]},"category":[{"text":"y"}],"policyRule":{"text":"z"}}
          app-1 | {"resourceType":"Appointment","status":"proposed","participant":[{"status":"accepted"}]}
          app-2 | {"resourceType":"Appointment","status":"proposed","start":"2026-01-01T10:00:00Z","participant":[{"status":"accepted","actor":{"reference":"Patient/1"}}]}
          app-3 | {"resourceType":"Appointment","status":"booked","participant":[{"status":"accepted","actor":{"reference":"Patient/1"}}]}
          end-before-start | {"resourceType":"Appointment","status":"booked","start":"2026-01-01T10:00:00Z","end":"2026-01-01T09:00:00Z","participant":[{"status":"accepted","actor":{"reference":"Patient/1"}}]}
          apr-1 | {"resourceType":"AppointmentResponse","appointment":{"reference":"Appointment/1"},"participantStatus":"accepted"}
          bdl-1 | {"resourceType":"Bundle","type":"collection","total":1}
          bdl-2 | {"resourceType":"Bundle","type":"collection","entry":[{"resource":{"resourceType":"Patient"},"search":{"mode":"match"}}]}
          bdl-3 | {"resourceType":"Bundle","type":"batch","entry":[{"resource":{"resourceType":"Patient"}}]}
          bdl-3 | {"resourceType":"Bundle","type":"collection","entry":[{"resource":{"resourceType":"Patient"},"request":{"method":"GET","url":"Patient"}}]}
          bdl-4 | {"resourceType":"Bundle","type":"collection","entry":[{"resource":{"resourceType":"Patient"},"response":{"status":"200"}}]}
          bdl-5 | {"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0"}]}
          bdl-7 | {"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"http://x/Patient/1","resource":{"resourceType":"Patient"}},{"fullUrl":"http://x/Patient/1","resource":{"resourceType":"Patient"}}]}
          bdl-8 | {"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"http://x/Patient/1/_history/2","resource":{"resourceType":"Patient"}}]}
          bdl-9 | {"resourceType":"Bundle","type":"document","timestamp":"2026-01-01T09:00:00Z"}
          bdl-12 | {"resourceType":"Bundle","type":"message","entry":[{"resource":{"resourceType":"Patient"}}]}
          """)
  void a_broken_invariant_is_named(String invariant, String json) {
    Refusal refusal = assertThrows(Refusal.class, () -> ELEMENTS.check(parse(json)));
    assertEquals(422, refusal.status());
    assertEquals("invariant", refusal.issue());
    assertEquals(invariant, refusal.reason());
  }

  private static Resource parse(String json) {
    return (Resource) FHIR.newJsonParser().parseResource(json);
  }
}
