// SPDX-License-Identifier: Apache-2.0
package dev.parley.expectation;

import java.util.stream.Stream;
import org.hl7.fhir.r4.model.CodeableConcept;
import org.hl7.fhir.r4.model.Coding;

/** Our own addresses and codes. */
final class Codes {
  static final String EXTENSIONS = "https://parley.dev/fhir/StructureDefinition/";
  static final String OPERATIONS = "https://parley.dev/fhir/OperationDefinition/";
  private static final String SYSTEMS = "https://parley.dev/fhir/CodeSystem/";

  private Codes() {}

  static CodeableConcept ours(String system, String code) {
    return new CodeableConcept(new Coding().setSystem(SYSTEMS + system).setCode(code));
  }

  static boolean has(CodeableConcept concept, String system, String code) {
    return ours(concept, system).anyMatch(code::equals);
  }

  /** The codes of one of our systems. */
  static Stream<String> ours(CodeableConcept concept, String system) {
    return concept.getCoding().stream()
        .filter(c -> (SYSTEMS + system).equals(c.getSystem()) && c.hasCode())
        .map(Coding::getCode);
  }
}
