// SPDX-License-Identifier: Apache-2.0
package dev.parley.access;

/**
 * What the writer is told beside the answer: emergency advice, a word that is read wrongly, a
 * recipient who is away. It stands in the answer of the write and is not stored. A warning stands
 * beside a refusal too; an information, which says what becomes of what was sent, does not.
 *
 * @param severity warning or information, of {@code http://hl7.org/fhir/issue-severity}
 * @param code stable, lower case with hyphens
 * @param text for the writer to read; for nobody else, and for no log
 * @param expression FHIRPath of the element, or null
 */
public record Notice(String severity, String code, String text, String expression) {
  public static Notice warning(String code, String text) {
    return new Notice("warning", code, text, null);
  }

  public static Notice information(String code, String text) {
    return new Notice("information", code, text, null);
  }

  public boolean isWarning() {
    return severity.equals("warning");
  }

  /** The same, pointing at an element. */
  public Notice at(String fhirPath) {
    return new Notice(severity, code, text, fhirPath);
  }
}
