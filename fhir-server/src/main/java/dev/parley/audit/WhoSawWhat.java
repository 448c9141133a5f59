// SPDX-License-Identifier: Apache-2.0
package dev.parley.audit;

import ca.uhn.fhir.rest.annotation.IdParam;
import ca.uhn.fhir.rest.annotation.Operation;
import ca.uhn.fhir.rest.annotation.OperationParam;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import dev.parley.access.Refusal;
import dev.parley.feature.Tools;
import dev.parley.store.Codes;
import dev.parley.store.Moments;
import dev.parley.store.StoredResource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.hl7.fhir.r4.model.CodeType;
import org.hl7.fhir.r4.model.DateTimeType;
import org.hl7.fhir.r4.model.IdType;
import org.hl7.fhir.r4.model.IntegerType;
import org.hl7.fhir.r4.model.Parameters;
import org.hl7.fhir.r4.model.Parameters.ParametersParameterComponent;
import org.hl7.fhir.r4.model.Patient;
import org.hl7.fhir.r4.model.Patient.LinkType;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.StringType;

/** Who had access to what of one patient, in one call; for privacy officers. */
public final class WhoSawWhat {
  private static final int MOST = 1_000;

  private final AuditTrail trail;
  private final Tools tools;

  WhoSawWhat(AuditTrail trail, Tools tools) {
    this.trail = trail;
    this.tools = tools;
  }

  @Operation(
      name = "$who-saw-what",
      typeName = "Patient",
      idempotent = true,
      canonicalUrl = Codes.OPERATIONS + "who-saw-what")
  public Parameters answer(
      @IdParam IdType id,
      @OperationParam(name = "start") DateTimeType start,
      @OperationParam(name = "end") DateTimeType end,
      @OperationParam(name = "_count") IntegerType count,
      RequestDetails request) {
    AuditTrail.require(tools.caller().apply(request), "rs");
    int limit = count == null ? MOST : Math.max(1, Math.min(MOST, count.getValue()));
    Map<String, String[]> query = new LinkedHashMap<>();
    Set<String> same = same(id.getIdPart());
    query.put("patient", new String[] {String.join(",", same)});
    List<String> dates = new ArrayList<>();
    if (start != null) {
      dates.add("ge" + start.getValueAsString());
    }
    if (end != null) {
      dates.add("le" + end.getValueAsString());
    }
    query.put("date", dates.toArray(String[]::new));
    List<AuditRow> rows = trail.rows(trail.query(query, true), limit + 1);
    Parameters answer = new Parameters();
    for (AuditRow row : rows.subList(0, Math.min(limit, rows.size()))) {
      for (int part = 0; part < row.parts(); part++) {
        if (same.contains(row.patient(part))) {
          access(answer, row, part);
        }
      }
    }
    if (rows.size() > limit) {
      answer.addParameter("more", true);
    }
    return answer;
  }

  /** The patient, and the records that were merged into this one or that it was merged into. */
  private Set<String> same(String id) {
    List<StoredResource> found = patients("_id", id);
    if (found.isEmpty()) {
      throw Refusal.notFound("Patient/" + id);
    }
    Set<String> same = new LinkedHashSet<>(Set.of(id));
    merged(found.get(0)).forEach(other -> same.add(other.substring("Patient/".length())));
    for (StoredResource linked : patients("link", "Patient/" + id)) {
      if (merged(linked).anyMatch(("Patient/" + id)::equals)) {
        same.add(linked.id());
      }
    }
    return same;
  }

  private List<StoredResource> patients(String parameter, String value) {
    Map<String, String[]> query = Map.of(parameter, new String[] {value});
    return tools.own().search("Patient", null, query, true).matches();
  }

  /** Those that a record replaces or is replaced by. */
  private Stream<String> merged(StoredResource patient) {
    return tools.chart().parse(patient, Patient.class).getLink().stream()
        .filter(l -> l.getType() == LinkType.REPLACEDBY || l.getType() == LinkType.REPLACES)
        .map(l -> l.getOther().getReferenceElement().toUnqualifiedVersionless().getValue())
        .filter(other -> other != null && other.startsWith("Patient/"));
  }

  private static void access(Parameters answer, AuditRow row, int part) {
    AuditRow.Agent who = row.agent(part);
    ParametersParameterComponent access = answer.addParameter().setName("access");
    add(access, "when", Moments.instant(row.at()));
    if (who.isPerson()) {
      add(access, "who", new Reference(who.reference()));
    }
    add(access, "client", new StringType(who.client()));
    add(access, "how", new CodeType(row.action().word()));
    if (row.id() != null) {
      String version = row.version() == null ? "" : "/_history/" + row.version();
      add(access, "what", new Reference(row.type() + "/" + row.id() + version));
    }
    if (row.query() != null) {
      add(access, "query", new StringType(row.query()));
    }
    if (row.purpose() != null) {
      add(access, "purpose", new CodeType(row.purpose()));
      add(access, "reason", row.note() == null ? null : new StringType(row.note()));
    }
    if (row.address() != null) {
      add(access, "address", new StringType(row.address()));
    }
    add(access, "outcome", new CodeType(String.valueOf(row.outcome())));
  }

  private static void add(
      ParametersParameterComponent access, String name, org.hl7.fhir.r4.model.Type value) {
    if (value != null) {
      access.addPart().setName(name).setValue(value);
    }
  }
}
