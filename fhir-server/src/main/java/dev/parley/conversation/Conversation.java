// SPDX-License-Identifier: Apache-2.0
package dev.parley.conversation;

import dev.parley.config.Setting;
import dev.parley.feature.Feature;
import dev.parley.feature.Tools;
import dev.parley.store.Rule;
import java.time.Duration;
import java.util.List;

/** Threads and their messages. Its rules come before those that judge a whole message. */
public final class Conversation implements Feature {
  private final List<Rule> rules;
  private final ThreadOperations operations;

  public Conversation(Tools tools) {
    operations = new ThreadOperations(tools, new ThreadSettings(tools.database()));
    ThreadEntry entry = new ThreadEntry(tools.chart());
    Edits edits =
        new Edits(
            tools.chart(), Duration.ofMinutes(tools.config().number(Setting.PARLEY_EDIT_MINUTES)));
    Duration undo = Duration.ofSeconds(tools.config().number(Setting.PARLEY_UNDO_SECONDS));
    rules =
        List.of(
            new OpeningRule(tools),
            new GroupRule(tools.chart(), tools.clock()),
            new ThreadRule(tools.references(), tools.chart(), tools.clock()),
            new MessageRule(tools.references(), entry, edits, undo, tools.clock()),
            new RelayRule(tools.references(), entry),
            new NumberRule(tools.references(), tools.clock()));
  }

  @Override
  public List<Rule> rules() {
    return rules;
  }

  @Override
  public List<?> operations() {
    return List.of(operations);
  }
}
