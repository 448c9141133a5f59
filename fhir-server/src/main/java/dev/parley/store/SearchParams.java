// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.RuntimeSearchParam;
import dev.parley.store.SearchParam.Kind;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Every search parameter that R4 defines, from HAPI's own definitions, and Parley's. A type's are
 * read at its first use: a server that only ever sees messages reads those of Communication.
 */
public final class SearchParams {
  /** The date by which resources of a type are sorted: what {@code resource.at} holds. */
  private static final Map<String, String> PRINCIPAL =
      Map.ofEntries(
          Map.entry("Appointment", "date"),
          Map.entry("AuditEvent", "date"),
          Map.entry("CarePlan", "date"),
          Map.entry("Communication", "sent"),
          Map.entry("CommunicationRequest", "authored"),
          Map.entry("Condition", "recorded-date"),
          Map.entry("Consent", "date"),
          Map.entry("DiagnosticReport", "date"),
          Map.entry("DocumentReference", "date"),
          Map.entry("Encounter", "date"),
          Map.entry("Immunization", "date"),
          Map.entry("MedicationRequest", "authoredon"),
          Map.entry("Observation", "date"),
          Map.entry("Procedure", "date"),
          Map.entry("Provenance", "recorded"),
          Map.entry("QuestionnaireResponse", "authored"),
          Map.entry("ServiceRequest", "authored"),
          Map.entry("Slot", "start"),
          Map.entry("Task", "authored-on"));

  /** Types whose date is a point in time: {@code at} says all of it. */
  private static final Set<String> INSTANTS =
      Set.of("Appointment", "AuditEvent", "Provenance", "Slot");

  /** Types whose date is a Period more often than not. */
  private static final Set<String> PERIODS =
      Set.of("CarePlan", "DiagnosticReport", "Encounter", "Observation", "Procedure");

  /** References that R4 puts into no compartment, and by which people look for work all day. */
  private static final Map<String, Set<String>> OWNING =
      Map.of(
          "Slot", Set.of("schedule"),
          "Task", Set.of("owner", "requester", "subject", "patient"),
          "Communication", Set.of("participant"));

  private final FhirContext fhir;
  private final Map<String, Map<String, SearchParam>> types = new ConcurrentHashMap<>();

  public SearchParams(FhirContext fhir) {
    this.fhir = fhir;
  }

  FhirContext fhir() {
    return fhir;
  }

  /** The parameters of a resource type by code; the type must be one of R4. */
  public Map<String, SearchParam> of(String type) {
    Map<String, SearchParam> known = types.get(type);
    return known != null ? known : types.computeIfAbsent(type, this::load);
  }

  public Optional<SearchParam> find(String type, String code) {
    return Optional.ofNullable(of(type).get(code));
  }

  /** The parameter whose first value is the type's {@code at}, or null. */
  public SearchParam principal(String type) {
    String code = PRINCIPAL.get(type);
    return code == null ? null : of(type).get(code);
  }

  /** How far {@code at} alone answers for a type's date. */
  enum Dates {
    /** Always: the element is an instant. */
    POINTS,
    /** Nearly always; a few resources give a day or a month. */
    MOSTLY_POINTS,
    /** Rarely: the element may be a Period. */
    PERIODS
  }

  Dates dates(String type) {
    return INSTANTS.contains(type)
        ? Dates.POINTS
        : PERIODS.contains(type) ? Dates.PERIODS : Dates.MOSTLY_POINTS;
  }

  /** Parley's own definitions, as they are served under {@code SearchParameter}. */
  public List<org.hl7.fhir.r4.model.SearchParameter> own() {
    return OwnSearchParams.all();
  }

  private Map<String, SearchParam> load(String type) {
    Map<String, RuntimeSearchParam> defined =
        fhir.getResourceDefinition(type).getSearchParams().stream()
            .collect(Collectors.toMap(RuntimeSearchParam::getName, Function.identity()));
    Map<String, SearchParam> params = new LinkedHashMap<>();
    for (RuntimeSearchParam definition : defined.values()) {
      if (definition.getComponents().isEmpty()) {
        params.put(definition.getName(), plain(type, definition));
      }
    }
    params.put("_source", common(type, "_source", Kind.URI, "Resource.meta.source"));
    OwnSearchParams.of(type, params::get).forEach(p -> params.put(p.code(), p));
    for (RuntimeSearchParam definition : defined.values()) {
      if (!definition.getComponents().isEmpty()) {
        params.put(definition.getName(), composite(type, definition, params));
      }
    }
    return Map.copyOf(params);
  }

  private static SearchParam plain(String type, RuntimeSearchParam definition) {
    String code = definition.getName();
    Set<String> owners =
        definition.getProvidesMembershipInCompartments() == null
            ? Set.of()
            : Set.copyOf(definition.getProvidesMembershipInCompartments());
    Kind kind = Kind.valueOf(definition.getParamType().name());
    boolean owning =
        kind == Kind.REFERENCE
            && (!owners.isEmpty()
                || code.equals("patient")
                || OWNING.getOrDefault(type, Set.of()).contains(code));
    return new SearchParam(
        type,
        code,
        kind,
        Keys.param(type, code),
        definition.getPath(),
        SearchPath.parse(definition.getPath()),
        Set.copyOf(definition.getTargets()),
        definition.getUri(),
        definition.getDescription(),
        owners,
        owning,
        List.of());
  }

  static SearchParam common(String type, String code, Kind kind, String expression) {
    return new SearchParam(
        type,
        code,
        kind,
        Keys.param(type, code),
        expression,
        SearchPath.parse(expression),
        Set.of(),
        "http://hl7.org/fhir/SearchParameter/Resource-" + code.substring(1),
        code,
        Set.of(),
        false,
        List.of());
  }

  private static SearchParam composite(
      String type, RuntimeSearchParam definition, Map<String, SearchParam> params) {
    List<SearchParam> parts = new ArrayList<>();
    for (RuntimeSearchParam.Component component : definition.getComponents()) {
      String reference = component.getReference();
      parts.add(
          Objects.requireNonNull(
              params.get(
                  reference.substring(reference.lastIndexOf(type + "-") + type.length() + 1)),
              reference));
    }
    return new SearchParam(
        type,
        definition.getName(),
        Kind.COMPOSITE,
        Keys.param(type, definition.getName()),
        definition.getPath(),
        SearchPath.parse(definition.getPath()),
        Set.of(),
        definition.getUri(),
        definition.getDescription(),
        Set.of(),
        false,
        List.copyOf(parts));
  }
}
