// SPDX-License-Identifier: Apache-2.0
package dev.parley.availability;

import ca.uhn.fhir.context.FhirContext;
import dev.parley.access.Notice;
import dev.parley.access.Refusal;
import dev.parley.duty.Away;
import dev.parley.store.Change;
import dev.parley.store.Chart;
import dev.parley.store.Codes;
import dev.parley.store.Draft;
import dev.parley.store.Locks;
import dev.parley.store.OwnTask;
import dev.parley.store.Rule;
import dev.parley.store.Sending;
import dev.parley.store.Step;
import dev.parley.store.Transaction;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.hl7.fhir.r4.model.BooleanType;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.Communication.CommunicationPriority;
import org.hl7.fhir.r4.model.Extension;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.Task;

/**
 * Who sends to somebody who is away, or to a role that nobody holds, is told so. What cannot wait
 * goes to who stands in as well: they are put into the conversation, and have a Task.
 */
final class AvailabilityRule implements Rule {
  static final String STAND_IN = "stand-in";
  private static final String STANDING_IN = "parley.availability.standing-in";
  private static final String ADDED = "parley.availability.added";

  private final Chart chart;
  private final Reach reach;
  private final FhirContext fhir;
  private final Clock clock;

  AvailabilityRule(Chart chart, Reach reach, FhirContext fhir, Clock clock) {
    this.chart = chart;
    this.reach = reach;
    this.fhir = fhir;
    this.clock = clock;
  }

  /** Who gets a message besides, and in whose place. */
  private record StandIn(String who, String instead) {}

  private static boolean isSent(Change change) {
    return change.sends() && Sending.begins(change);
  }

  /** By a person, to be sent later: they hear now who will be away then. */
  private static boolean isScheduled(Change change) {
    return !change.caller().isSystem()
        && change.after() instanceof Communication after
        && after.hasPayload()
        && Sending.isScheduled(after);
  }

  private Instant sentAt(Communication message) {
    return Sending.at(message).orElse(clock.instant());
  }

  @Override
  public boolean needsTransaction(Change change) {
    return isSent(change)
        || isScheduled(change)
        || change.type().equals("Basic") && !change.caller().isSystem();
  }

  /** A write that is tried again begins with the recipients that its sender named. */
  @Override
  public void plan(Change change, Locks locks) {
    if (change.after() instanceof Communication message
        && message.getUserData(ADDED) instanceof Set<?> added) {
      message.getRecipient().removeIf(r -> chart.local(r).filter(added::contains).isPresent());
      message.setUserData(ADDED, null);
    }
  }

  @Override
  public void beforeWrite(Change change, Transaction transaction) throws SQLException {
    if ((Away.is(change.before()) || Away.is(change.after()))
        && !change.caller().isSystem()
        && !change.byOperation()) {
      throw Refusal.forbidden(
          "use-the-operations", "Availability is set by Practitioner/[id]/$set-availability");
    }
    if (isScheduled(change)) {
      Communication message = (Communication) change.after();
      for (String who : reach.perhapsAway(recipients(message), transaction.connection())) {
        Optional<Reach.Result> found = reach.of(who, sentAt(message), transaction.connection());
        if (found.isPresent()) {
          change.tell(away(found.get(), found.get().sentence()));
          tellNobody(change, message, found.get());
        }
      }
    }
    if (!isSent(change)) {
      return;
    }
    Communication message = (Communication) change.after();
    Set<StandIn> standIns = new LinkedHashSet<>();
    Connection connection = transaction.connection();
    for (String who : reach.perhapsAway(recipients(message), connection)) {
      Optional<Reach.Result> found = reach.of(who, clock.instant(), connection);
      if (found.isPresent()) {
        tell(change, message, found.get(), standIns);
      }
    }
    Set<String> added = new LinkedHashSet<>();
    for (StandIn each : standIns) {
      if (!recipients(message).contains(each.who())) {
        message.addRecipient(new Reference(each.who()));
        added.add(each.who());
      }
    }
    message.setUserData(ADDED, added);
    if (!standIns.isEmpty() || message.getUserData(STANDING_IN) != null) {
      message.setUserData(STANDING_IN, standIns);
    }
  }

  private Set<String> recipients(Communication message) {
    return message.getRecipient().stream()
        .flatMap(r -> chart.local(r).stream())
        .collect(Collectors.toCollection(LinkedHashSet::new));
  }

  private void tell(
      Change change, Communication message, Reach.Result found, Set<StandIn> standIns) {
    String sentence = found.sentence();
    boolean goesOn = found.unmanned() || cannotWait(message);
    if (goesOn && found.standIn() != null) {
      standIns.add(new StandIn(found.standIn(), found.who()));
      sentence += " The message goes to " + found.standIn() + " as well.";
    } else if (found.standIn() != null) {
      sentence += " " + found.standIn() + " stands in.";
    }
    change.tell(away(found, sentence));
    tellNobody(change, message, found);
  }

  private static void tellNobody(Change change, Communication message, Reach.Result found) {
    if (found.standIn() == null && (found.unmanned() || cannotWait(message))) {
      change.tell(Notice.warning("nobody-reachable", nobody(found)).at("Communication.recipient"));
    }
  }

  private static Notice away(Reach.Result found, String sentence) {
    String code = found.unmanned() ? "role-unmanned" : "recipient-away";
    return Notice.warning(code, sentence).at("Communication.recipient");
  }

  private static String nobody(Reach.Result found) {
    return found.others().isEmpty()
        ? "Nobody stands in for %s, and nobody of their service can be reached: call"
            .formatted(found.who())
        : "Nobody stands in for %s. Who can be reached: %s"
            .formatted(found.who(), String.join(", ", found.others()));
  }

  /** The same as the conversation demands an acknowledgement for. */
  private static boolean cannotWait(Communication message) {
    Extension demanded = message.getExtensionByUrl(Codes.ACKNOWLEDGE);
    return message.getPriority() == CommunicationPriority.STAT
        || demanded != null && demanded.getValue() instanceof BooleanType yes && yes.booleanValue();
  }

  @Override
  public boolean completes(Change change) {
    return change.after() != null && change.after().getUserData(STANDING_IN) != null;
  }

  @Override
  @SuppressWarnings("unchecked")
  public List<Step> follows(List<Change> changes, Connection connection) throws SQLException {
    List<Step> steps = new ArrayList<>();
    for (Change change : changes) {
      if (isSent(change)
          && change.after().getUserData(STANDING_IN) instanceof Set<?> all
          && !all.isEmpty()) {
        Communication message = (Communication) change.after();
        join(message, (Set<StandIn>) all, connection).ifPresent(steps::add);
        for (StandIn each : (Set<StandIn>) all) {
          if (!isWorkAlready(message, each)) {
            Task task = task(message, "Communication/" + change.id(), each, clock.instant());
            steps.add(Step.create(Draft.of(task, fhir), null));
          }
        }
      }
    }
    return steps;
  }

  /** A patient's message to a pool has its Task. */
  private boolean isWorkAlready(Communication message, StandIn each) {
    return each.who().startsWith("HealthcareService/")
        && chart.local(message.getSender()).filter(Chart::isPatientSide).isPresent();
  }

  /** Who stands in sees the conversation. */
  private Optional<Step> join(Communication message, Set<StandIn> all, Connection connection)
      throws SQLException {
    Optional<String> thread =
        message.getPartOf().stream().flatMap(r -> chart.local(r).stream()).findFirst();
    Optional<Communication> header =
        thread.isEmpty()
            ? Optional.empty()
            : chart.find(connection, thread.get(), Communication.class);
    if (header.isEmpty() || missing(header.get(), all).isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        Step.change(
            fhir,
            Communication.class,
            thread.get().substring("Communication/".length()),
            current -> missing(current, all).forEach(w -> current.addRecipient(new Reference(w)))));
  }

  private List<String> missing(Communication header, Set<StandIn> all) {
    Set<String> there =
        Stream.concat(Stream.of(header.getSender()), header.getRecipient().stream())
            .flatMap(r -> chart.local(r).stream())
            .collect(Collectors.toSet());
    return all.stream().map(StandIn::who).filter(w -> !there.contains(w)).distinct().toList();
  }

  private Task task(Communication message, String reference, StandIn standIn, Instant now) {
    Task task = OwnTask.of(STAND_IN, "A message for somebody who is not there: you stand in", now);
    task.setFocus(new Reference(reference));
    task.setFor(message.getSubject().copy());
    task.setOwner(new Reference(standIn.who()));
    OwnTask.part(task, "instead-of", standIn.instead());
    task.setPriority(OwnTask.priority(message));
    return task;
  }
}
