// SPDX-License-Identifier: Apache-2.0
package dev.parley;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.PerformanceOptionsEnum;
import ca.uhn.fhir.parser.StrictErrorHandler;
import dev.parley.config.Config;
import dev.parley.config.Setting;
import dev.parley.db.Database;
import dev.parley.http.FhirApi;
import dev.parley.store.ResourceRow;
import dev.parley.store.ResourceSearch;
import dev.parley.store.ResourceStore;
import dev.parley.store.ResourceTypes;
import dev.parley.store.Rule;
import dev.parley.store.SearchIndexer;
import dev.parley.store.SearchParams;
import dev.parley.store.VersionRow;
import dev.parley.store.Visibility;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Clock;
import java.util.List;
import org.eclipse.jetty.server.handler.ContextHandler;

/** The one place where objects are made, by hand, in order. */
public final class Wiring implements AutoCloseable {
  private final Config config;
  private final Clock clock;
  private final PrometheusMeterRegistry metrics =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final FhirContext fhir;
  private final Database database;
  private final ResourceTypes types;
  private final SearchParams searchParams;
  private final Visibility visibility = Visibility.OPEN;
  private final ResourceStore store;

  Wiring(Config config, Clock clock) {
    this.config = config;
    this.clock = clock;
    fhir = fhirContext();
    database = Database.open(config, List.of(ResourceRow.class, VersionRow.class));
    types = new ResourceTypes(database);
    searchParams = new SearchParams(fhir);
    SearchIndexer indexer = new SearchIndexer(searchParams, config);
    ResourceSearch search =
        new ResourceSearch(database, types, searchParams, visibility, clock, config);
    List<Rule> rules = List.of();
    store =
        new ResourceStore(
            database, types, indexer, search, visibility, rules, fhir, clock, () -> {});
  }

  private static FhirContext fhirContext() {
    FhirContext fhir = FhirContext.forR4();
    fhir.setPerformanceOptions(PerformanceOptionsEnum.DEFERRED_MODEL_SCANNING);
    fhir.setParserErrorHandler(new StrictErrorHandler());
    fhir.getParserOptions().setStripVersionsFromReferences(false);
    fhir.getParserOptions().setOverrideResourceIdWithBundleEntryFullUrl(false);
    return fhir;
  }

  List<ContextHandler> handlers() {
    return List.of(
        FhirApi.handler(config, fhir, types, store, null, List.of()),
        FhirApi.health(database, metrics, List.of()));
  }

  /** Begins what runs by itself; called when requests are taken. */
  void start() {}

  public Config config() {
    return config;
  }

  public Clock clock() {
    return clock;
  }

  public FhirContext fhir() {
    return fhir;
  }

  public Database database() {
    return database;
  }

  public PrometheusMeterRegistry metrics() {
    return metrics;
  }

  public ResourceStore store() {
    return store;
  }

  /** Where clients find this server: no slash at the end. */
  public String publicUrl() {
    return config.isSet(Setting.PARLEY_PUBLIC_URL)
        ? config.text(Setting.PARLEY_PUBLIC_URL)
        : "http://" + config.text(Setting.PARLEY_HOST) + ":" + config.text(Setting.PARLEY_PORT);
  }

  /** The FHIR base: no slash at the end. */
  public String base() {
    return publicUrl() + FhirApi.PATH;
  }

  @Override
  public void close() {
    database.close();
  }
}
