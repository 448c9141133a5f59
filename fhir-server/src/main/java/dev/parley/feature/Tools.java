// SPDX-License-Identifier: Apache-2.0
package dev.parley.feature;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import dev.parley.access.Caller;
import dev.parley.access.Origin;
import dev.parley.agenda.Agenda;
import dev.parley.config.Config;
import dev.parley.db.Database;
import dev.parley.store.CallerStore;
import dev.parley.store.Chart;
import dev.parley.store.References;
import dev.parley.store.ResourceStore;
import dev.parley.store.Trail;
import java.time.Clock;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * What features are made of.
 *
 * @param store is there when the rules have been made
 * @param chart what rules read, past visibility
 * @param agenda takes work that comes due
 * @param trail the audit trail, for what goes through no door of the store
 * @param caller who asks, for operations
 * @param origin where it came from, for the same
 */
public record Tools(
    Config config,
    FhirContext fhir,
    Database database,
    Supplier<ResourceStore> store,
    References references,
    Chart chart,
    Agenda agenda,
    Trail trail,
    Clock clock,
    Function<RequestDetails, Caller> caller,
    Function<RequestDetails, Origin> origin) {

  /** The store as whoever sent this request may see and change it. */
  public CallerStore as(RequestDetails request) {
    return store.get().as(caller.apply(request), origin.apply(request));
  }

  /** The store for the server's own work. */
  public CallerStore own() {
    return store.get().as(Caller.SYSTEM);
  }
}
