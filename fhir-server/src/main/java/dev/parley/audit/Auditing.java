// SPDX-License-Identifier: Apache-2.0
package dev.parley.audit;

import dev.parley.feature.Feature;
import dev.parley.feature.Tools;
import dev.parley.store.Rule;
import java.util.List;

/** What clients meet of the audit trail; docs/features/audit.md is the page. */
public final class Auditing implements Feature {
  private final WhoSawWhat whoSawWhat;

  public Auditing(Tools tools, AuditTrail trail) {
    whoSawWhat = new WhoSawWhat(trail, tools);
  }

  @Override
  public List<Rule> rules() {
    return List.of(new AppendOnly());
  }

  @Override
  public List<?> operations() {
    return List.of(whoSawWhat);
  }
}
