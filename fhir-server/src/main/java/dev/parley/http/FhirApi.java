// SPDX-License-Identifier: Apache-2.0
package dev.parley.http;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import dev.parley.access.Caller;
import dev.parley.access.Origin;
import dev.parley.attachment.Attachments;
import dev.parley.auth.SmartConfiguration;
import dev.parley.config.Config;
import dev.parley.config.Setting;
import dev.parley.db.Database;
import dev.parley.store.ResourceStore;
import dev.parley.store.ResourceTypes;
import dev.parley.store.SearchParams;
import dev.parley.store.Trail;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import jakarta.servlet.http.HttpServletRequest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.eclipse.jetty.server.handler.ContextHandler;

/** Puts the parts of the REST API together; {@code Wiring} gives it what it stands on. */
public final class FhirApi {
  /** The path of the FHIR base; clients of the Medplum kind expect this one. */
  public static final String PATH = "/fhir/R4";

  private FhirApi() {}

  /**
   * Where clients find the server.
   *
   * @param base of FHIR, without a slash at the end
   * @param socket of the subscriptions
   * @param since when it was started
   */
  public record Addresses(String base, String socket, Instant since) {}

  /**
   * How clients come in.
   *
   * @param login finds out who asks, or refuses
   * @param smart what they are told of the issuer; null if there is none
   */
  public record Door(Function<HttpServletRequest, Caller> login, SmartConfiguration smart) {}

  /**
   * The handler of the FHIR base.
   *
   * @param trail for what does not go through the store
   * @param addresses what the CapabilityStatement tells clients
   * @param attachments what Binaries hold
   * @param operations HAPI providers of the features' operations
   */
  public static ContextHandler handler(
      Config config,
      FhirContext fhir,
      ResourceTypes types,
      ResourceStore store,
      Trail trail,
      SearchParams searchParams,
      Addresses addresses,
      Door door,
      Attachments attachments,
      List<?> operations) {
    Searches searches = new Searches(fhir);
    Histories histories = new Histories(config);
    Patches patches = new Patches(fhir);
    FullValidation full = new FullValidation(fhir);
    Validation validation = new Validation(config, fhir, full);
    Interactions interactions =
        new Interactions(fhir, store, searches, histories, patches, validation, attachments);
    Bundles bundles =
        new Bundles(
            fhir,
            store,
            new EntrySteps(fhir, patches, validation),
            new EntryReads(searches, histories),
            config.number(Setting.PARLEY_BUNDLE_LIMIT));
    List<Object> providers = new ArrayList<>(operations);
    providers.add(new SystemProvider(interactions, bundles));
    ValidateOperation validate = new ValidateOperation(fhir, store, full);
    Capability capability =
        new Capability(
            door.smart() == null ? Map::of : door.smart()::oauthUris,
            oauth ->
                new CapabilityText(
                    addresses,
                    door.smart() == null ? null : oauth,
                    DeclaredParams.read(types, searchParams.own()),
                    providers,
                    config.text(Setting.PARLEY_REFERENCES).equals("enforced"),
                    config.isSet(Setting.PARLEY_CORS_ORIGINS)));
    TrailInterceptor trailing = new TrailInterceptor(trail);
    String publicUrl = config.text(Setting.PARLEY_PUBLIC_URL);
    FhirServlet servlet =
        new FhirServlet(
            fhir,
            publicUrl.isEmpty() ? "" : publicUrl + PATH,
            config.number(Setting.PARLEY_BODY_LIMIT_BYTES),
            door.login(),
            types,
            type -> new ResourceProvider(type, fhir, interactions, validate),
            new Routes(types),
            trailing,
            attachments,
            capability,
            providers,
            List.of(
                new AnswerInterceptor(fhir),
                new ErrorInterceptor(trailing),
                new NoNul(),
                new OperationNames(providers)));
    return HttpServer.fhir(
        servlet, door.smart(), PATH, Origins.of(config.text(Setting.PARLEY_CORS_ORIGINS)));
  }

  /** Who asks, for the features' operations. */
  public static Caller caller(RequestDetails request) {
    return Interactions.caller(request);
  }

  /** Where it came from, for the same. */
  public static Origin origin(RequestDetails request) {
    return Interactions.origin(request);
  }

  /** The handler of health and metrics. */
  public static ContextHandler health(
      Database database,
      PrometheusMeterRegistry metrics,
      List<Supplier<Optional<String>>> troubles) {
    return HttpServer.health(new Health(database, metrics, troubles));
  }
}
