// SPDX-License-Identifier: Apache-2.0
package dev.parley.http;

import ca.uhn.fhir.util.UrlUtil;
import dev.parley.access.Refusal;
import dev.parley.store.CallerStore;
import dev.parley.store.StoredResource;
import java.util.Map;

/** GET entries of a batch or transaction: read, vread, history and search. */
final class EntryReads {
  private final Searches searches;
  private final Histories histories;

  EntryReads(Searches searches, Histories histories) {
    this.searches = searches;
    this.histories = histories;
  }

  /** Refuses what {@link #answer} would for want of a scope, before anything is written. */
  void check(CallerStore store, BundleEntry entry) {
    if (entry.rest().equals("_history") || "_history".equals(entry.id())) {
      store.mayReadHistory(entry.type(), entry.rest().isEmpty() ? null : entry.id());
    } else if (entry.rest().startsWith("_history/")
        || entry.id() != null && entry.rest().isEmpty()) {
      store.mayRead(entry.type());
    } else {
      String type = entry.id() == null ? entry.type() : entry.rest();
      store.maySearch("*".equals(type) ? null : type, query(entry));
    }
  }

  void answer(BundleText answer, CallerStore store, BundleEntry entry, String base) {
    if (entry.rest().startsWith("_history/")) {
      String version = entry.rest().substring("_history/".length());
      resource(answer, entry, store.readVersion(entry.type(), entry.id(), version));
    } else if (entry.rest().equals("_history") || "_history".equals(entry.id())) {
      String id = entry.rest().isEmpty() ? null : entry.id();
      String history = histories.bundle(store, entry.type(), id, query(entry), base);
      answer.response(history, "200 OK", null, null, null);
    } else if (entry.id() != null && entry.rest().isEmpty()) {
      resource(answer, entry, store.read(entry.type(), entry.id()));
    } else if (entry.id() == null || entry.rest().matches("[A-Z][A-Za-z]+|\\*")) {
      String compartment = entry.id() == null ? null : entry.type() + "/" + entry.id();
      String type = entry.id() == null ? entry.type() : entry.rest();
      Routes.Scope scope = new Routes.Scope("*".equals(type) ? null : type, compartment);
      String found = searches.bundle(store, scope, query(entry), true, base);
      answer.response(found, "200 OK", null, null, null);
    } else {
      throw Refusal.notSupported("entry-operation", entry.at() + ": this cannot run in a bundle");
    }
  }

  private static Map<String, String[]> query(BundleEntry entry) {
    return entry.query() == null ? Map.of() : UrlUtil.parseQueryStrings(entry.query());
  }

  /** conditional reads work here too. */
  private static void resource(BundleText answer, BundleEntry entry, StoredResource stored) {
    boolean known =
        entry.request().hasIfNoneMatch()
            && entry.request().getIfNoneMatch().contains("\"" + stored.etag() + "\"");
    answer.response(
        known ? null : stored.json(), known ? "304 Not Modified" : "200 OK", null, stored, null);
  }
}
