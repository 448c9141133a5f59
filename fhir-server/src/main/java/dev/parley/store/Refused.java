// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import dev.parley.access.Notice;
import dev.parley.access.Refusal;
import java.util.ArrayList;
import java.util.List;

/** A rule's refusal on its way out of the transaction. */
final class Refused extends RuntimeException {
  private final transient Rule rule;
  private final transient List<Change> all;

  Refused(Rule rule, Refusal refusal, List<Change> all) {
    super(null, refusal, false, false);
    this.rule = rule;
    this.all = all;
  }

  /** What the rule keeps, and the others in spite of it; the answer has the warnings of all. */
  Rule.Remains remains(List<Rule> rules) {
    Rule.Remains own = rule.afterRefusal((Refusal) getCause(), all);
    List<Step> steps = new ArrayList<>(own.steps());
    for (Rule other : rules) {
      steps.addAll(other.despiteRefusal(own.refusal(), all));
    }
    List<Notice> told =
        all.stream()
            .flatMap(c -> Change.told(c.after()).stream())
            .filter(Notice::isWarning)
            .toList();
    return new Rule.Remains(steps, own.refusal().telling(told));
  }
}
