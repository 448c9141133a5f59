// SPDX-License-Identifier: Apache-2.0
package dev.parley.auth;

import dev.parley.feature.Feature;
import dev.parley.feature.Tools;
import dev.parley.feed.Criteria;
import dev.parley.store.Rule;
import dev.parley.store.SearchIndexer;
import java.util.List;

/**
 * What a login means for what is written, and {@code $log-off}. The last of all features: what is
 * stored, and so what the scopes are asked about, is what the rules of the others have made of it.
 */
public final class LoggedIn implements Feature {
  private final List<Rule> rules;
  private final LogOffOperation logOff;

  public LoggedIn(Tools tools, EndedLogins ended, SearchIndexer indexer, Criteria criteria) {
    rules =
        List.of(
            new LoginRule(ended, tools.references(), tools.clock()),
            new ScopeRule(indexer, criteria));
    logOff = new LogOffOperation(ended, tools);
  }

  @Override
  public List<Rule> rules() {
    return rules;
  }

  @Override
  public List<?> operations() {
    return List.of(logOff);
  }
}
