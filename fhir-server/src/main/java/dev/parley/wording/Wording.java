// SPDX-License-Identifier: Apache-2.0
package dev.parley.wording;

import dev.parley.config.Setting;
import dev.parley.feature.EditedList;
import dev.parley.feature.Feature;
import dev.parley.feature.Tools;
import dev.parley.store.Rule;
import java.util.List;

/** Puts the parts of this feature together. */
public final class Wording implements Feature {
  private final Tools tools;
  private final EditedList<WordingList> list;
  private final WordingRule rule;

  public Wording(Tools tools) {
    this.tools = tools;
    list =
        new EditedList<>(
            tools, "wording", Wording.class, Setting.PARLEY_WORDING_LIST, WordingList::of);
    rule = new WordingRule(list::get, tools.config().text(Setting.PARLEY_WORDING));
  }

  @Override
  public List<Rule> rules() {
    return List.of(list.rule(), rule);
  }

  @Override
  public List<?> operations() {
    return List.of(new CheckWordingOperation(tools, list));
  }

  @Override
  public void start() {
    list.start();
  }

  @Override
  public void close() {
    list.close();
  }
}
