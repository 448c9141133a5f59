// SPDX-License-Identifier: Apache-2.0
package dev.parley.result;

import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.hl7.fhir.r4.model.CodeableConcept;
import org.hl7.fhir.r4.model.Coding;
import org.hl7.fhir.r4.model.DiagnosticReport;

/**
 * When a patient hears of a report, by its codes and categories. Of several that say something the
 * most careful counts; {@code default} counts where none does.
 */
final class ReleaseRules {
  private static final Set<String> RESTRICTED = Set.of("R", "V");

  private final Map<String, Release> byCode = new HashMap<>();
  private final Set<String> sensitive;

  /**
   * @param clinicianFirst somebody looks at it before the patient hears of it
   * @param delay otherwise, after which they hear of it
   */
  record Release(boolean clinicianFirst, Duration delay) {
    private static Release of(String word) {
      return word.equals("clinician")
          ? new Release(true, Duration.ZERO)
          : new Release(
              false,
              word.equals("now")
                  ? Duration.ZERO
                  : Duration.ofHours(Long.parseLong(word.substring(0, word.length() - 1))));
    }

    private Release orMoreCareful(Release other) {
      return clinicianFirst || !other.clinicianFirst && delay.compareTo(other.delay) >= 0
          ? this
          : other;
    }
  }

  /**
   * @param pairs as of the setting: "GE=clinician", "default=now", "18748-4=72h"
   * @param topics codes that are sensitive
   */
  ReleaseRules(List<String> pairs, List<String> topics) {
    for (String pair : pairs) {
      int at = pair.lastIndexOf('=');
      byCode.put(pair.substring(0, at), Release.of(pair.substring(at + 1)));
    }
    sensitive = Set.copyOf(topics);
  }

  Release of(DiagnosticReport report) {
    Set<String> codes = new HashSet<>();
    Stream.concat(Stream.of(report.getCode()), report.getCategory().stream())
        .map(CodeableConcept::getCoding)
        .flatMap(List::stream)
        .map(Coding::getCode)
        .forEach(codes::add);
    boolean isSensitive =
        codes.stream().anyMatch(sensitive::contains)
            || report.getMeta().getSecurity().stream()
                .map(Coding::getCode)
                .anyMatch(c -> RESTRICTED.contains(c) || sensitive.contains(c));
    if (isSensitive) {
      codes.add("sensitive");
    }
    return codes.stream()
        .filter(byCode::containsKey)
        .map(byCode::get)
        .reduce(Release::orMoreCareful)
        .orElse(byCode.getOrDefault("default", new Release(false, Duration.ZERO)));
  }
}
