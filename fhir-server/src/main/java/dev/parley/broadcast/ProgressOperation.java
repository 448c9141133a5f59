// SPDX-License-Identifier: Apache-2.0
package dev.parley.broadcast;

import ca.uhn.fhir.rest.annotation.IdParam;
import ca.uhn.fhir.rest.annotation.Operation;
import ca.uhn.fhir.rest.annotation.OperationParam;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import dev.parley.broadcast.BroadcastTable.Progress;
import dev.parley.feature.Tools;
import dev.parley.store.Codes;
import dev.parley.store.Moments;
import java.time.Instant;
import java.util.List;
import java.util.function.Predicate;
import org.hl7.fhir.r4.model.CodeType;
import org.hl7.fhir.r4.model.IdType;
import org.hl7.fhir.r4.model.IntegerType;
import org.hl7.fhir.r4.model.Parameters;
import org.hl7.fhir.r4.model.Parameters.ParametersParameterComponent;
import org.hl7.fhir.r4.model.Reference;

/** {@code $progress}: for whoever sent a broadcast, what has become of it. */
public final class ProgressOperation {
  private final Tools tools;

  ProgressOperation(Tools tools) {
    this.tools = tools;
  }

  /**
   * Answers how many it is for, wait, have been sent it, got it delivered, read and acknowledged
   * it, and to how many it was refused; and each of them.
   *
   * @param state only those for whom it is waiting, sent, refused or revoked
   */
  @Operation(
      name = "$progress",
      typeName = "CommunicationRequest",
      idempotent = true,
      canonicalUrl = Codes.OPERATIONS + "broadcast-progress")
  public Parameters progress(
      @IdParam IdType id, @OperationParam(name = "state") CodeType state, RequestDetails request) {
    // Who may read the request may know how it goes: its sender, and systems.
    tools.as(request).read("CommunicationRequest", id.getIdPart());
    List<Progress> all =
        tools.database().with(connection -> BroadcastTable.progress(connection, id.getIdPart()));
    Parameters answer = new Parameters();
    count(answer, "total", all, p -> true);
    for (String each : List.of("waiting", "sent", "refused", "revoked")) {
      count(answer, each, all, p -> p.state().equals(each));
    }
    count(answer, "delivered", all, p -> p.delivered() != null || p.read() != null);
    count(answer, "read", all, p -> p.read() != null);
    count(answer, "acknowledged", all, p -> p.acknowledged() != null);
    all.stream()
        .filter(p -> state == null || state.isEmpty() || p.state().equals(state.getValue()))
        .forEach(p -> recipient(answer, p));
    return answer;
  }

  private static void count(
      Parameters answer, String name, List<Progress> all, Predicate<Progress> which) {
    answer.addParameter(name, new IntegerType((int) all.stream().filter(which).count()));
  }

  private static void recipient(Parameters answer, Progress progress) {
    ParametersParameterComponent one = answer.addParameter().setName("recipient");
    one.addPart().setName("who").setValue(new Reference(progress.who()));
    one.addPart().setName("state").setValue(new CodeType(progress.state()));
    if (progress.reason() != null) {
      one.addPart().setName("reason").setValue(new CodeType(progress.reason()));
    }
    if (progress.state().equals("sent")) {
      one.addPart()
          .setName("message")
          .setValue(new Reference("Communication/" + progress.message()));
    }
    time(one, "delivered", progress.delivered());
    time(one, "read", progress.read());
    time(one, "acknowledged", progress.acknowledged());
  }

  private static void time(ParametersParameterComponent one, String name, Instant time) {
    if (time != null) {
      one.addPart().setName(name).setValue(Moments.instant(time));
    }
  }
}
