// SPDX-License-Identifier: Apache-2.0
package dev.parley.conversation;

import ca.uhn.fhir.context.FhirContext;
import dev.parley.access.Caller;
import dev.parley.access.Refusal;
import dev.parley.store.Change;
import dev.parley.store.Chart;
import dev.parley.store.Draft;
import dev.parley.store.Keys;
import dev.parley.store.Lookup;
import dev.parley.store.References;
import dev.parley.store.Rule;
import dev.parley.store.Step;
import dev.parley.store.StoredResource;
import dev.parley.store.Transaction;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Date;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.Communication.CommunicationPriority;
import org.hl7.fhir.r4.model.Communication.CommunicationStatus;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.Task;
import org.hl7.fhir.r4.model.Task.TaskStatus;

/**
 * Who is asked to acknowledge a message has a Task of it, from the transaction that sends it to the
 * one that recalls it. Patients and proxies write routine or urgent messages.
 */
final class AcknowledgeRule implements Rule {
  private static final Set<CommunicationPriority> OF_PATIENTS =
      EnumSet.of(CommunicationPriority.ROUTINE, CommunicationPriority.URGENT);
  private static final Set<CommunicationStatus> SENT =
      EnumSet.of(CommunicationStatus.INPROGRESS, CommunicationStatus.COMPLETED);

  private final References references;
  private final Chart chart;
  private final FhirContext fhir;
  private final Clock clock;

  AcknowledgeRule(References references, Chart chart, FhirContext fhir, Clock clock) {
    this.references = references;
    this.chart = chart;
    this.fhir = fhir;
    this.clock = clock;
  }

  private static boolean sends(Change change) {
    Caller caller = change.caller();
    return change.type().equals("Communication")
        && (!caller.isSystem() || caller.scopes().has("messaging") && !change.put());
  }

  private static boolean isAcknowledgement(Change change) {
    return change.after() instanceof Task after && Acknowledgement.is(after);
  }

  @Override
  public boolean needsTransaction(Change change) {
    return isAcknowledgement(change) || isSent(change) || isRecalled(change);
  }

  /** A message that asks for it, and is sent by this change. */
  private static boolean isSent(Change change) {
    return sends(change)
        && change.after() instanceof Communication message
        && message.hasPayload()
        && SENT.contains(message.getStatus())
        && !(change.before() instanceof Communication before && SENT.contains(before.getStatus()))
        && Acknowledgement.isDemanded(message);
  }

  private static boolean isRecalled(Change change) {
    return change.after() instanceof Communication after
        && Recalled.is(after)
        && change.before() instanceof Communication before
        && !Recalled.is(before);
  }

  @Override
  public void beforeWrite(Change change, Transaction transaction) throws SQLException {
    if (isAcknowledgement(change) && change.before() instanceof Task before) {
      asked(change, before, (Task) change.after(), transaction.connection());
      // Not at the same moment as an edit: what was acknowledged is what they read.
      Optional<String> message = chart.local(((Task) change.after()).getFocus());
      if (message.isPresent()) {
        transaction.shared(Keys.of(message.get()));
      }
    }
    Caller.Kind kind = change.caller().kind();
    if ((kind == Caller.Kind.PATIENT || kind == Caller.Kind.PROXY)
        && change.after() instanceof Communication message
        && !(change.before() instanceof Communication before
            && before.getPriority() == message.getPriority())
        && message.hasPriority()
        && !OF_PATIENTS.contains(message.getPriority())) {
      throw Refusal.unprocessable(
              "business-rule",
              "priority-not-yours",
              "Patients write routine or urgent messages; in an emergency they call")
          .at("Communication.priority");
    }
  }

  /** It is for those of whom it is asked, and for nobody else to say. */
  private void asked(Change change, Task before, Task after, Connection connection)
      throws SQLException {
    if (change.caller().isSystem() || change.byOperation()) {
      return;
    }
    Membership me = Membership.of(change.caller(), references, connection, clock.instant());
    if (!me.is(before.getOwner())
        || !me.self(before.getOwner()).equals(me.self(after.getOwner()))) {
      throw Refusal.forbidden(
          "not-yours-to-acknowledge",
          "Task/%s is asked of its owner, and nobody else answers it".formatted(change.id()));
    }
  }

  @Override
  public List<Draft> adds(List<Change> changes, Connection connection) throws SQLException {
    Date now = Date.from(clock.instant());
    List<Draft> tasks = new ArrayList<>();
    for (Change change : changes) {
      if (isSent(change)) {
        Communication message = (Communication) change.after();
        Communication thread = Header.over(message, chart, connection);
        for (String owner : owners(message, thread, change.caller(), connection)) {
          Task task = Acknowledgement.task(change.id(), message, owner, now);
          Labels.security(message, thread, task);
          tasks.add(Draft.of(task, fhir));
        }
      }
    }
    return tasks;
  }

  /**
   * Each recipient; of teams and groups each member at this moment. Nobody of the patient's side
   * for what is said among staff.
   */
  private Set<String> owners(
      Communication message, Communication thread, Caller caller, Connection connection)
      throws SQLException {
    Set<String> owners = new LinkedHashSet<>();
    boolean patientFacing = Header.isPatientFacing(thread);
    for (Reference recipient : message.getRecipient()) {
      String who = chart.local(recipient).orElse("");
      if (!who.isEmpty()) {
        owners.addAll(chart.people(connection, who, clock.instant()));
      }
    }
    if (!patientFacing) {
      owners.removeIf(Chart::isPatientSide);
    }
    chart.local(message.getSender()).ifPresent(owners::remove);
    owners.remove(caller.reference());
    return owners;
  }

  @Override
  public List<Step> follows(List<Change> changes, Connection connection) throws SQLException {
    List<Step> steps = new ArrayList<>();
    for (Change change : changes) {
      if (isRecalled(change)) {
        List<String> messages = new ArrayList<>(List.of("Communication/" + change.id()));
        if (ForwardRule.isRecalled(change)) {
          Forwards.of(connection, chart, change.id())
              .keySet()
              .forEach(copy -> messages.add("Communication/" + copy));
        }
        for (StoredResource stored : Lookup.referring(connection, "Task", "focus", messages)) {
          if (Acknowledgement.isOpen(chart.parse(stored, Task.class))) {
            steps.add(Step.change(fhir, Task.class, stored.id(), AcknowledgeRule::cancel));
          }
        }
      }
    }
    return steps;
  }

  private static void cancel(Task task) {
    task.setStatus(TaskStatus.CANCELLED);
    task.setStatusReason(Recalled.reason("recalled"));
  }
}
