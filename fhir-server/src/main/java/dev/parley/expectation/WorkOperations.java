// SPDX-License-Identifier: Apache-2.0
package dev.parley.expectation;

import ca.uhn.fhir.rest.annotation.IdParam;
import ca.uhn.fhir.rest.annotation.Operation;
import ca.uhn.fhir.rest.annotation.OperationParam;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import dev.parley.access.Refusal;
import dev.parley.feature.Tools;
import dev.parley.store.CallerStore;
import dev.parley.store.Codes;
import dev.parley.store.Draft;
import dev.parley.store.Step;
import dev.parley.store.StoredResource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.hl7.fhir.r4.model.Annotation;
import org.hl7.fhir.r4.model.CodeableConcept;
import org.hl7.fhir.r4.model.IdType;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.StringType;
import org.hl7.fhir.r4.model.Task;
import org.hl7.fhir.r4.model.Task.TaskStatus;

/** How the people of a pool share its work: who has it is said by the Task, and by nothing else. */
public final class WorkOperations {
  private final Tools tools;
  private final Colleagues colleagues;
  private final Duration grace;

  /**
   * @param grace how long somebody who accepts a late answer has before the next rung
   */
  WorkOperations(Tools tools, Colleagues colleagues, Duration grace) {
    this.tools = tools;
    this.colleagues = colleagues;
    this.grace = grace;
  }

  /** Takes work that nobody has. */
  @Operation(name = "$claim", typeName = "Task", canonicalUrl = Codes.OPERATIONS + "claim")
  public Task claim(@IdParam IdType id, RequestDetails request) {
    Asking asking = Asking.of(tools, request, id);
    Work stored = asking.work();
    requireColleague(asking, stored);
    return asking.take(
        stored,
        work -> {
          requireOpen(id, work);
          String has = colleagues.has(work);
          if (has.startsWith("Practitioner/") && !has.equals(asking.person())) {
            throw Refusal.conflict(
                "taken",
                "Task/%s is taken by %s; they can hand it over ($handover)"
                    .formatted(id.getIdPart(), has));
          }
          work.owner(asking.person(), Work.CLAIMED);
        });
  }

  /** Gives it back to the pool. */
  @Operation(name = "$release", typeName = "Task", canonicalUrl = Codes.OPERATIONS + "release")
  public Task release(@IdParam IdType id, RequestDetails request) {
    Asking asking = Asking.of(tools, request, id);
    Work stored = asking.work();
    requireColleague(asking, stored);
    requirePool(id, stored);
    return asking.take(
        stored,
        work -> {
          requireOpen(id, work);
          requireOwner(asking, work);
          work.owner(work.pool(), Work.UNASSIGNED);
        });
  }

  /** Ends it without an answer in the conversation: it was settled by a call, say. */
  @Operation(name = "$complete", typeName = "Task", canonicalUrl = Codes.OPERATIONS + "complete")
  public Task complete(
      @IdParam IdType id,
      @OperationParam(name = "reason") StringType reason,
      RequestDetails request) {
    Asking asking = Asking.of(tools, request, id);
    Work stored = asking.work();
    requireColleague(asking, stored);
    if (reason == null || reason.isEmpty() || reason.getValue().isBlank()) {
      throw Refusal.unprocessable(
          "required", "how-settled", "Say in \"reason\" how it was settled without an answer");
    }
    CodeableConcept why = Work.reason("settled");
    why.setText(reason.getValue());
    return asking.take(
        stored,
        work -> {
          requireOpen(id, work);
          work.end(TaskStatus.COMPLETED, why);
        });
  }

  /** Gives it to somebody of the pool. */
  @Operation(name = "$assign", typeName = "Task", canonicalUrl = Codes.OPERATIONS + "assign")
  public Task assign(
      @IdParam IdType id, @OperationParam(name = "owner") Reference owner, RequestDetails request) {
    Asking asking = Asking.of(tools, request, id);
    Work stored = asking.work();
    requireColleague(asking, stored);
    requirePool(id, stored);
    String to = colleagues.named(owner, "owner", stored);
    return asking.take(
        stored,
        work -> {
          requireOpen(id, work);
          work.owner(to, Work.CLAIMED);
        });
  }

  /** Asks somebody of the pool to take it; it stays with its owner until they accept. */
  @Operation(name = "$handover", typeName = "Task", canonicalUrl = Codes.OPERATIONS + "handover")
  public Task handover(
      @IdParam IdType id,
      @OperationParam(name = "to") Reference to,
      @OperationParam(name = "note") StringType note,
      RequestDetails request) {
    Asking asking = Asking.of(tools, request, id);
    Work stored = asking.answer();
    requireOpen(id, stored);
    colleagues.require(asking.person(), stored);
    requireOwner(asking, stored);
    String whom = colleagues.named(to, "to", stored);
    Task part =
        AnswerTasks.part(
            Work.HANDOVER, stored, "Task/" + id.getIdPart(), whom, tools.clock().instant());
    part.setDescription("Somebody asks you to take over: accept or decline");
    part.setRequester(new Reference(asking.person()));
    if (note != null && !note.isEmpty()) {
      part.addNote(new Annotation().setText(note.getValue()));
    }
    return asking.create(part);
  }

  /** Says yes to what one is asked by a Task: a late answer and a handover are one's own then. */
  @Operation(name = "$accept", typeName = "Task", canonicalUrl = Codes.OPERATIONS + "accept")
  public Task accept(@IdParam IdType id, RequestDetails request) {
    Asking asking = Asking.of(tools, request, id);
    Work stored = asking.question();
    colleagues.requireAsked(asking.person(), stored);
    List<Step> steps = new ArrayList<>();
    steps.add(
        asking.step(
            work -> {
              requireRequested(id, work);
              work.task().setStatus(TaskStatus.ACCEPTED);
              if (work.is(Work.OVERDUE)) {
                work.task().setOwner(new Reference(asking.person()));
              }
            }));
    if (stored.is(Work.OVERDUE) || stored.is(Work.HANDOVER)) {
      steps.add(
          asking.whole(
              stored,
              work -> {
                requireOpen(id, work);
                work.owner(asking.person(), Work.CLAIMED);
                if (stored.is(Work.OVERDUE) && work.next() != null) {
                  work.escalation(work.step(), tools.clock().instant().plus(grace));
                }
              }));
    }
    return asking.write(steps);
  }

  /** Says no; a late answer goes to the next rung at once. */
  @Operation(name = "$decline", typeName = "Task", canonicalUrl = Codes.OPERATIONS + "decline")
  public Task decline(
      @IdParam IdType id,
      @OperationParam(name = "reason") StringType reason,
      RequestDetails request) {
    Asking asking = Asking.of(tools, request, id);
    Work stored = asking.question();
    colleagues.requireAsked(asking.person(), stored);
    CodeableConcept why = Work.reason("declined");
    why.setText(reason == null ? null : reason.getValue());
    List<Step> steps = new ArrayList<>();
    steps.add(
        asking.step(
            work -> {
              requireRequested(id, work);
              work.end(TaskStatus.REJECTED, why);
            }));
    if (stored.is(Work.OVERDUE)) {
      steps.add(
          asking.whole(
              stored,
              work -> {
                if (work.isOpen() && work.next() != null) {
                  work.escalation(work.step(), tools.clock().instant());
                }
              }));
    }
    return asking.write(steps);
  }

  private static void requireOpen(IdType id, Work work) {
    if (!work.isOpen()) {
      throw Refusal.conflict("done", "Task/%s is done already".formatted(id.getIdPart()));
    }
  }

  private static void requireRequested(IdType id, Work work) {
    if (work.task().getStatus() != TaskStatus.REQUESTED) {
      throw Refusal.conflict(
          "answered-already", "Task/%s has been answered already".formatted(id.getIdPart()));
    }
  }

  /** Work of no pool is for whoever may see it, and change it by a PUT. */
  private void requireColleague(Asking asking, Work work) {
    if (work.isShared()) {
      colleagues.require(asking.person(), work);
    }
  }

  private static void requirePool(IdType id, Work work) {
    if (work.pool() == null) {
      throw Refusal.unprocessable(
          "business-rule",
          "no-pool",
          "Task/%s came from no role, team or service; give it an owner by a PUT"
              .formatted(id.getIdPart()));
    }
  }

  private void requireOwner(Asking asking, Work work) {
    if (!colleagues.has(work).equals(asking.person())) {
      throw Refusal.forbidden("not-yours", "Only whoever has this work gives it away");
    }
  }

  /** Somebody of staff at one Task. */
  private record Asking(Tools tools, CallerStore store, String person, String id, Integer ifMatch) {
    static Asking of(Tools tools, RequestDetails request, IdType id) {
      CallerStore store = tools.as(request);
      Colleagues.requireStaff(store.caller());
      String match = request.getHeader("If-Match");
      Integer version =
          match != null && match.matches("(W/)?\"\\d{1,9}\"")
              ? Integer.valueOf(match.replaceAll("\\D", ""))
              : null;
      return new Asking(tools, store, store.caller().reference(), id.getIdPart(), version);
    }

    /** One that can be taken. */
    Work work() {
      Work work = new Work(read());
      if (work.instead() != null) {
        throw Refusal.unprocessable(
            "business-rule", "not-work", "Task/%s is not taken: %s".formatted(id, work.instead()));
      }
      return work;
    }

    Work answer() {
      Work work = work();
      if (!work.is(Work.ANSWER)) {
        throw Refusal.unprocessable(
            "business-rule",
            "not-answer-work",
            "Task/%s is no answer-message; $assign it".formatted(id));
      }
      return work;
    }

    /** One that asks its owner something. */
    Work question() {
      Work work = new Work(read());
      if (!Work.isOurs(work.task()) || work.isShared()) {
        throw Refusal.unprocessable(
            "business-rule", "no-question", "Task/%s asks nothing; $claim it".formatted(id));
      }
      return work;
    }

    private Task read() {
      return tools.chart().parse(store.read("Task", id), Task.class);
    }

    Step step(Consumer<Work> change) {
      return patch(id, change, ifMatch);
    }

    /** The work that this is a part of. */
    Step whole(Work part, Consumer<Work> change) {
      String whole = tools.chart().local(part.task().getPartOfFirstRep()).orElseThrow();
      return patch(whole.substring("Task/".length()), change, null);
    }

    private Step patch(String of, Consumer<Work> change, Integer version) {
      return Step.byOperation(tools.fhir(), Task.class, of, task -> change.accept(new Work(task)))
          .ifMatch(version);
    }

    private Step own(Consumer<Work> change) {
      return Step.change(tools.fhir(), Task.class, id, task -> change.accept(new Work(task)))
          .ifMatch(ifMatch);
    }

    /** Work of no pool changes as by a PUT of the caller's: every rule for that is asked. */
    Task take(Work stored, Consumer<Work> change) {
      return stored.isShared() ? write(List.of(step(change))) : write(List.of(own(change)));
    }

    Task create(Task task) {
      return write(List.of(Step.create(Draft.byOperation(task, tools.fhir()), null)));
    }

    Task write(List<Step> steps) {
      StoredResource first = store.write(steps).get(0).resource();
      return (Task) tools.fhir().newJsonParser().parseResource(first.json());
    }
  }
}
