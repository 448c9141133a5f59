// SPDX-License-Identifier: Apache-2.0
package dev.parley.conversation;

import ca.uhn.fhir.rest.annotation.IdParam;
import ca.uhn.fhir.rest.annotation.Operation;
import ca.uhn.fhir.rest.annotation.OperationParam;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import dev.parley.access.Caller;
import dev.parley.access.Refusal;
import dev.parley.feature.Tools;
import dev.parley.store.Codes;
import dev.parley.store.HistoryRequest;
import dev.parley.store.Moments;
import dev.parley.store.StoredResource;
import dev.parley.store.Trace;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.Bundle.BundleType;
import org.hl7.fhir.r4.model.CodeableConcept;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.Communication.CommunicationStatus;
import org.hl7.fhir.r4.model.IdType;
import org.hl7.fhir.r4.model.Parameters;
import org.hl7.fhir.r4.model.Parameters.ParametersParameterComponent;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.StringType;

/**
 * {@code $recall}: takes a message back and says who came to know of it; {@code $recalled}: what it
 * had said, for privacy officers.
 */
public final class RecallOperation {
  private static final Set<String> CODES =
      Set.of("wrong-recipient", "wrong-patient", Recalled.MISTAKE);
  private static final int VERSIONS = 1_000;

  private final Sender sender;
  private final Tools tools;

  RecallOperation(Sender sender) {
    this.sender = sender;
    this.tools = sender.tools();
  }

  /**
   * Answers the message as it stands now, and each person with when they first got it delivered,
   * read it, may have found it, or downloaded what was attached.
   *
   * @param reason wrong-recipient, wrong-patient or mistake, which it is if left out; other words
   *     are kept as text, and are read by everybody who sees the message
   */
  @Operation(
      name = "$recall",
      typeName = "Communication",
      canonicalUrl = Codes.OPERATIONS + "message-recall")
  public Parameters recall(
      @IdParam IdType id,
      @OperationParam(name = "reason") StringType reason,
      RequestDetails request) {
    String why = reason == null || reason.isEmpty() ? Recalled.MISTAKE : reason.getValue();
    Map<String, Communication> all = new LinkedHashMap<>();
    all.put(id.getIdPart(), sent(request, id.getIdPart()));
    all.putAll(sender.inside(c -> Forwards.of(c, tools.chart(), id.getIdPart())));
    Communication after =
        sender.message(
            sender.change(
                request,
                id.getIdPart(),
                message -> {
                  message.setStatus(CommunicationStatus.ENTEREDINERROR);
                  message.setStatusReason(
                      CODES.contains(why)
                          ? Recalled.reason(why)
                          : new CodeableConcept().setText(why));
                }));
    Parameters answer = new Parameters();
    answer.addParameter().setName("message").setResource(after);
    String me = tools.caller().apply(request).reference();
    Exposure.byPerson(sender.inside(c -> Exposure.ofAll(c, tools.chart(), all, me)))
        .forEach((who, ways) -> exposed(answer, who, ways));
    return answer;
  }

  /** The message, also for its sender who sees the thread no longer. */
  private Communication sent(RequestDetails request, String id) {
    Caller me = tools.caller().apply(request);
    me.require("Communication", "u");
    try {
      return sender.read(request, id);
    } catch (Refusal refusal) {
      Optional<Communication> theirs =
          tools
              .own()
              .find("Communication", id)
              .filter(stored -> !stored.deleted())
              .map(stored -> tools.chart().parse(stored, Communication.class))
              .filter(Communication::hasPartOf)
              .filter(
                  message ->
                      tools
                          .chart()
                          .local(message.getSender())
                          .filter(me.reference()::equals)
                          .isPresent());
      return theirs.orElseThrow(() -> refusal);
    }
  }

  private static void exposed(Parameters answer, String who, Map<String, Instant> ways) {
    ParametersParameterComponent person = answer.addParameter().setName("exposed");
    person
        .addPart()
        .setName("who")
        .setValue(who.indexOf('/') > 0 ? new Reference(who) : new StringType(who));
    ways.forEach((how, first) -> person.addPart().setName(how).setValue(Moments.instant(first)));
  }

  /** Answers all versions, newest first, whoever took part. */
  @Operation(
      name = "$recalled",
      typeName = "Communication",
      idempotent = true,
      canonicalUrl = Codes.OPERATIONS + "message-recalled")
  public Bundle recalled(@IdParam IdType id, RequestDetails request) {
    Caller caller = tools.caller().apply(request);
    caller.require("Communication", "r");
    if (caller.kind() != Caller.Kind.STAFF || !caller.roles().contains("privacy-officer")) {
      throw Refusal.forbidden(
          "privacy-officers-only", "What was recalled is shown to privacy officers");
    }
    Communication now =
        tools.chart().parse(tools.own().read("Communication", id.getIdPart()), Communication.class);
    if (!Recalled.is(now)) {
      throw Refusal.notFound("A recalled Communication/" + id.getIdPart());
    }
    tools
        .trail()
        .record(
            Trace.of(caller, tools.origin().apply(request), Trace.Action.HISTORY)
                .on("Communication", id.getIdPart(), null)
                .asking("$recalled")
                .about(
                    tools.chart().local(now.getSubject()).stream()
                        .filter(s -> s.startsWith("Patient/"))
                        .map(s -> s.substring("Patient/".length()))
                        .toList()));
    List<StoredResource> versions =
        tools
            .own()
            .history(new HistoryRequest("Communication", id.getIdPart(), null, VERSIONS, null))
            .versions();
    Bundle answer = new Bundle().setType(BundleType.COLLECTION);
    versions.stream()
        .filter(v -> !v.deleted())
        .forEach(
            v ->
                answer
                    .addEntry()
                    .setFullUrl(v.reference() + "/_history/" + v.version())
                    .setResource(tools.chart().parse(v, Communication.class)));
    return answer;
  }
}
