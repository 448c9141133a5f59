// SPDX-License-Identifier: Apache-2.0
package dev.parley.visibility;

import dev.parley.access.Caller;
import dev.parley.store.Change;
import dev.parley.store.Codes;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.hl7.fhir.r4.model.Appointment;
import org.hl7.fhir.r4.model.Appointment.AppointmentStatus;
import org.hl7.fhir.r4.model.AppointmentResponse;
import org.hl7.fhir.r4.model.DocumentReference;
import org.hl7.fhir.r4.model.QuestionnaireResponse;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.Resource;
import org.hl7.fhir.r4.model.Task;

/**
 * What patients and proxies write: what is theirs. They answer, ask and hand in; the clinic's
 * records they leave as they are.
 */
final class PatientWrites {
  private static final Set<String> OF_THEIR_OWN_RULE =
      Set.of("Communication", "Consent", "Subscription");
  private static final Set<String> HANDED_IN = Set.of("Binary", "Media");
  private static final Set<AppointmentStatus> ASKED_FOR =
      Set.of(AppointmentStatus.PROPOSED, AppointmentStatus.PENDING);

  private final Relations relations;

  PatientWrites(Relations relations) {
    this.relations = relations;
  }

  boolean allow(Change change) {
    String type = change.type();
    if (OF_THEIR_OWN_RULE.contains(type)) {
      return true;
    }
    if (HANDED_IN.contains(type)) {
      return change.before() == null;
    }
    if (change.after() == null) {
      return isTheirs(change.before(), change.caller());
    }
    if (change.after() instanceof Task task) {
      return change.before() instanceof Task before
          ? answered(before, task, change.caller())
          : asked(task, change.caller());
    }
    if (change.after() instanceof Appointment appointment) {
      return change.before() instanceof Appointment before
          ? replied(before, appointment, change.caller())
          : ASKED_FOR.contains(appointment.getStatus());
    }
    return isTheirs(change.after(), change.caller())
        && (change.before() == null || isTheirs(change.before(), change.caller()));
  }

  private boolean isTheirs(Resource resource, Caller caller) {
    if (resource instanceof QuestionnaireResponse answers) {
      return only(caller, Stream.of(answers.getAuthor()));
    }
    if (resource instanceof DocumentReference document) {
      return document.hasAuthor() && only(caller, document.getAuthor().stream());
    }
    return resource instanceof AppointmentResponse response
        && only(caller, Stream.of(response.getActor()));
  }

  private boolean only(Caller caller, Stream<Reference> who) {
    return who.allMatch(r -> is(caller, r));
  }

  private boolean is(Caller caller, Reference reference) {
    return relations
        .local(reference)
        .filter(l -> l.toString().equals(caller.reference()))
        .isPresent();
  }

  /** Something that they want done; the server's own kinds of work are not theirs to open. */
  private boolean asked(Task task, Caller caller) {
    return (!task.hasRequester() || is(caller, task.getRequester()))
        && task.getCode().getCoding().stream().noneMatch(c -> Codes.TASKS.equals(c.getSystem()));
  }

  /** Their own task: how it stands, and what came of it. */
  private boolean answered(Task before, Task after, Caller caller) {
    Task expected = before.copy();
    expected.setStatus(after.getStatus());
    expected.setBusinessStatus(after.getBusinessStatus());
    expected.setOutput(after.getOutput());
    expected.setNote(after.getNote());
    expected.setMeta(after.getMeta());
    expected.setIdElement(after.getIdElement());
    return is(caller, before.getOwner()) && expected.equalsDeep(after);
  }

  /** Whether they come, or that they do not want it any more. */
  private boolean replied(Appointment before, Appointment after, Caller caller) {
    Appointment expected = before.copy();
    if (after.getStatus() == AppointmentStatus.CANCELLED) {
      expected.setStatus(after.getStatus());
      expected.setCancelationReason(after.getCancelationReason());
    }
    List<Appointment.AppointmentParticipantComponent> now = after.getParticipant();
    for (int i = 0; i < expected.getParticipant().size() && i < now.size(); i++) {
      if (is(caller, expected.getParticipant().get(i).getActor())) {
        expected.getParticipant().get(i).setStatus(now.get(i).getStatus());
      }
    }
    expected.setMeta(after.getMeta());
    expected.setIdElement(after.getIdElement());
    return before.getParticipant().stream().anyMatch(p -> is(caller, p.getActor()))
        && expected.equalsDeep(after);
  }
}
