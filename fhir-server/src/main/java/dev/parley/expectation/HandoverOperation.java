// SPDX-License-Identifier: Apache-2.0
package dev.parley.expectation;

import ca.uhn.fhir.rest.annotation.Operation;
import ca.uhn.fhir.rest.annotation.OperationParam;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import dev.parley.access.Caller;
import dev.parley.access.Refusal;
import dev.parley.feature.Tools;
import dev.parley.store.CallerStore;
import dev.parley.store.Codes;
import dev.parley.store.Lookup;
import dev.parley.store.OwnTask;
import dev.parley.store.References;
import dev.parley.store.StoredResource;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.Encounter;
import org.hl7.fhir.r4.model.Parameters;
import org.hl7.fhir.r4.model.StringType;
import org.hl7.fhir.r4.model.Task;

/**
 * {@code Task/$handover-list}: what is open for each patient of a pool or a ward, in one call, of
 * what the caller may see. No text of messages is in it.
 */
public final class HandoverOperation {
  private static final String[] PAGE = {"1000"};
  private static final Set<String> POOLS =
      Set.of("CareTeam", "HealthcareService", "Organization", "Practitioner", "PractitionerRole");

  private final Tools tools;
  private final LastMessages last;

  HandoverOperation(Tools tools) {
    this.tools = tools;
    last = new LastMessages(tools.database());
  }

  /**
   * Lists them.
   *
   * @param pool "HealthcareService/x", or a role or team: its Tasks and conversations
   * @param location "Location/x": those of the patients who are there
   */
  @Operation(
      name = "$handover-list",
      typeName = "Task",
      idempotent = true,
      canonicalUrl = Codes.OPERATIONS + "handover-list")
  public Parameters list(
      @OperationParam(name = "pool") StringType pool,
      @OperationParam(name = "location") StringType location,
      RequestDetails request) {
    CallerStore mine = tools.as(request);
    mine.caller().require("Task", "s");
    mine.caller().require("Communication", "s");
    if (mine.caller().kind() != Caller.Kind.STAFF && !mine.caller().isSystem()) {
      throw Refusal.forbidden("not-staff", "The list is for staff");
    }
    if ((pool == null) == (location == null)) {
      throw Refusal.unprocessable(
          "required", "pool-or-location", "Name either \"pool\" or \"location\"");
    }
    Map<String, HandoverList.Entry> patients = new TreeMap<>();
    if (pool != null) {
      String whose = known(mine, pool.getValue(), "pool", POOLS);
      of(mine, Map.of("performer", Codes.POOLS + "|" + whose), patients);
      threads(mine, Map.of("recipient", whose), patients);
    } else {
      Set<String> there =
          at(mine, known(mine, location.getValue(), "location", Set.of("Location")));
      if (!there.isEmpty()) {
        String all = String.join(",", there);
        of(mine, Map.of("patient", all), patients);
        threads(mine, Map.of("patient", all), patients);
      }
    }
    patients.values().forEach(entry -> entry.name(tools, mine));
    return HandoverList.answer(patients, last);
  }

  /**
   * Whom or what is asked for; a shift does not take a slip of the pen for an empty list.
   *
   * @throws Refusal 422 if it is not "Type/id" of one of these types, 404 if there is none
   */
  private String known(CallerStore mine, String value, String parameter, Set<String> types) {
    References.Local named =
        tools
            .references()
            .local(String.valueOf(value))
            .filter(local -> types.contains(local.type()))
            .orElseThrow(
                () ->
                    Refusal.unprocessable(
                        "value",
                        "handover-of",
                        "\"%s\" is Type/id, with one of the types %s"
                            .formatted(
                                parameter, String.join(", ", types.stream().sorted().toList()))));
    boolean isKnown =
        named.type().equals("CareTeam")
            ? mine.find(named.type(), named.id()).filter(team -> !team.deleted()).isPresent()
            : isStored(named.toString());
    if (!isKnown) {
      throw Refusal.notFound(named.toString());
    }
    return named.toString();
  }

  /** Staff may know of these, whoever they are; what their tokens let them read is less. */
  private boolean isStored(String reference) {
    return tools.database().with(connection -> Lookup.one(connection, reference)).isPresent();
  }

  private Set<String> at(CallerStore mine, String location) {
    Set<String> patients = new LinkedHashSet<>();
    Map<String, String> there =
        Map.of("location", location, "status", "arrived,triaged,in-progress,onleave");
    for (StoredResource each : search(mine, "Encounter", there)) {
      Encounter encounter = tools.chart().parse(each, Encounter.class);
      tools.chart().local(encounter.getSubject()).ifPresent(patients::add);
    }
    return patients;
  }

  private void of(
      CallerStore mine, Map<String, String> query, Map<String, HandoverList.Entry> patients) {
    Map<String, String> open = new LinkedHashMap<>(query);
    open.put("status", OwnTask.open());
    for (StoredResource each : search(mine, "Task", open)) {
      Task task = tools.chart().parse(each, Task.class);
      task.setId(each.id());
      entry(patients, tools.chart().local(task.getFor()).orElse("")).tasks().add(task);
    }
  }

  /** Headers of conversations that are not closed. */
  private void threads(
      CallerStore mine, Map<String, String> query, Map<String, HandoverList.Entry> patients) {
    Map<String, String> open = new LinkedHashMap<>(query);
    open.put("status", "in-progress");
    open.put("part-of:missing", "true");
    for (StoredResource each : search(mine, "Communication", open)) {
      Communication thread = tools.chart().parse(each, Communication.class);
      if (!thread.hasPayload()) {
        thread.setId(each.id());
        entry(patients, tools.chart().local(thread.getSubject()).orElse("")).threads().add(thread);
      }
    }
  }

  private static HandoverList.Entry entry(
      Map<String, HandoverList.Entry> patients, String patient) {
    return patients.computeIfAbsent(patient, HandoverList.Entry::of);
  }

  private static List<StoredResource> search(
      CallerStore mine, String type, Map<String, String> query) {
    Map<String, String[]> all = new LinkedHashMap<>();
    query.forEach((name, value) -> all.put(name, new String[] {value}));
    all.put("_count", PAGE);
    return mine.search(type, null, all, true).matches();
  }
}
