// SPDX-License-Identifier: Apache-2.0
package dev.parley.retention;

import dev.parley.config.Config;
import dev.parley.config.Setting;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;

/** How long each type is kept; what is not named is kept for ever. */
public record Terms(Map<String, Duration> terms) {
  /** What HIPAA asks of records of what was agreed (45 CFR 164.530(j)). */
  private static final Duration SIX_YEARS = Duration.ofDays(2192);

  /**
   * @throws Config.WrongSettings if a name is no type of resource that can be purged
   */
  public static Terms of(Config config, Predicate<String> isType) {
    Map<String, Duration> terms = new TreeMap<>();
    for (String pair : config.list(Setting.PARLEY_RETENTION)) {
      String[] parts = pair.split("=", 2);
      if (!isType.test(parts[0]) || parts[0].equals("AuditEvent")) {
        throw new Config.WrongSettings(
            List.of(
                "PARLEY_RETENTION names %s, which is no type that can be purged%s"
                    .formatted(
                        parts[0],
                        parts[0].equals("AuditEvent") ? "; see PARLEY_AUDIT_RETENTION_DAYS" : "")));
      }
      Duration term = Duration.ofDays(Long.parseLong(parts[1]));
      if (parts[0].equals("Consent") && term.compareTo(SIX_YEARS) < 0) {
        throw new Config.WrongSettings(
            List.of("PARLEY_RETENTION keeps Consent for less than six years (2192 days)"));
      }
      terms.put(parts[0], term);
    }
    return new Terms(terms);
  }
}
