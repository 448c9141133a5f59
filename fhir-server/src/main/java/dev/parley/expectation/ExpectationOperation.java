// SPDX-License-Identifier: Apache-2.0
package dev.parley.expectation;

import ca.uhn.fhir.rest.annotation.IdParam;
import ca.uhn.fhir.rest.annotation.Operation;
import ca.uhn.fhir.rest.annotation.OperationParam;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import dev.parley.access.Refusal;
import dev.parley.feature.Moment;
import dev.parley.feature.Tools;
import dev.parley.store.Codes;
import dev.parley.store.Moments;
import java.time.Instant;
import java.time.ZoneId;
import java.util.Set;
import org.hl7.fhir.r4.model.BooleanType;
import org.hl7.fhir.r4.model.DateTimeType;
import org.hl7.fhir.r4.model.HealthcareService;
import org.hl7.fhir.r4.model.IdType;
import org.hl7.fhir.r4.model.Parameters;
import org.hl7.fhir.r4.model.StringType;
import org.hl7.fhir.r4.model.Task.TaskPriority;

/** {@code HealthcareService/x/$expectation}: what a client shows before somebody writes. */
public final class ExpectationOperation {
  private final Tools tools;
  private final ZoneId zone;

  ExpectationOperation(Tools tools, ZoneId zone) {
    this.tools = tools;
    this.zone = zone;
  }

  /**
   * For everybody who may look the service up.
   *
   * @param category a code of the message's category
   * @param priority of the message; routine without it
   * @param at when it is written; now without it
   */
  @Operation(
      name = "$expectation",
      typeName = "HealthcareService",
      idempotent = true,
      canonicalUrl = Codes.OPERATIONS + "expectation")
  public Parameters of(
      @IdParam IdType id,
      @OperationParam(name = "category") StringType category,
      @OperationParam(name = "priority") StringType priority,
      @OperationParam(name = "at") DateTimeType at,
      RequestDetails request) {
    HealthcareService stored =
        tools
            .chart()
            .parse(
                tools.as(request).read("HealthcareService", id.getIdPart()),
                HealthcareService.class);
    Instant when = at == null ? tools.clock().instant() : Moment.of(at, "at");
    Set<String> categories = category == null ? Set.of() : Set.of(category.getValue());
    return answer(Expectation.of(Service.of(stored, zone), categories, priority(priority), when));
  }

  private static String priority(StringType priority) {
    if (priority == null) {
      return "routine";
    }
    try {
      return TaskPriority.fromCode(priority.getValue()).toCode();
    } catch (org.hl7.fhir.exceptions.FHIRException e) {
      throw Refusal.unprocessable(
          "value", "priority", "\"priority\" is routine, urgent, asap or stat");
    }
  }

  private static Parameters answer(Expectation expectation) {
    Parameters answer = new Parameters();
    answer.addParameter("sentence", new StringType(expectation.advice()));
    answer.addParameter("open", new BooleanType(expectation.isOpen()));
    if (expectation.due() != null) {
      answer.addParameter("due", Moments.utc(expectation.due()));
    }
    if (expectation.opens() != null && !expectation.isOpen()) {
      answer.addParameter("opens", Moments.utc(expectation.opens()));
    }
    if (expectation.within() != null) {
      org.hl7.fhir.r4.model.Duration within = new org.hl7.fhir.r4.model.Duration();
      within.setValue(expectation.within().toMinutes()).setUnit("min");
      within.setSystem("http://unitsofmeasure.org").setCode("min");
      answer.addParameter("within", within);
    }
    if (expectation.service().emergencyText() != null) {
      answer.addParameter("emergency", new StringType(expectation.service().emergencyText()));
    }
    return answer;
  }
}
