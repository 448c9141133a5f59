// SPDX-License-Identifier: Apache-2.0
package dev.parley.auth;

import dev.parley.access.Caller;
import dev.parley.access.Refusal;
import dev.parley.access.Scopes.Grant;
import dev.parley.feed.Criteria;
import dev.parley.store.Change;
import dev.parley.store.IndexValues;
import dev.parley.store.Keys;
import dev.parley.store.Rule;
import dev.parley.store.SearchIndexer;
import dev.parley.store.Transaction;
import java.util.Arrays;
import java.util.List;

/**
 * What is written has to be something that the token lets its holder write: in the launch patient's
 * compartment for patient/ scopes (E-9), found by the query of a scope that has one (E-8). What it
 * was before is for {@code Visibility}.
 */
final class ScopeRule implements Rule {
  private final SearchIndexer indexer;
  private final Criteria criteria;

  ScopeRule(SearchIndexer indexer, Criteria criteria) {
    this.indexer = indexer;
    this.criteria = criteria;
  }

  @Override
  public void beforeWrite(Change change, Transaction transaction) {
    if (change.after() == null) {
      return;
    }
    Caller caller = change.caller();
    List<Grant> either =
        caller.scopes().covering(change.type(), change.before() == null ? 'c' : 'u');
    if (change.before() == null && either.isEmpty()) {
      // An update that creates.
      either = caller.scopes().covering(change.type(), 'u');
    }
    if (either.stream().anyMatch(ScopeRule::isWhole)) {
      return;
    }
    IndexValues values = indexer.index(change.after(), change.id());
    long self = Keys.self(change.type(), change.id());
    if (either.stream().noneMatch(grant -> allows(grant, caller, values, self))) {
      throw Refusal.forbidden(
              "insufficient-scope",
              "The token's scopes for %s do not reach this one".formatted(change.type()))
          .with("WWW-Authenticate", "Bearer realm=\"parley\", error=\"insufficient_scope\"");
    }
  }

  private static boolean isWhole(Grant grant) {
    return !grant.context().equals("patient") && grant.query().isEmpty();
  }

  private boolean allows(Grant grant, Caller caller, IndexValues values, long self) {
    if (grant.context().equals("patient")) {
      long patient = caller.patient() == null ? 0 : Keys.of(caller.patient());
      if (self != patient && values.owners().stream().noneMatch(o -> o.self() == patient)) {
        return false;
      }
    }
    return grant.query().isEmpty() || finds(grant, values, self);
  }

  private boolean finds(Grant grant, IndexValues values, long self) {
    long[] keys = values.keys().clone();
    Arrays.sort(keys);
    try {
      return !grant.type().equals("*")
          && criteria.filter(grant.type() + "?" + grant.query()).matches(keys, self);
    } catch (Refusal e) {
      // It cannot be judged, so it gives nothing.
      return false;
    }
  }
}
