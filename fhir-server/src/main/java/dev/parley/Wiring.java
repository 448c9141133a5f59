// SPDX-License-Identifier: Apache-2.0
package dev.parley;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.PerformanceOptionsEnum;
import ca.uhn.fhir.parser.StrictErrorHandler;
import dev.parley.access.Caller;
import dev.parley.agenda.Agenda;
import dev.parley.attachment.Attachments;
import dev.parley.audit.AppendOnly;
import dev.parley.audit.AuditKeeping;
import dev.parley.audit.AuditTrail;
import dev.parley.audit.Sealing;
import dev.parley.audit.WhoSawWhat;
import dev.parley.auth.EndedLogins;
import dev.parley.auth.LogOffOperation;
import dev.parley.auth.Login;
import dev.parley.auth.LoginRule;
import dev.parley.auth.ScopeRule;
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
import dev.parley.store.References;
import dev.parley.store.ResourceRow;
import dev.parley.store.ResourceSearch;
import dev.parley.store.ResourceStore;
import dev.parley.store.ResourceTypes;
import dev.parley.store.Rule;
import dev.parley.store.SearchIndexer;
import dev.parley.store.SearchParams;
import dev.parley.store.StoredResource;
import dev.parley.store.Trail;
import dev.parley.store.VersionRow;
import dev.parley.store.Visibility;
import dev.parley.subscription.BindingTokenOperation;
import dev.parley.subscription.BindingTokens;
import dev.parley.subscription.Endpoints;
import dev.parley.subscription.EventsOperation;
import dev.parley.subscription.GuardedClient;
import dev.parley.subscription.Patience;
import dev.parley.subscription.RestHooks;
import dev.parley.subscription.StatusOperation;
import dev.parley.subscription.SubscriptionLease;
import dev.parley.subscription.SubscriptionRule;
import dev.parley.visibility.BreakGlassOperation;
import dev.parley.visibility.Entitlement;
import dev.parley.visibility.Related;
import dev.parley.wording.Wording;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.eclipse.jetty.server.handler.ContextHandler;

/** The one place where objects are made, by hand, in order. */
public final class Wiring implements AutoCloseable {
  private static final FhirContext FHIR = fhirContext();

  private final Config config;
  private final Clock clock;
  private final PrometheusMeterRegistry metrics =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final FhirContext fhir;
  private final Database database;
  private final ResourceTypes types;
  private final SearchParams searchParams;
  private final Visibility visibility;
  private final Trail trail;
  private final AuditTrail auditTrail;
  private final AuditKeeping auditKeeping;
  private final Feed feed;
  private final Dialects dialects;
  private final BindingTokens tokens;
  private final Conversation conversation;
  private final MessagingConsent consent;
  private final VerifiedIdentity identity;
  private final Attachments attachments;
  private final ReceiptBook receipts;
  private final Retention retention;
  private final ResourceStore store;
  private final RestHooks restHooks;
  private final GuardedClient pushServices;
  private final SubscriptionLease lease;
  private final Login login;
  private final EndedLogins endedLogins;
  private final Agenda agenda;
  private final List<Feature> features;

  Wiring(Config config, Clock clock) {
    this.config = config;
    this.clock = clock;
    login = Login.of(config, base(), clock);
    fhir = FHIR;
    database = Database.open(config, List.of(ResourceRow.class, VersionRow.class));
    types = new ResourceTypes(database);
    searchParams = new SearchParams(fhir);
    SearchIndexer indexer = new SearchIndexer(searchParams, config);
    References references = new References(config);
    Criteria criteria = new Criteria(types, searchParams, references);
    visibility = Entitlement.of(config, types, criteria, clock);
    agenda = new Agenda(database, clock);
    identity = new VerifiedIdentity(config, fhir, database, this::store, agenda, clock);
    receipts = new ReceiptBook(database, references, this::told, clock);
    ResourceSearch search =
        new ResourceSearch(
            database, types, searchParams, visibility, identity.redaction(), clock, config);
    trail = new Trail(database, types, references, clock, Path.of(spool(config)));
    feed =
        new Feed(
            config,
            database,
            types,
            criteria,
            visibility,
            identity.redaction(),
            receipts.readership(),
            clock,
            trail.deliveries(),
            metrics);
    dialects = Dialects.of(this::base, clock);
    Duration tokenLife = Duration.ofSeconds(config.number(Setting.PARLEY_BINDING_TOKEN_SECONDS));
    tokens = new BindingTokens(database, tokenLife, clock);
    Endpoints endpoints = Endpoints.of(config);
    pushServices = new GuardedClient(endpoints);
    Sealing sealing = new Sealing(database, trail, config.text(Setting.PARLEY_AUDIT_KEY), clock);
    auditTrail = new AuditTrail(config, database, types, search, sealing, fhir, this::base);
    int auditDays = config.number(Setting.PARLEY_AUDIT_RETENTION_DAYS);
    auditKeeping = new AuditKeeping(database, trail, sealing, auditDays, clock);
    endedLogins = new EndedLogins(database, trail, clock);
    Tools tools =
        new Tools(
            config,
            fhir,
            database,
            this::store,
            references,
            new Chart(fhir, references),
            agenda,
            trail,
            clock,
            FhirApi::caller,
            FhirApi::origin);
    attachments = new Attachments(tools, types, visibility, identity.redaction());
    retention = new Retention(tools, types);
    features = features(tools);
    List<Rule> rules = new ArrayList<>(Entitlement.rules(config, fhir, clock));
    conversation = new Conversation(tools);
    rules.addAll(conversation.rules());
    rules.add(new AppendOnly());
    rules.add(
        new SubscriptionRule(
            criteria, endpoints, config.number(Setting.PARLEY_SUBSCRIPTION_LIMIT), clock));
    consent =
        new MessagingConsent(
            config, fhir, database, this::store, login::admits, trail, agenda, clock);
    rules.add(consent.rule());
    rules.add(identity.rule());
    features.forEach(feature -> rules.addAll(feature.rules()));
    rules.add(new LoginRule(endedLogins, references, clock));
    rules.add(new ScopeRule(indexer, criteria));
    store =
        new ResourceStore(
            database,
            types,
            indexer,
            search,
            visibility,
            new RecalledText(identity.redaction(), fhir, references, clock),
            receipts.annotation(),
            rules,
            fhir,
            clock,
            trail,
            auditTrail,
            feed::committed);
    restHooks = new RestHooks(config, feed, store, fhir, dialects, Patience.USUAL);
    Duration eventRetention = Duration.ofHours(config.number(Setting.PARLEY_EVENT_RETENTION_HOURS));
    lease = new SubscriptionLease(database, store, feed, tokens, eventRetention, clock);
    login.over(database, store, fhir, feed, endedLogins, trail);
    endedLogins.listen(
        (person, reason) -> {
          if (!reason.equals("logged-off")) {
            lease.end(person, fhir);
          }
        });
  }

  /** Each is left out by taking away its line. */
  private List<Feature> features(Tools tools) {
    String named = tools.config().text(Setting.PARLEY_TIME_ZONE);
    ZoneId zone = named.isEmpty() ? ZoneId.systemDefault() : ZoneId.of(named);
    Duty duty = new Duty(tools.chart(), zone);
    Expectations expectations = new Expectations(tools, duty, zone);
    return List.of(
        attachments,
        new Departures(tools),
        retention,
        new Wording(tools),
        new Receipts(tools, receipts, visibility),
        new Availabilities(tools, duty),
        expectations,
        new RedFlags(tools, duty),
        new FindMessages(tools, types, visibility),
        new Results(tools),
        new Reaching(tools, duty, expectations.rungs(), zone, outside()),
        new Broadcasts(tools, login::admits),
        new Messages(tools, login::admits, Related::strangers));
  }

  private Outside outside() {
    return new Outside(
        pushServices::allows,
        pushServices::send,
        (connection, who, channel) -> consent.permits(connection, who, channel),
        login::admits,
        this::publicUrl);
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
        fhir,
        types,
        store,
        trail,
        searchParams,
        new FhirApi.Addresses(base(), socketUrl(), clock.instant()),
        new FhirApi.Door(login.callers(), login.smart()),
        attachments,
        operations());
  }

  private List<?> operations() {
    List<Object> all =
        new ArrayList<>(
            List.of(
                new StatusOperation(feed, FhirApi::caller, dialects.backport(), fhir),
                new EventsOperation(feed, FhirApi::caller, dialects.backport()),
                new BindingTokenOperation(feed, FhirApi::caller, tokens, this::socketUrl),
                new LogOffOperation(endedLogins, new References(config), FhirApi::caller, clock),
                new BreakGlassOperation(
                    store,
                    trail,
                    FhirApi::caller,
                    FhirApi::origin,
                    fhir,
                    Duration.ofMinutes(config.number(Setting.PARLEY_BREAK_GLASS_MINUTES)),
                    clock),
                conversation.operations(),
                consent.operations(FhirApi::caller, FhirApi::origin),
                identity.operations(FhirApi::caller, FhirApi::origin),
                new WhoSawWhat(auditTrail, FhirApi::caller, this::patients)));
    features.forEach(feature -> all.addAll(feature.operations()));
    return all;
  }

  private List<StoredResource> patients(String parameter, String value) {
    Map<String, String[]> query = Map.of(parameter, new String[] {value});
    return store.as(Caller.SYSTEM).search("Patient", null, query, true).matches();
  }

  /** Begins what runs by itself; called when requests are taken. */
  void start() {
    feed.start();
    restHooks.start();
    lease.start();
    auditKeeping.start();
    login.start();
    identity.start();
    features.forEach(Feature::start);
    agenda.start();
  }

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

  /** The audit trail, for what goes through no door of the store. */
  public Trail trail() {
    return trail;
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

  public VerifiedIdentity identity() {
    return identity;
  }

  /** Work that comes due; a test turns the clock and has it done. */
  public Agenda agenda() {
    return agenda;
  }

  public Retention retention() {
    return retention;
  }

  public Attachments attachments() {
    return attachments;
  }

  public SubscriptionLease lease() {
    return lease;
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
    identity.close();
    lease.close();
    restHooks.close();
    pushServices.close();
    feed.close();
    trail.close();
    auditKeeping.close();
    database.close();
  }
}
