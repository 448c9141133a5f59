// SPDX-License-Identifier: Apache-2.0
package dev.parley.find;

import dev.parley.config.Setting;
import dev.parley.feature.Feature;
import dev.parley.feature.Tools;
import dev.parley.store.ResourceTypes;
import dev.parley.store.Visibility;
import java.util.List;

/** Puts the parts of this feature together. */
public final class FindMessages implements Feature {
  private final Languages languages;
  private final FindOperation operation;

  public FindMessages(Tools tools, ResourceTypes types, Visibility visibility) {
    languages = new Languages(tools.database(), tools.config().text(Setting.PARLEY_LANGUAGE));
    Hits hits = new Hits(tools.database(), types, visibility, tools.clock());
    operation = new FindOperation(tools, hits, new Snippets(tools.database()), languages);
  }

  @Override
  public List<?> operations() {
    return List.of(operation);
  }

  @Override
  public void start() {
    languages.start();
  }
}
