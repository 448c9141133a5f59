// SPDX-License-Identifier: Apache-2.0
package dev.parley.demo;

import org.hl7.fhir.r4.model.CodeableConcept;
import org.hl7.fhir.r4.model.Coding;

/** The code systems that the demo uses. */
final class Codes {
  static final String PARLEY = "https://parley.dev/fhir/";
  static final String SCT = "http://snomed.info/sct";
  static final String LOINC = "http://loinc.org";
  static final String HL7 = "http://terminology.hl7.org/CodeSystem/";

  /** What proxies must not see. */
  static final Coding RESTRICTED = new Coding(HL7 + "v3-Confidentiality", "R", "restricted");

  private Codes() {}

  static CodeableConcept concept(String system, String code, String display) {
    return new CodeableConcept().addCoding(new Coding(system, code, display));
  }

  /** One of our own codes; the display is the code in words. */
  static CodeableConcept ours(String system, String code) {
    String words = code.replace('-', ' ');
    return concept(
        PARLEY + "CodeSystem/" + system,
        code,
        Character.toUpperCase(words.charAt(0)) + words.substring(1));
  }

  static CodeableConcept hl7(String system, String code, String display) {
    return concept(HL7 + system, code, display);
  }

  static CodeableConcept text(String text) {
    return new CodeableConcept().setText(text);
  }
}
