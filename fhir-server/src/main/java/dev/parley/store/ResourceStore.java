// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import ca.uhn.fhir.context.FhirContext;
import dev.parley.access.Caller;
import dev.parley.db.Database;
import java.time.Clock;
import java.util.List;

/** Everything that is stored. Whoever wants something of it says who they are first. */
public final class ResourceStore {
  private final ResourceReader reader;
  private final ResourceWriter writer;
  private final ResourceSearch search;

  /**
   * @param rules called for every write, in this order
   * @param afterCommit called after every commit that wrote something: wakes the feed
   */
  public ResourceStore(
      Database database,
      ResourceTypes types,
      SearchIndexer indexer,
      ResourceSearch search,
      Visibility visibility,
      List<Rule> rules,
      FhirContext fhir,
      Clock clock,
      Runnable afterCommit) {
    this.reader = new ResourceReader(database, types, visibility);
    this.writer =
        new ResourceWriter(
            database,
            types,
            indexer,
            new ConditionalMatch(search),
            rules,
            fhir,
            visibility,
            clock,
            afterCommit);
    this.search = search;
  }

  public CallerStore as(Caller caller) {
    return new CallerStore(caller, reader, writer, search);
  }
}
