// SPDX-License-Identifier: Apache-2.0
package dev.parley.feed;

import java.time.Clock;
import java.util.function.Supplier;

/** The three dialects of one process. */
public record Dialects(BackportDialect backport, MedplumDialect medplum, ClassicDialect classic) {
  /**
   * @param base the FHIR base under which clients reach this server, without a slash at the end
   */
  public static Dialects of(Supplier<String> base, Clock clock) {
    return new Dialects(
        new BackportDialect(base, clock), new MedplumDialect(base, clock), new ClassicDialect());
  }

  /** For a client that binds with a token. */
  public Dialect forToken(LiveSubscription subscription) {
    return subscription.row().backport() ? backport : medplum;
  }
}
