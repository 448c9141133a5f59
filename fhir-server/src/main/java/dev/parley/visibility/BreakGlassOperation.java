// SPDX-License-Identifier: Apache-2.0
package dev.parley.visibility;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.rest.annotation.IdParam;
import ca.uhn.fhir.rest.annotation.Operation;
import ca.uhn.fhir.rest.annotation.OperationParam;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import dev.parley.access.Caller;
import dev.parley.access.Origin;
import dev.parley.access.Refusal;
import dev.parley.store.Draft;
import dev.parley.store.ResourceStore;
import dev.parley.store.Step;
import dev.parley.store.Trace;
import dev.parley.store.Trail;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.hl7.fhir.r4.model.IdType;
import org.hl7.fhir.r4.model.Task;

/**
 * {@code Patient/x/$break-glass}: a clinician sees a patient whom they do not treat, for a while,
 * with a reason; the privacy officer is told by the same Task (164.312(a)(2)(ii)).
 */
public final class BreakGlassOperation {
  static final Set<String> CLINICIANS = Caller.CLINICIANS;
  private static final int LEAST_WORDS = 10;

  private final ResourceStore store;
  private final Trail trail;
  private final Function<RequestDetails, Caller> callers;
  private final Function<RequestDetails, Origin> origins;
  private final FhirContext fhir;
  private final Duration life;
  private final Clock clock;

  public BreakGlassOperation(
      ResourceStore store,
      Trail trail,
      Function<RequestDetails, Caller> callers,
      Function<RequestDetails, Origin> origins,
      FhirContext fhir,
      Duration life,
      Clock clock) {
    this.store = store;
    this.trail = trail;
    this.callers = callers;
    this.origins = origins;
    this.fhir = fhir;
    this.life = life;
    this.clock = clock;
  }

  /**
   * Answers the Task; its restriction says until when.
   *
   * @param reason what is the matter, in ten letters or more
   */
  @Operation(
      name = "$break-glass",
      typeName = "Patient",
      canonicalUrl = "https://parley.dev/fhir/OperationDefinition/break-glass")
  public Task open(
      @IdParam IdType id, @OperationParam(name = "reason") String reason, RequestDetails request) {
    Caller caller = callers.apply(request);
    caller.require("Patient", "r");
    if (!caller.isClinician()) {
      throw Refusal.forbidden("clinicians-only", "Only clinicians may open a record in emergency");
    }
    if (reason == null || reason.strip().length() < LEAST_WORDS) {
      throw Refusal.invalid(
          "reason-missing", "An emergency access needs a reason of ten letters or more");
    }
    String patient = "Patient/" + id.getIdPart();
    store.as(Caller.SYSTEM).read("Patient", id.getIdPart());
    Instant now = clock.instant();
    trail.record(
        Trace.of(
                caller.asking(new Caller.Purpose("BTG", reason.strip())),
                origins.apply(request),
                Trace.Action.BREAK_GLASS)
            .on("Patient", id.getIdPart(), null)
            .about(List.of(id.getIdPart())));
    Task task = BreakGlass.task(caller.reference(), patient, reason.strip(), now, now.plus(life));
    return (Task)
        fhir.newJsonParser()
            .parseResource(
                store
                    .as(Caller.SYSTEM)
                    .write(Step.create(Draft.of(task, fhir), null))
                    .resource()
                    .json());
  }
}
