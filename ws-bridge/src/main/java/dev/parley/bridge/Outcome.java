// SPDX-License-Identifier: Apache-2.0
package dev.parley.bridge;

/** An OperationOutcome as a frame: what is wrong with a message, without closing. */
final class Outcome {
  private Outcome() {}

  /**
   * @param sentence our own words, never the client's: no quoting is needed
   */
  static String of(String issue, String reason, String sentence) {
    return """
        {"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"%s","details":{"coding":[\
        {"system":"https://parley.dev/fhir/CodeSystem/refusal","code":"%s"}],"text":"%s"}}]}"""
        .formatted(issue, reason, sentence);
  }
}
