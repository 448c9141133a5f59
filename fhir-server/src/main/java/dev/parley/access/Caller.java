// SPDX-License-Identifier: Apache-2.0
package dev.parley.access;

/**
 * Who asks. Everything that reads or writes goes through {@code store.as(caller)}.
 *
 * @param reference who it is, as a FHIR reference ("Practitioner/dr-berg"), or "system"
 * @param client the software that speaks for them
 */
public record Caller(String reference, String client) {
  /** The server itself: timed work, loading, deliveries. */
  public static final Caller SYSTEM = new Caller("system", "parley");

  /** Whoever comes while no issuer of tokens is configured. Loopback only. */
  public static final Caller ANYONE = new Caller("system", "anyone");
}
