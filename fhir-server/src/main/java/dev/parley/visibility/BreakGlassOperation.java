// SPDX-License-Identifier: Apache-2.0
package dev.parley.visibility;

import ca.uhn.fhir.rest.annotation.IdParam;
import ca.uhn.fhir.rest.annotation.Operation;
import ca.uhn.fhir.rest.annotation.OperationParam;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import dev.parley.access.Caller;
import dev.parley.access.Refusal;
import dev.parley.feature.Tools;
import dev.parley.store.Codes;
import dev.parley.store.Draft;
import dev.parley.store.Step;
import dev.parley.store.Trace;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.hl7.fhir.r4.model.IdType;
import org.hl7.fhir.r4.model.Task;

/**
 * {@code Patient/x/$break-glass}: a clinician sees a patient whom they do not treat, for a while,
 * with a reason; the privacy officer is told by the same Task (164.312(a)(2)(ii)).
 */
public final class BreakGlassOperation {
  static final Set<String> CLINICIANS = Caller.CLINICIANS;
  private static final int LEAST_WORDS = 10;

  private final Tools tools;
  private final Duration life;

  BreakGlassOperation(Tools tools, Duration life) {
    this.tools = tools;
    this.life = life;
  }

  /**
   * Answers the Task; its restriction says until when.
   *
   * @param reason what is the matter, in ten letters or more
   */
  @Operation(
      name = "$break-glass",
      typeName = "Patient",
      canonicalUrl = Codes.OPERATIONS + "break-glass")
  public Task open(
      @IdParam IdType id, @OperationParam(name = "reason") String reason, RequestDetails request) {
    Caller caller = tools.caller().apply(request);
    caller.require("Patient", "r");
    if (!caller.isClinician()) {
      throw Refusal.forbidden("clinicians-only", "Only clinicians may open a record in emergency");
    }
    if (reason == null || reason.strip().length() < LEAST_WORDS) {
      throw Refusal.invalid(
          "reason-missing", "An emergency access needs a reason of ten letters or more");
    }
    String patient = "Patient/" + id.getIdPart();
    tools.own().read("Patient", id.getIdPart());
    Instant now = tools.clock().instant();
    tools
        .trail()
        .record(
            Trace.of(
                    caller.asking(new Caller.Purpose("BTG", reason.strip())),
                    tools.origin().apply(request),
                    Trace.Action.BREAK_GLASS)
                .on("Patient", id.getIdPart(), null)
                .about(List.of(id.getIdPart())));
    Task task = BreakGlass.task(caller.reference(), patient, reason.strip(), now, now.plus(life));
    Step create = Step.create(Draft.of(task, tools.fhir()), null);
    return tools.chart().parse(tools.own().write(create).resource(), Task.class);
  }
}
