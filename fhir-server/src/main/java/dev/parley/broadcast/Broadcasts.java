// SPDX-License-Identifier: Apache-2.0
package dev.parley.broadcast;

import dev.parley.feature.Feature;
import dev.parley.feature.Tools;
import dev.parley.store.Rule;
import java.util.List;
import java.util.function.Predicate;

/** Puts the parts of this feature together. */
public final class Broadcasts implements Feature {
  private final BroadcastRule rule;
  private final ProgressOperation progress;

  /**
   * @param admitted whether somebody might log in now
   */
  public Broadcasts(Tools tools, Predicate<String> admitted) {
    rule = new BroadcastRule(tools);
    progress = new ProgressOperation(tools);
    tools.agenda().once(BroadcastRule.KIND, new SendJob(tools, admitted)::run);
  }

  @Override
  public List<Rule> rules() {
    return List.of(rule);
  }

  @Override
  public List<?> operations() {
    return List.of(progress);
  }
}
