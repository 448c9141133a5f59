// SPDX-License-Identifier: Apache-2.0
package dev.parley.identity;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.model.api.TemporalPrecisionEnum;
import ca.uhn.fhir.rest.annotation.IdParam;
import ca.uhn.fhir.rest.annotation.Operation;
import ca.uhn.fhir.rest.annotation.OperationParam;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import dev.parley.access.Caller;
import dev.parley.access.Origin;
import dev.parley.access.Refusal;
import dev.parley.store.CallerStore;
import dev.parley.store.Chart;
import dev.parley.store.Draft;
import dev.parley.store.ResourceStore;
import dev.parley.store.Step;
import java.time.Clock;
import java.time.Period;
import java.time.ZoneOffset;
import java.util.Date;
import java.util.TimeZone;
import java.util.function.Function;
import java.util.function.Supplier;
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
  private static final String CANONICAL =
      "https://parley.dev/fhir/OperationDefinition/verify-identity";

  private final FhirContext fhir;
  private final Supplier<ResourceStore> store;
  private final Function<RequestDetails, Caller> callers;
  private final Function<RequestDetails, Origin> origins;
  private final Chart chart;
  private final Period valid;
  private final Clock clock;

  VerifyOperation(
      FhirContext fhir,
      Supplier<ResourceStore> store,
      Function<RequestDetails, Caller> callers,
      Function<RequestDetails, Origin> origins,
      Chart chart,
      Period valid,
      Clock clock) {
    this.fhir = fhir;
    this.store = store;
    this.callers = callers;
    this.origins = origins;
    this.chart = chart;
    this.valid = valid;
    this.clock = clock;
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
    Caller caller = callers.apply(request);
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
    CallerStore mine = store.get().as(caller, origins.apply(request));
    String who = mine.read(type, id.getIdPart()).reference();
    VerificationResult result = result(who, checked.getValue(), sure, until, caller);
    return chart.parse(
        mine.write(Step.create(Draft.byOperation(result, fhir), null)).resource(),
        VerificationResult.class);
  }

  private VerificationResult result(
      String who, String checked, int level, DateType until, Caller caller) {
    DateTimeType now =
        new DateTimeType(
            Date.from(clock.instant()), TemporalPrecisionEnum.MILLI, TimeZone.getTimeZone("UTC"));
    VerificationResult result = new VerificationResult();
    result.addTarget(new Reference(who));
    result.setStatus(Status.VALIDATED).setStatusDateElement(now);
    result.addValidationProcess().setText(checked);
    result.setLastPerformedElement(now.copy());
    result.setNextScheduledElement(
        until == null
            ? new DateType(
                clock.instant().atZone(ZoneOffset.UTC).toLocalDate().plus(valid).toString())
            : until);
    if (!caller.isSystem()) {
      result.getAttestation().setWho(new Reference(caller.reference()));
    }
    result
        .getAttestation()
        .setDateElement(new DateType(clock.instant().toString().substring(0, 10)));
    result.addExtension(new Extension(Proof.LEVEL, new IntegerType(level)));
    return result;
  }
}
