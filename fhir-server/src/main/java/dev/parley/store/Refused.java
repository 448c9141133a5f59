// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import dev.parley.access.Refusal;
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

  Rule.Remains remains() {
    return rule.afterRefusal((Refusal) getCause(), all);
  }
}
