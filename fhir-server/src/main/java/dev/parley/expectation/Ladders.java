// SPDX-License-Identifier: Apache-2.0
package dev.parley.expectation;

import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * What happens when an answer is late, as rungs in the order of their times.
 *
 * @param usual for services that say nothing of it
 */
record Ladders(List<Rung> usual) {
  /**
   * One rung.
   *
   * @param after so long after the due time
   * @param to owner, on-call, team-lead, or a reference
   */
  record Rung(String to, Duration after) {}

  /** Reads "owner=0,on-call=15,team-lead=30": minutes. */
  static Ladders parse(String text) {
    return new Ladders(
        Arrays.stream(text.split(","))
            .map(String::strip)
            .filter(each -> !each.isEmpty())
            .map(each -> each.split("="))
            .map(
                each ->
                    new Rung(each[0].strip(), Duration.ofMinutes(Long.parseLong(each[1].strip()))))
            .sorted(Comparator.comparing(Rung::after))
            .toList());
  }

  List<Rung> of(Service service) {
    return service == null || service.ladder().isEmpty() ? usual : service.ladder();
  }

  /** When the first rung is climbed; null without any. */
  Instant first(Service service, Instant due) {
    List<Rung> rungs = of(service);
    return rungs.isEmpty() ? null : due.plus(rungs.get(0).after());
  }
}
