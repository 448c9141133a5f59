// SPDX-License-Identifier: Apache-2.0
package dev.parley.availability;

import ca.uhn.fhir.rest.annotation.IdParam;
import ca.uhn.fhir.rest.annotation.Operation;
import ca.uhn.fhir.rest.annotation.OperationParam;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import dev.parley.access.Refusal;
import dev.parley.duty.Away;
import dev.parley.feature.Moment;
import dev.parley.feature.Tools;
import dev.parley.store.CallerStore;
import dev.parley.store.Codes;
import dev.parley.store.Draft;
import dev.parley.store.Lookup;
import dev.parley.store.Moments;
import dev.parley.store.OwnTask;
import dev.parley.store.Step;
import dev.parley.store.StoredResource;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.hl7.fhir.r4.model.Basic;
import org.hl7.fhir.r4.model.BooleanType;
import org.hl7.fhir.r4.model.DateTimeType;
import org.hl7.fhir.r4.model.IdType;
import org.hl7.fhir.r4.model.Parameters;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.StringType;
import org.hl7.fhir.r4.model.Task;
import org.hl7.fhir.r4.model.Task.TaskStatus;

/** {@code $set-availability} and {@code $availability}: not to be disturbed, and who is. */
public final class AvailabilityOperations {
  private static final String COVER = "cover-request";
  private static final Set<TaskStatus> STANDING =
      EnumSet.of(TaskStatus.REQUESTED, TaskStatus.ACCEPTED);

  private final Tools tools;
  private final Reach reach;

  AvailabilityOperations(Tools tools, Reach reach) {
    this.tools = tools;
    this.reach = reach;
  }

  /**
   * Says that one is not to be disturbed, or is there again.
   *
   * @param until when that ends by itself; left out: at once
   * @param note shown to who would write
   * @param delegate a Practitioner, who is asked by a Task whether they stand in
   */
  @Operation(
      name = "$set-availability",
      typeName = "Practitioner",
      canonicalUrl = Codes.OPERATIONS + "set-availability")
  public Parameters set(
      @IdParam IdType id,
      @OperationParam(name = "until") DateTimeType until,
      @OperationParam(name = "note") StringType note,
      @OperationParam(name = "delegate") Reference delegate,
      RequestDetails request) {
    CallerStore mine = tools.as(request);
    String person = "Practitioner/" + id.getIdPart();
    if (!mine.caller().reference().equals(person)) {
      throw Refusal.forbidden("not-yourself", "Everybody says it of themselves only");
    }
    Instant now = tools.clock().instant();
    Instant there = until == null ? now : Moment.of(until, "until");
    if (until != null && !there.isAfter(now)) {
      throw Refusal.unprocessable("value", "until", "\"until\" is a moment to come");
    }
    if (until == null && (note != null || delegate != null)) {
      // With nothing at all it means: there again.
      throw Refusal.unprocessable(
          "required", "until", "Say \"until\" when you are away, as valueDateTime");
    }
    String whom = until == null ? null : delegate(delegate, person, mine);
    Away away = new Away(null, note == null ? null : note.getValue(), whom);
    DateTimeType end = Moments.utc(there);
    Basic none = new Away(null, null, null).basic(person, Moments.utc(now));
    String self =
        mine.write(Step.create(Draft.byOperation(none, tools.fhir()), Away.search(person)))
            .resource()
            .id();
    List<Step> steps = new ArrayList<>();
    steps.add(Step.update(Draft.byOperation(away.basic(person, end), tools.fhir()), self, null));
    steps.addAll(ended(self));
    if (whom != null) {
      Task ask = ask(person, whom, "Basic/" + self, now);
      ask.getRestriction().getPeriod().setStartElement(Moments.utc(now)).setEndElement(end.copy());
      steps.add(Step.create(Draft.byOperation(ask, tools.fhir()), null));
    }
    mine.write(steps);
    return of("Practitioner", id, request);
  }

  private String delegate(Reference delegate, String person, CallerStore mine) {
    String local = tools.chart().local(delegate).orElse(null);
    if (delegate != null && (local == null || !local.startsWith("Practitioner/"))) {
      throw Refusal.unprocessable("value", "delegate", "\"delegate\" is a Practitioner");
    }
    if (person.equals(local)) {
      throw Refusal.unprocessable("value", "delegate", "Somebody else has to stand in");
    }
    if (local != null) {
      mine.read("Practitioner", local.substring("Practitioner/".length()));
    }
    return local;
  }

  /** Who was asked before is asked no longer. */
  private List<Step> ended(String basic) {
    List<Step> steps = new ArrayList<>();
    for (StoredResource each : referring("Basic/" + basic)) {
      if (STANDING.contains(tools.chart().parse(each, Task.class).getStatus())) {
        steps.add(
            Step.byOperation(
                tools.fhir(), Task.class, each.id(), t -> t.setStatus(TaskStatus.CANCELLED)));
      }
    }
    return steps;
  }

  private List<StoredResource> referring(String basic) {
    return tools
        .database()
        .with(connection -> Lookup.referring(connection, "Task", "focus", List.of(basic)));
  }

  private static Task ask(String person, String delegate, String about, Instant now) {
    Task task = OwnTask.of(COVER, "Somebody asks you to stand in for them: accept or decline", now);
    task.setFocus(new Reference(about));
    task.setRequester(new Reference(person)).setOwner(new Reference(delegate));
    return task;
  }

  @Operation(
      name = "$availability",
      typeName = "Practitioner",
      idempotent = true,
      canonicalUrl = Codes.OPERATIONS + "availability")
  public Parameters person(@IdParam IdType id, RequestDetails request) {
    return of("Practitioner", id, request);
  }

  @Operation(
      name = "$availability",
      typeName = "PractitionerRole",
      idempotent = true,
      canonicalUrl = Codes.OPERATIONS + "availability")
  public Parameters role(@IdParam IdType id, RequestDetails request) {
    return of("PractitionerRole", id, request);
  }

  /** For who would write, before they do. */
  private Parameters of(String type, IdType id, RequestDetails request) {
    String who = tools.as(request).read(type, id.getIdPart()).reference();
    Optional<Reach.Result> found =
        tools.database().with(connection -> reach.of(who, tools.clock().instant(), connection));
    Parameters answer = new Parameters();
    answer.addParameter("available", new BooleanType(found.isEmpty()));
    found.ifPresent(result -> add(answer, result));
    return answer;
  }

  private static void add(Parameters answer, Reach.Result result) {
    answer.addParameter("sentence", new StringType(result.sentence()));
    if (result.away() != null) {
      answer.addParameter("until", Moments.utc(result.away().until()));
      if (result.away().note() != null) {
        answer.addParameter("note", new StringType(result.away().note()));
      }
    }
    if (result.standIn() != null) {
      answer.addParameter("standIn", new Reference(result.standIn()));
    }
    result.others().forEach(o -> answer.addParameter("reachable", new Reference(o)));
  }
}
