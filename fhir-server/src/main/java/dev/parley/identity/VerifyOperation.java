// SPDX-License-Identifier: Apache-2.0
package dev.parley.identity;

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
import dev.parley.store.Moments;
import dev.parley.store.Step;
import dev.parley.store.TimeRange;
import java.time.Instant;
import java.time.Period;
import java.time.ZoneOffset;
import org.hl7.fhir.r4.model.DateTimeType;
import org.hl7.fhir.r4.model.DateType;
import org.hl7.fhir.r4.model.Extension;
import org.hl7.fhir.r4.model.IdType;
import org.hl7.fhir.r4.model.IntegerType;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.StringType;
import org.hl7.fhir.r4.model.VerificationResult;
import org.hl7.fhir.r4.model.VerificationResult.Status;

/** {@code $verify-identity}: staff say in one call what they checked. */
public final class VerifyOperation {
  private static final String CANONICAL = Codes.OPERATIONS + "verify-identity";

  private final Tools tools;
  private final Period valid;

  /**
   * @param valid how long a verification holds for which no end was said
   */
  VerifyOperation(Tools tools, Period valid) {
    this.tools = tools;
    this.valid = valid;
  }

  @Operation(name = "$verify-identity", typeName = "Patient", canonicalUrl = CANONICAL)
  public VerificationResult patient(
      @IdParam IdType id,
      @OperationParam(name = "checked") StringType checked,
      @OperationParam(name = "level") IntegerType level,
      @OperationParam(name = "until") DateType until,
      RequestDetails request) {
    return verify("Patient", id, checked, level, until, request);
  }

  @Operation(name = "$verify-identity", typeName = "RelatedPerson", canonicalUrl = CANONICAL)
  public VerificationResult proxy(
      @IdParam IdType id,
      @OperationParam(name = "checked") StringType checked,
      @OperationParam(name = "level") IntegerType level,
      @OperationParam(name = "until") DateType until,
      RequestDetails request) {
    return verify("RelatedPerson", id, checked, level, until, request);
  }

  private VerificationResult verify(
      String type,
      IdType id,
      StringType checked,
      IntegerType level,
      DateType until,
      RequestDetails request) {
    Caller caller = tools.caller().apply(request);
    caller.require("VerificationResult", "c");
    if (caller.kind() != Caller.Kind.STAFF && !caller.isSystem()) {
      throw Refusal.forbidden("not-staff", "Only staff verify who somebody is");
    }
    if (checked == null || checked.isEmpty()) {
      throw Refusal.unprocessable("required", "checked", "Say in \"checked\" what was looked at");
    }
    int sure = level == null ? 3 : level.getValue();
    if (sure < 1 || sure > 3) {
      throw Refusal.unprocessable("value", "level", "\"level\" is 1, 2 or 3");
    }
    if (until != null
        && until.hasValue()
        && TimeRange.ofElement(until.getValueAsString()).high().isBefore(tools.clock().instant())) {
      throw Refusal.unprocessable("value", "until", "\"until\" is over: leave it out, or say when");
    }
    CallerStore mine = tools.as(request);
    String who = mine.read(type, id.getIdPart()).reference();
    VerificationResult result = result(who, checked.getValue(), sure, until, caller);
    Step create = Step.create(Draft.byOperation(result, tools.fhir()), null);
    return tools.chart().parse(mine.write(create).resource(), VerificationResult.class);
  }

  private VerificationResult result(
      String who, String checked, int level, DateType until, Caller caller) {
    Instant now = tools.clock().instant();
    DateTimeType moment = Moments.utc(now);
    VerificationResult result = new VerificationResult();
    result.addTarget(new Reference(who));
    result.setStatus(Status.VALIDATED).setStatusDateElement(moment);
    result.addValidationProcess().setText(checked);
    result.setLastPerformedElement(moment.copy());
    result.setNextScheduledElement(
        until == null
            ? new DateType(now.atZone(ZoneOffset.UTC).toLocalDate().plus(valid).toString())
            : until);
    if (!caller.isSystem()) {
      result.getAttestation().setWho(new Reference(caller.reference()));
    }
    result.getAttestation().setDateElement(new DateType(now.toString().substring(0, 10)));
    result.addExtension(new Extension(Proof.LEVEL, new IntegerType(level)));
    return result;
  }
}
