// SPDX-License-Identifier: Apache-2.0
package dev.parley.conversation;

import ca.uhn.fhir.rest.annotation.IdParam;
import ca.uhn.fhir.rest.annotation.Operation;
import ca.uhn.fhir.rest.annotation.OperationParam;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import dev.parley.access.Caller;
import dev.parley.access.Refusal;
import dev.parley.feature.Moment;
import dev.parley.feature.Tools;
import dev.parley.store.CallerStore;
import dev.parley.store.Chart;
import dev.parley.store.Codes;
import dev.parley.store.Keys;
import dev.parley.store.Moments;
import dev.parley.store.Participation;
import dev.parley.store.Step;
import dev.parley.store.StoredResource;
import java.time.Instant;
import java.util.function.Consumer;
import org.hl7.fhir.r4.model.BooleanType;
import org.hl7.fhir.r4.model.CodeType;
import org.hl7.fhir.r4.model.CodeableConcept;
import org.hl7.fhir.r4.model.Coding;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.DateTimeType;
import org.hl7.fhir.r4.model.Extension;
import org.hl7.fhir.r4.model.IdType;
import org.hl7.fhir.r4.model.Parameters;
import org.hl7.fhir.r4.model.Parameters.ParametersParameterComponent;
import org.hl7.fhir.r4.model.Reference;

/**
 * Who takes part in a thread, and what each sets for themselves. The first three are new versions
 * of the header, by all the rules for those; the others are seen by nobody else.
 */
public final class ThreadOperations {

  private final Tools tools;
  private final ThreadSettings settings;

  ThreadOperations(Tools tools, ThreadSettings settings) {
    this.tools = tools;
    this.settings = settings;
  }

  /** Brings somebody in: {@code history} all (the default) or from-joined. */
  @Operation(
      name = "$add-participant",
      typeName = "Communication",
      canonicalUrl = Codes.OPERATIONS + "add-participant")
  public Communication add(
      @IdParam IdType id,
      @OperationParam(name = "who") Reference who,
      @OperationParam(name = "history") CodeType history,
      @OperationParam(name = "role") CodeableConcept role,
      RequestDetails request) {
    String person = named(who);
    String past = history == null ? "all" : history.getValue();
    if (!past.equals("all") && !past.equals(Participation.FROM_JOINED)) {
      throw Refusal.unprocessable("value", "history", "\"history\" is all or from-joined");
    }
    return changed(
        id,
        request,
        thread -> {
          if (Participation.in(thread).noneMatch(r -> is(r, person))) {
            thread.addRecipient(new Reference(person));
            thread.getExtension().removeIf(e -> names(e, person));
            Extension comes = new Extension(Participation.URL);
            comes.addExtension("who", new Reference(person));
            comes.addExtension("history", new CodeType(past));
            if (role != null) {
              comes.addExtension("role", role);
            }
            thread.addExtension(comes);
          }
        });
  }

  /** Shows somebody out; what they wrote stays theirs. */
  @Operation(
      name = "$remove-participant",
      typeName = "Communication",
      canonicalUrl = Codes.OPERATIONS + "remove-participant")
  public Communication remove(
      @IdParam IdType id, @OperationParam(name = "who") Reference who, RequestDetails request) {
    String person = named(who);
    return changed(id, request, thread -> without(thread, person));
  }

  /** Goes out oneself. */
  @Operation(name = "$leave", typeName = "Communication", canonicalUrl = Codes.OPERATIONS + "leave")
  public Parameters leave(@IdParam IdType id, RequestDetails request) {
    String me = tools.caller().apply(request).reference();
    changed(id, request, thread -> without(thread, me));
    Parameters left = new Parameters();
    left.addParameter("left", new Reference("Communication/" + id.getIdPart()));
    return left;
  }

  private void without(Communication thread, String person) {
    if (Participation.in(thread).noneMatch(r -> is(r, person))) {
      throw Refusal.unprocessable(
          "business-rule",
          "not-a-participant",
          "%s does not take part by name; roles and teams take part as such".formatted(person));
    }
    audience(thread);
    thread.getRecipient().removeIf(r -> is(r, person));
    thread.getExtension().removeIf(e -> names(e, person));
    Extension goes = new Extension(Participation.URL);
    goes.addExtension("who", new Reference(person));
    goes.addExtension("left", Moments.instant(tools.clock().instant()));
    thread.addExtension(goes);
  }

  /** It stays for the patient, or among staff, when the last one of the patient's side goes. */
  private void audience(Communication thread) {
    boolean isSaid =
        thread.getCategory().stream()
            .flatMap(c -> c.getCoding().stream())
            .anyMatch(c -> Codes.AUDIENCES.equals(c.getSystem()));
    if (!isSaid) {
      boolean patientFacing =
          Participation.in(thread)
              .flatMap(r -> tools.chart().local(r).stream())
              .anyMatch(Chart::isPatientSide);
      thread
          .addCategory()
          .addCoding(
              new Coding()
                  .setSystem(Codes.AUDIENCES)
                  .setCode(patientFacing ? "patient-facing" : "staff-only"));
    }
  }

  /** No notices of a thread for oneself: {@code until} a time, or {@code muted} false for again. */
  @Operation(name = "$mute", typeName = "Communication", canonicalUrl = Codes.OPERATIONS + "mute")
  public Parameters mute(
      @IdParam IdType id,
      @OperationParam(name = "muted") BooleanType muted,
      @OperationParam(name = "until") DateTimeType until,
      RequestDetails request) {
    Caller me = person(request);
    boolean off = muted != null && Boolean.FALSE.equals(muted.getValue());
    Instant end = until == null ? Instant.MAX : Moment.of(until, "until");
    settings.mute(Keys.of(me.reference()), Keys.of(thread(id, request)), off ? null : end);
    return settings(me);
  }

  /** Keeps a thread on top for oneself; {@code pinned} false for not any more. */
  @Operation(name = "$pin", typeName = "Communication", canonicalUrl = Codes.OPERATIONS + "pin")
  public Parameters pin(
      @IdParam IdType id,
      @OperationParam(name = "pinned") BooleanType pinned,
      RequestDetails request) {
    Caller me = person(request);
    boolean off = pinned != null && Boolean.FALSE.equals(pinned.getValue());
    settings.pin(Keys.of(me.reference()), Keys.of(thread(id, request)), !off);
    return settings(me);
  }

  /** What the caller has muted and pinned. */
  @Operation(
      name = "$thread-settings",
      typeName = "Communication",
      idempotent = true,
      canonicalUrl = Codes.OPERATIONS + "thread-settings")
  public Parameters settings(RequestDetails request) {
    Caller me = person(request);
    me.require("Communication", "r");
    return settings(me);
  }

  private Parameters settings(Caller me) {
    Parameters all = new Parameters();
    for (ThreadSettings.Setting each :
        settings.of(Keys.of(me.reference()), tools.clock().instant())) {
      ParametersParameterComponent thread = all.addParameter().setName("thread");
      thread.addPart().setName("thread").setValue(new Reference("Communication/" + each.thread()));
      thread.addPart().setName("pinned").setValue(new BooleanType(each.pinned()));
      thread.addPart().setName("muted").setValue(new BooleanType(each.mutedUntil() != null));
      if (each.mutedUntil() != null && !each.mutedUntil().equals(Instant.MAX)) {
        thread.addPart().setName("muted-until").setValue(Moments.instant(each.mutedUntil()));
      }
    }
    return all;
  }

  private Caller person(RequestDetails request) {
    Caller caller = tools.caller().apply(request);
    if (caller.isSystem()) {
      throw Refusal.forbidden("not-a-person", "Only people mute and pin threads for themselves");
    }
    return caller;
  }

  private String thread(IdType id, RequestDetails request) {
    StoredResource stored = tools.as(request).read("Communication", id.getIdPart());
    if (!ThreadRule.isThread(tools.chart().parse(stored, Communication.class))) {
      throw noThread();
    }
    return stored.reference();
  }

  private Communication changed(
      IdType id, RequestDetails request, Consumer<Communication> becomes) {
    CallerStore mine = tools.as(request);
    Consumer<Communication> change =
        thread -> {
          if (!ThreadRule.isThread(thread)) {
            throw noThread();
          }
          becomes.accept(thread);
        };
    Step step =
        mine.caller().isSystem()
            ? Step.byOperation(tools.fhir(), Communication.class, id.getIdPart(), change)
            : Step.change(tools.fhir(), Communication.class, id.getIdPart(), change);
    return tools.chart().parse(mine.write(step).resource(), Communication.class);
  }

  private static Refusal noThread() {
    return Refusal.unprocessable(
        "business-rule", "no-thread", "This is a message; ask its thread (partOf)");
  }

  private boolean is(Reference reference, String person) {
    return tools.chart().local(reference).filter(person::equals).isPresent();
  }

  private boolean names(Extension extension, String person) {
    return Participation.URL.equals(extension.getUrl())
        && Participation.of(extension).filter(p -> is(p.who(), person)).isPresent();
  }

  private String named(Reference who) {
    if (who == null) {
      throw Refusal.unprocessable("required", "who", "Say in \"who\" whom it is about");
    }
    return tools
        .chart()
        .local(who)
        .orElseThrow(
            () ->
                Refusal.unprocessable(
                    "value", "who", "\"who\" is a reference to somebody known here"));
  }
}
