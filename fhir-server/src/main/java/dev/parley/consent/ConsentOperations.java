// SPDX-License-Identifier: Apache-2.0
package dev.parley.consent;

import ca.uhn.fhir.rest.annotation.IdParam;
import ca.uhn.fhir.rest.annotation.Operation;
import ca.uhn.fhir.rest.annotation.OperationParam;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import dev.parley.access.Caller;
import dev.parley.access.Refusal;
import dev.parley.feature.Tools;
import dev.parley.store.CallerStore;
import dev.parley.store.Codes;
import dev.parley.store.Draft;
import dev.parley.store.Step;
import dev.parley.store.StoredResource;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.hl7.fhir.r4.model.Attachment;
import org.hl7.fhir.r4.model.CodeType;
import org.hl7.fhir.r4.model.Consent;
import org.hl7.fhir.r4.model.IdType;
import org.hl7.fhir.r4.model.StringType;

/** {@code $request-consent}, {@code $sign}, {@code $withdraw}: how a patient decides. */
public final class ConsentOperations {

  private final Tools tools;
  private final ChartReader chart;
  private final Decisions decisions;
  private final Asks asks;
  private final Ages ages;

  ConsentOperations(Tools tools, ChartReader chart, Decisions decisions, Asks asks, Ages ages) {
    this.ages = ages;
    this.tools = tools;
    this.chart = chart;
    this.decisions = decisions;
    this.asks = asks;
  }

  /**
   * Puts the organisation's text before the patient; the one that is there already, signed or not,
   * if one is.
   */
  @Operation(
      name = "$request-consent",
      typeName = "Patient",
      canonicalUrl = Codes.OPERATIONS + "request-consent")
  public Consent request(
      @IdParam IdType id, @OperationParam(name = "kind") CodeType kind, RequestDetails request) {
    CallerStore mine = allowed(request, 'c');
    String patient = mine.read("Patient", id.getIdPart()).reference();
    String wanted = kind == null ? Asks.MESSAGING : kind.getValue();
    if (!Decisions.KINDS.contains(wanted)) {
      throw Refusal.unprocessable(
          "code-invalid",
          "consent-kind",
          "\"kind\" is one of %s".formatted(String.join(", ", Decisions.KINDS)));
    }
    Optional<StoredResource> agreed =
        mine.caller().scopes().covering("Consent", 'r').isEmpty()
            ? Optional.empty()
            : agreed(patient, wanted).flatMap(agreement -> mine.find("Consent", agreement));
    if (agreed.isPresent()) {
      return chart.parse(agreed.get(), Consent.class);
    }
    List<StoredResource> open =
        tools
            .own()
            .match(
                "Consent",
                "status=proposed&patient=%s&category=%s|%s"
                    .formatted(patient, Codes.SYSTEMS + "consent-kind", wanted));
    if (!open.isEmpty()) {
      return chart.parse(open.get(0), Consent.class);
    }
    Consent consent = decisions.proposal(patient, wanted, now());
    Draft draft = Draft.byOperation(consent, tools.fhir());
    return chart.parse(mine.write(Step.create(draft, null)).resource(), Consent.class);
  }

  /** The id of what permits it already; not what permits a part of it, or ended. */
  private Optional<String> agreed(String patient, String kind) {
    return tools
        .database()
        .with(
            connection -> {
              Set<String> merged = chart.merged(connection, patient);
              ConsentDecision.Decision decision =
                  ConsentDecision.decide(
                      chart.agreements(connection, merged),
                      chart.mergedSince(connection, merged),
                      asks.inGeneral(kind, Channel.APP, now()));
              return Optional.ofNullable(decision.by())
                  .map(by -> by.consent().getIdElement().getIdPart());
            });
  }

  /** The patient's yes, typed ({@code name}) or drawn ({@code drawing}). */
  @Operation(name = "$sign", typeName = "Consent", canonicalUrl = Codes.OPERATIONS + "sign")
  public Consent sign(
      @IdParam IdType id,
      @OperationParam(name = "name") StringType name,
      @OperationParam(name = "drawing") Attachment drawing,
      RequestDetails request) {
    Caller caller = tools.caller().apply(request);
    CallerStore mine = allowed(request, 'u');
    StoredResource stored = mine.read("Consent", id.getIdPart());
    requireSide(caller, chart.parse(stored, Consent.class));
    return changed(
        mine,
        id.getIdPart(),
        consent ->
            decisions.sign(
                consent,
                name == null ? null : name.getValue(),
                drawing,
                caller.reference(),
                now()));
  }

  /** The patient's no, from now on: this Consent and all others of the same kind end together. */
  @Operation(name = "$withdraw", typeName = "Consent", canonicalUrl = Codes.OPERATIONS + "withdraw")
  public Consent withdraw(@IdParam IdType id, RequestDetails request) {
    Caller caller = tools.caller().apply(request);
    CallerStore mine = allowed(request, 'u');
    StoredResource stored = mine.read("Consent", id.getIdPart());
    Consent named = chart.parse(stored, Consent.class);
    if (caller.kind() == Caller.Kind.PATIENT || caller.kind() == Caller.Kind.PROXY) {
      requireSide(caller, named);
    }
    if (caller.kind() == Caller.Kind.PROXY && Decisions.bindsProxies(named)) {
      throw Refusal.forbidden(
          "not-yours", "A proxy does not take back what was forbidden: ask the clinic");
    }
    if (caller.kind() == Caller.Kind.PROXY && isAdolescentsOwn(named)) {
      throw Refusal.forbidden(
          "not-yours", "The patient has signed this, and takes it back or leaves it");
    }
    List<Step> steps = new ArrayList<>();
    steps.add(withdrawal(stored.id()));
    others(caller, named, stored.id()).forEach(other -> steps.add(withdrawal(other)));
    return chart.parse(mine.write(steps).get(0).resource(), Consent.class);
  }

  private Step withdrawal(String id) {
    return step(id, consent -> decisions.withdraw(consent, now()));
  }

  private Consent changed(CallerStore mine, String id, Consumer<Consent> change) {
    return chart.parse(mine.write(step(id, change)).resource(), Consent.class);
  }

  private Step step(String id, Consumer<Consent> change) {
    return Step.byOperation(tools.fhir(), Consent.class, id, change);
  }

  /** The other permissions of the patient's records for the same kind. */
  private List<String> others(Caller caller, Consent named, String id) {
    boolean byProxy = caller.kind() == Caller.Kind.PROXY;
    String patient = chart.local(named.getPatient()).orElse("");
    Set<String> kinds = Set.copyOf(Codes.ours(named.getCategory(), "consent-kind"));
    return tools
        .database()
        .with(
            connection ->
                chart.agreements(connection, chart.merged(connection, patient)).stream()
                    .map(Agreement::consent)
                    .filter(c -> c.getStatus() == Consent.ConsentState.ACTIVE)
                    .filter(c -> !c.getIdElement().getIdPart().equals(id))
                    .filter(c -> byProxy ? !Decisions.bindsProxies(c) : !Decisions.isObjection(c))
                    .filter(
                        c ->
                            Codes.ours(c.getCategory(), "consent-kind").stream()
                                .anyMatch(kinds::contains))
                    .toList())
        .stream()
        .filter(c -> !byProxy || !isAdolescentsOwn(c))
        .map(c -> c.getIdElement().getIdPart())
        .toList();
  }

  private boolean isAdolescentsOwn(Consent consent) {
    return tools.database().with(connection -> ages.isAdolescentsOwn(consent, connection));
  }

  /** Only the patient, or a proxy of theirs, decides; for a child a proxy. */
  private void requireSide(Caller caller, Consent consent) {
    String patient = chart.local(consent.getPatient()).orElse("");
    boolean theirs =
        tools
            .database()
            .with(
                connection -> {
                  String person = chart.standsFor(connection, caller.reference(), now());
                  return person != null && chart.merged(connection, patient).contains(person);
                });
    if (!theirs) {
      throw Refusal.forbidden(
          "not-the-patient", "Only the patient, or a proxy, signs: on paper it is scanned and PUT");
    }
    if (caller.kind() == Caller.Kind.PATIENT
        && tools.database().with(connection -> ages.isChild(patient, connection))) {
      throw tooYoung();
    }
  }

  static Refusal tooYoung() {
    return Refusal.forbidden("too-young", "For a child a proxy decides, or the clinic on paper");
  }

  private CallerStore allowed(RequestDetails request, char letter) {
    tools.caller().apply(request).require("Consent", String.valueOf(letter));
    return tools.as(request);
  }

  private Instant now() {
    return tools.clock().instant();
  }
}
