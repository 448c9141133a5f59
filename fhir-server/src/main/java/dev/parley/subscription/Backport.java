// SPDX-License-Identifier: Apache-2.0
package dev.parley.subscription;

/** The extensions of the Subscriptions Backport and of Medplum that are understood. */
final class Backport {
  private static final String BASE =
      "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/";
  private static final String MEDPLUM = "https://medplum.com/fhir/StructureDefinition/";

  static final String OPERATION =
      "http://hl7.org/fhir/uv/subscriptions-backport/OperationDefinition/";
  static final String FILTER = BASE + "backport-filter-criteria";
  static final String CONTENT = BASE + "backport-payload-content";
  static final String CHANNEL_TYPE = BASE + "backport-channel-type";
  static final String HEARTBEAT = BASE + "backport-heartbeat-period";
  static final String TIMEOUT = BASE + "backport-timeout";
  static final String MAX_COUNT = BASE + "backport-max-count";
  static final String INTERACTION = MEDPLUM + "subscription-supported-interaction";
  static final String EXPRESSION = MEDPLUM + "fhir-path-criteria-expression";

  /** Cross-version extensions: the Backport says not to use them, and Inferno checks (B-10). */
  static final String R5 = "http://hl7.org/fhir/5.0/";

  private Backport() {}
}
