// SPDX-License-Identifier: Apache-2.0
package dev.parley;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.PerformanceOptionsEnum;
import ca.uhn.fhir.parser.StrictErrorHandler;
import dev.parley.agenda.Agenda;
import dev.parley.attachment.Attachments;
import dev.parley.audit.AuditKeeping;
import dev.parley.audit.AuditTrail;
import dev.parley.audit.Auditing;
import dev.parley.audit.Sealing;
import dev.parley.auth.EndedLogins;
import dev.parley.auth.LoggedIn;
import dev.parley.auth.Login;
import dev.parley.availability.Availabilities;
import dev.parley.broadcast.Broadcasts;
import dev.parley.config.Config;
import dev.parley.config.Setting;
import dev.parley.consent.MessagingConsent;
import dev.parley.conversation.Conversation;
import dev.parley.conversation.Messages;
import dev.parley.conversation.RecalledText;
import dev.parley.db.Database;
import dev.parley.departure.Departures;
import dev.parley.duty.Duty;
import dev.parley.expectation.Expectations;
import dev.parley.feature.Feature;
import dev.parley.feature.Tools;
import dev.parley.feed.Criteria;
import dev.parley.feed.Dialects;
import dev.parley.feed.Feed;
import dev.parley.find.FindMessages;
import dev.parley.http.FhirApi;
import dev.parley.identity.VerifiedIdentity;
import dev.parley.reach.Outside;
import dev.parley.reach.Reaching;
import dev.parley.receipt.ReceiptBook;
import dev.parley.receipt.Receipts;
import dev.parley.redflag.RedFlags;
import dev.parley.result.Results;
import dev.parley.retention.Retention;
import dev.parley.store.Chart;
import dev.parley.store.Redaction;
import dev.parley.store.References;
import dev.parley.store.ResourceRow;
import dev.parley.store.ResourceSearch;
import dev.parley.store.ResourceStore;
import dev.parley.store.ResourceTypes;
import dev.parley.store.SearchIndexer;
import dev.parley.store.SearchParams;
import dev.parley.store.Trail;
import dev.parley.store.VersionRow;
import dev.parley.store.Visibility;
import dev.parley.subscription.BindingTokens;
import dev.parley.subscription.Endpoints;
import dev.parley.subscription.GuardedClient;
import dev.parley.subscription.Subscriptions;
import dev.parley.visibility.Entitlement;
import dev.parley.visibility.Related;
import dev.parley.visibility.Relationships;
import dev.parley.wording.Wording;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneId;
import java.util.List;
import org.eclipse.jetty.server.handler.ContextHandler;

/**
 * The one place where objects are made, by hand, in order: what everything stands on, the features
 * over it, the store with the rules of the features, the login over the store.
 */
public final class Wiring implements AutoCloseable {
  private static final FhirContext FHIR = fhirContext();

  private final Config config;
  private final Clock clock;
  private final PrometheusMeterRegistry metrics =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final Database database;
  private final ResourceTypes types;
  private final SearchParams searchParams;
  private final Visibility visibility;
  private final Agenda agenda;
  private final Trail trail;
  private final AuditTrail auditTrail;
  private final AuditKeeping auditKeeping;
  private final Feed feed;
  private final Dialects dialects;
  private final BindingTokens tokens;
  private final GuardedClient pushServices;
  private final EndedLogins endedLogins;
  private final Login login;
  private final Attachments attachments;
  private final List<Feature> features;
  private final ResourceStore store;

  Wiring(Config config, Clock clock) {
    this.config = config;
    this.clock = clock;
    login = Login.of(config, base(), clock);
    database = Database.open(config, List.of(ResourceRow.class, VersionRow.class));
    types = new ResourceTypes(database);
    searchParams = new SearchParams(FHIR);
    SearchIndexer indexer = new SearchIndexer(searchParams, config);
    References references = new References(config);
    Criteria criteria = new Criteria(types, searchParams, references);
    visibility = Entitlement.of(config, types, criteria, clock);
    agenda = new Agenda(database, clock);
    trail = new Trail(database, types, references, clock, Path.of(spool(config)));
    Tools tools =
        new Tools(
            config,
            FHIR,
            database,
            this::store,
            references,
            new Chart(FHIR, references),
            agenda,
            trail,
            clock,
            FhirApi::caller,
            FhirApi::origin);
    VerifiedIdentity identity = new VerifiedIdentity(tools);
    Redaction redaction = identity.redaction();
    ReceiptBook receipts = new ReceiptBook(database, references, this::told, clock);
    feed =
        new Feed(
            config,
            database,
            types,
            criteria,
            visibility,
            redaction,
            receipts.readership(),
            clock,
            trail.deliveries(),
            metrics);
    dialects = Dialects.of(this::base, clock);
    Duration tokenLife = Duration.ofSeconds(config.number(Setting.PARLEY_BINDING_TOKEN_SECONDS));
    tokens = new BindingTokens(database, tokenLife, clock);
    ResourceSearch search =
        new ResourceSearch(database, types, searchParams, visibility, redaction, clock, config);
    Sealing sealing = new Sealing(database, trail, config.text(Setting.PARLEY_AUDIT_KEY), clock);
    auditTrail = new AuditTrail(config, database, types, search, sealing, FHIR, this::base);
    auditKeeping = new AuditKeeping(tools, sealing);
    endedLogins = new EndedLogins(database, trail, clock);
    pushServices = new GuardedClient(Endpoints.of(config));
    attachments = new Attachments(tools, types, visibility, redaction);
    Subscriptions subscriptions =
        new Subscriptions(tools, feed, criteria, dialects, tokens, this::socketUrl);
    LoggedIn loggedIn = new LoggedIn(tools, endedLogins, indexer, criteria);
    features =
        features(
            tools, subscriptions, identity, new Receipts(tools, receipts, visibility), loggedIn);
    store =
        new ResourceStore(
            database,
            types,
            indexer,
            search,
            visibility,
            new RecalledText(redaction, FHIR, references, clock),
            receipts.annotation(),
            features.stream().flatMap(feature -> feature.rules().stream()).toList(),
            FHIR,
            clock,
            trail,
            auditTrail,
            feed::committed);
    login.over(database, store, FHIR, feed, endedLogins, trail);
    endedLogins.listen(
        (person, reason) -> {
          if (!reason.equals("logged-off")) {
            subscriptions.end(person);
          }
        });
  }

  /**
   * Their rules are asked in this order: first who may write it at all, then whether it is a
   * message and may pass, what it sets off, and last the scopes. Those that nothing above speaks of
   * can be left out by taking away their line.
   */
  private List<Feature> features(
      Tools tools, Feature subscriptions, Feature identity, Feature receipts, Feature loggedIn) {
    String named = config.text(Setting.PARLEY_TIME_ZONE);
    ZoneId zone = named.isEmpty() ? ZoneId.systemDefault() : ZoneId.of(named);
    Duty duty = new Duty(tools.chart(), zone);
    Expectations expectations = new Expectations(tools, duty, zone);
    MessagingConsent consent = new MessagingConsent(tools, login::admits);
    return List.of(
        new Relationships(tools),
        new Conversation(tools),
        new Auditing(tools, auditTrail),
        subscriptions,
        consent,
        identity,
        attachments,
        new Departures(tools),
        new Retention(tools, types),
        new Wording(tools),
        receipts,
        new Availabilities(tools, duty),
        expectations,
        new RedFlags(tools, duty),
        new FindMessages(tools, types, visibility),
        new Results(tools),
        new Reaching(tools, duty, expectations.rungs(), zone, outside(consent)),
        new Broadcasts(tools, login::admits),
        new Messages(tools, login::admits, Related::strangers, expectations::zone),
        loggedIn);
  }

  private Outside outside(MessagingConsent consent) {
    return new Outside(
        pushServices::allows, pushServices::send, consent::permits, login::admits, this::publicUrl);
  }

  /** Something stands in the log that no write of the store has put there. */
  private void told() {
    feed.committed();
  }

  /** Read only once it is made, and costly to make: one for every server of a process. */
  private static FhirContext fhirContext() {
    FhirContext fhir = FhirContext.forR4();
    fhir.setPerformanceOptions(PerformanceOptionsEnum.DEFERRED_MODEL_SCANNING);
    fhir.setParserErrorHandler(new StrictErrorHandler());
    fhir.getParserOptions().setStripVersionsFromReferences(false);
    fhir.getParserOptions().setOverrideResourceIdWithBundleEntryFullUrl(false);
    return fhir;
  }

  List<ContextHandler> handlers(boolean api) {
    ContextHandler health = FhirApi.health(database, metrics, List.of(feed::trouble));
    return api ? List.of(fhirHandler(), health) : List.of(health);
  }

  private ContextHandler fhirHandler() {
    return FhirApi.handler(
        config,
        FHIR,
        types,
        store,
        trail,
        searchParams,
        new FhirApi.Addresses(base(), socketUrl(), clock.instant()),
        new FhirApi.Door(login.callers(), login.smart()),
        attachments,
        features.stream().<Object>flatMap(feature -> feature.operations().stream()).toList());
  }

  /** Begins what runs by itself; called when requests are taken. */
  void start() {
    feed.start();
    auditKeeping.start();
    login.start();
    features.forEach(Feature::start);
    agenda.start();
  }

  public Config config() {
    return config;
  }

  public Clock clock() {
    return clock;
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

  private static String spool(Config config) {
    return config.isSet(Setting.PARLEY_AUDIT_SPOOL)
        ? config.text(Setting.PARLEY_AUDIT_SPOOL)
        : config.text(Setting.PARLEY_DATA) + "/audit.spool";
  }

  /** Where clients find this server: no slash at the end. */
  public String publicUrl() {
    return publicUrl(config);
  }

  static String publicUrl(Config config) {
    return config.isSet(Setting.PARLEY_PUBLIC_URL)
        ? config.text(Setting.PARLEY_PUBLIC_URL)
        : (config.isSet(Setting.PARLEY_TLS_CERTIFICATE) ? "https://" : "http://")
            + config.text(Setting.PARLEY_HOST)
            + ":"
            + config.text(Setting.PARLEY_PORT);
  }

  /** The FHIR base: no slash at the end. */
  public String base() {
    return publicUrl() + FhirApi.PATH;
  }

  /** The live engine: what pushes to clients binds to it. */
  public Feed feed() {
    return feed;
  }

  /** Work that comes due; a test turns the clock and has it done. */
  public Agenda agenda() {
    return agenda;
  }

  public Login login() {
    return login;
  }

  /** Tells of logins that end before their tokens. */
  public EndedLogins endedLogins() {
    return endedLogins;
  }

  public Dialects dialects() {
    return dialects;
  }

  public BindingTokens tokens() {
    return tokens;
  }

  /** Where clients open the socket. */
  public String socketUrl() {
    String server =
        config.isSet(Setting.PARLEY_SOCKET_URL)
            ? config.text(Setting.PARLEY_SOCKET_URL)
            : publicUrl();
    return server.replaceFirst("^http", "ws") + "/ws/subscriptions-r4";
  }

  @Override
  public void close() {
    agenda.close();
    features.forEach(Feature::close);
    login.close();
    pushServices.close();
    feed.close();
    trail.close();
    auditKeeping.close();
    database.close();
  }
}
