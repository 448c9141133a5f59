// SPDX-License-Identifier: Apache-2.0
package dev.parley.departure;

import dev.parley.access.Refusal;
import dev.parley.store.Change;
import dev.parley.store.Chart;
import dev.parley.store.Codes;
import dev.parley.store.Keys;
import dev.parley.store.Lookup;
import dev.parley.store.Rule;
import dev.parley.store.Step;
import dev.parley.store.StoredResource;
import dev.parley.store.Transaction;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.hl7.fhir.r4.model.BooleanType;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.Communication.CommunicationStatus;
import org.hl7.fhir.r4.model.CommunicationRequest;
import org.hl7.fhir.r4.model.CommunicationRequest.CommunicationRequestStatus;
import org.hl7.fhir.r4.model.Patient;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.Resource;

/**
 * Nobody is reminded of the appointment of somebody who has died. What was to be sent to the
 * patient, or to a proxy about them, ends in the transaction that records the death, in whichever
 * of merged records; and nothing automatic is written to them from then on. What was among staff
 * goes on.
 */
final class DeathRule implements Rule {
  static final String DECEASED = "deceased";

  private static final Set<String> AUTOMATIC =
      Set.of("Device", "HealthcareService", "Organization");

  private final Chart chart;
  private final Settling settling;

  DeathRule(Chart chart, Settling settling) {
    this.chart = chart;
    this.settling = settling;
  }

  static boolean isDead(Resource resource) {
    return resource instanceof Patient patient
        && patient.hasDeceased()
        && !(patient.getDeceased() instanceof BooleanType dead
            && !Boolean.TRUE.equals(dead.getValue()));
  }

  /** What systems keep records of is stored as it comes; what is sent is looked at. */
  private boolean isAutomatic(Change change) {
    return change.after() instanceof Communication message
        && (!change.caller().isSystem()
            || change.caller().scopes().has("messaging") && !change.put())
        && message.hasPayload()
        && message.getStatus() != CommunicationStatus.PREPARATION
        && message.getStatus() != CommunicationStatus.NOTDONE
        && chart
            .local(message.getSender())
            .filter(s -> AUTOMATIC.contains(s.substring(0, s.indexOf('/'))))
            .isPresent();
  }

  @Override
  public boolean needsTransaction(Change change) {
    return isDead(change.after()) && !isDead(change.before()) || isAutomatic(change);
  }

  @Override
  public void beforeWrite(Change change, Transaction transaction) throws SQLException {
    if (!isAutomatic(change)) {
      return;
    }
    Communication message = (Communication) change.after();
    List<Reference> named = new ArrayList<>(message.getRecipient());
    named.add(message.getSubject());
    for (Reference each : named) {
      Optional<String> who = chart.local(each);
      Optional<String> patient =
          who.isEmpty() ? who : chart.patientOf(transaction.connection(), who.get());
      if (patient.isPresent() && hasDied(patient.get(), transaction)) {
        throw Refusal.unprocessable(
            "business-rule",
            DECEASED,
            patient.get() + " has died; nothing automatic is sent to them or their proxies");
      }
    }
  }

  /** Their record holds still: a death that is being recorded is waited for. */
  private boolean hasDied(String patient, Transaction transaction) throws SQLException {
    for (String each : chart.merged(transaction.connection(), patient)) {
      transaction.shared(Keys.of(each));
      if (chart
          .find(transaction.connection(), each, Patient.class)
          .filter(p -> isDead(p))
          .isPresent()) {
        return true;
      }
    }
    return false;
  }

  @Override
  public List<Step> follows(List<Change> changes, Connection connection) throws SQLException {
    List<Step> steps = new ArrayList<>();
    for (Change change : changes) {
      if (isDead(change.after()) && !isDead(change.before())) {
        Set<String> merged = chart.merged(connection, "Patient/" + change.id());
        Set<String> theirs = new LinkedHashSet<>(merged);
        Lookup.referring(connection, "RelatedPerson", "patient", merged)
            .forEach(proxy -> theirs.add(proxy.reference()));
        requests(merged, theirs, connection, steps);
        messages(merged, theirs, connection, steps);
      }
    }
    return steps;
  }

  private void requests(
      Set<String> merged, Set<String> theirs, Connection connection, List<Step> steps)
      throws SQLException {
    for (StoredResource stored :
        Lookup.inState(
            connection,
            "CommunicationRequest",
            List.of("draft", "active", "on-hold"),
            List.of("subject", "recipient"),
            theirs)) {
      CommunicationRequest request = chart.parse(stored, CommunicationRequest.class);
      Fate fate = fate(request.getSubject(), request.getRecipient(), merged, theirs);
      if (fate == Fate.ENDS) {
        steps.add(
            settling.change(
                stored,
                CommunicationRequest.class,
                r ->
                    r.setStatus(CommunicationRequestStatus.REVOKED)
                        .setStatusReason(Codes.ours("stopped", DECEASED))));
      } else if (fate == Fate.FOR_OTHERS) {
        steps.add(
            settling.change(
                stored,
                CommunicationRequest.class,
                r -> r.getRecipient().removeIf(one -> isOne(one, theirs))));
      }
    }
  }

  private void messages(
      Set<String> merged, Set<String> theirs, Connection connection, List<Step> steps)
      throws SQLException {
    for (StoredResource stored :
        Lookup.inState(
            connection,
            "Communication",
            List.of("on-hold"),
            List.of("subject", "recipient"),
            theirs)) {
      Communication message = chart.parse(stored, Communication.class);
      if (!message.hasPayload()) {
        // A thread that rests.
        continue;
      }
      Fate fate = fate(message.getSubject(), recipients(message, connection), merged, theirs);
      if (fate == Fate.ENDS) {
        steps.add(
            settling.change(
                stored,
                Communication.class,
                m ->
                    m.setStatus(CommunicationStatus.NOTDONE)
                        .setStatusReason(Codes.ours("stopped", DECEASED))));
      } else if (fate == Fate.FOR_OTHERS && names(message.getRecipient(), theirs)) {
        steps.add(
            settling.change(
                stored,
                Communication.class,
                m -> m.getRecipient().removeIf(one -> isOne(one, theirs))));
      }
    }
  }

  /** What becomes of something that is to be sent. */
  private enum Fate {
    /** It is among others. */
    STAYS,
    /** It is for others as well, and not about the patient. */
    FOR_OTHERS,
    ENDS
  }

  private Fate fate(
      Reference subject, List<Reference> recipients, Set<String> merged, Set<String> theirs) {
    boolean about = isOne(subject, merged);
    boolean concerned = recipients.isEmpty() ? about : names(recipients, theirs);
    return !concerned
        ? Fate.STAYS
        : about || recipients.stream().allMatch(r -> isOne(r, theirs))
            ? Fate.ENDS
            : Fate.FOR_OTHERS;
  }

  /** A message that names nobody is for its thread. */
  private List<Reference> recipients(Communication message, Connection connection)
      throws SQLException {
    if (message.hasRecipient() || !message.hasPartOf()) {
      return message.getRecipient();
    }
    Optional<String> thread = chart.local(message.getPartOfFirstRep());
    Optional<Communication> header =
        thread.isEmpty()
            ? Optional.empty()
            : chart.find(connection, thread.get(), Communication.class);
    List<Reference> all = new ArrayList<>();
    header.ifPresent(h -> all.addAll(h.getRecipient()));
    header.filter(Communication::hasSender).ifPresent(h -> all.add(h.getSender()));
    return all;
  }

  private boolean names(List<Reference> references, Set<String> of) {
    return references.stream().anyMatch(r -> isOne(r, of));
  }

  private boolean isOne(Reference reference, Set<String> of) {
    return chart.local(reference).filter(of::contains).isPresent();
  }
}
