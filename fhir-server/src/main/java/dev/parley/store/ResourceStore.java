// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import ca.uhn.fhir.context.FhirContext;
import dev.parley.access.Caller;
import dev.parley.access.Origin;
import dev.parley.db.Database;
import java.time.Clock;
import java.util.List;

/** Everything that is stored. Whoever wants something of it says who they are first. */
public final class ResourceStore {
  private final ResourceReader reader;
  private final ResourceWriter writer;
  private final ResourceSearch search;
  private final Derived derived;
  private final Trail trail;
  private final Shown shown;

  /**
   * @param rules called for every write, in this order
   * @param annotation what answers say beside what is stored
   * @param derived the type that is made of something else
   * @param trail where every access leaves its row
   * @param afterCommit called after every commit that wrote something: wakes the feed
   */
  public ResourceStore(
      Database database,
      ResourceTypes types,
      SearchIndexer indexer,
      ResourceSearch search,
      Visibility visibility,
      Redaction redaction,
      Annotation annotation,
      List<Rule> rules,
      FhirContext fhir,
      Clock clock,
      Trail trail,
      Derived derived,
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
            redaction,
            clock,
            trail,
            afterCommit);
    this.search = search;
    this.derived = derived;
    this.shown = new Shown(database, redaction, annotation);
    this.trail = trail;
  }

  /** Without a request: the server's own work. */
  public CallerStore as(Caller caller) {
    return as(caller, Origin.NONE);
  }

  public CallerStore as(Caller caller, Origin origin) {
    return new CallerStore(caller, origin, reader, writer, search, derived, trail, shown);
  }
}
