// SPDX-License-Identifier: Apache-2.0
package dev.parley.visibility;

import dev.parley.access.Caller;
import dev.parley.access.Caller.Kind;
import dev.parley.access.Refusal;
import dev.parley.store.Change;
import dev.parley.store.Chart;
import dev.parley.store.Codes;
import dev.parley.store.Keys;
import dev.parley.store.Rule;
import dev.parley.store.Transaction;
import java.sql.SQLException;
import java.time.Clock;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.hl7.fhir.r4.model.Base;
import org.hl7.fhir.r4.model.Patient;
import org.hl7.fhir.r4.model.Person;
import org.hl7.fhir.r4.model.Person.PersonLinkComponent;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.Task;
import org.hl7.fhir.r4.model.VerificationResult;

/**
 * What a person may write at all, whatever the token delegates (E-11). Who works here, who is whose
 * proxy, who somebody is: that is the directory's, and decides who sees what; it is written by
 * systems and administrators. What makes a relation to a patient is written by those who have one.
 */
final class WritePolicy implements Rule {
  static final String ADMINISTRATOR = "administrator";

  private static final Set<String> BY_ADMINISTRATORS =
      Set.of(
          "AuditEvent",
          "CodeSystem",
          "Device",
          "Endpoint",
          "Group",
          "HealthcareService",
          "Location",
          "Organization",
          "OrganizationAffiliation",
          "Person",
          "Practitioner",
          "PractitionerRole",
          "Provenance",
          "RelatedPerson",
          "SearchParameter",
          "StructureDefinition",
          "ValueSet");

  /** They say who treats whom. */
  private static final Set<String> RELATING =
      Set.of("Appointment", "CareTeam", "Consent", "Encounter", "Patient");

  private final Chart chart;
  private final Treatment treatment;
  private final PatientWrites patientWrites;
  private final Clock clock;

  WritePolicy(Chart chart, Treatment treatment, PatientWrites patientWrites, Clock clock) {
    this.chart = chart;
    this.treatment = treatment;
    this.patientWrites = patientWrites;
    this.clock = clock;
  }

  @Override
  public boolean needsTransaction(Change change) {
    return !change.caller().isSystem()
        && (RELATING.contains(change.type()) || change.type().equals("VerificationResult"));
  }

  @Override
  public void beforeWrite(Change change, Transaction transaction) throws SQLException {
    Caller caller = change.caller();
    if (!caller.isSystem() && opensServerWork(change)) {
      throw Refusal.forbidden(
          "use-the-operations",
          "Tasks of %s are opened by the server, and stay about what they are about"
              .formatted(Codes.TASKS));
    }
    if (!caller.isSystem() && verifies(change)) {
      if (!change.byOperation()) {
        throw Refusal.forbidden(
            "use-the-operations", "Who somebody is, is said by [person]/$verify-identity");
      }
      treats(change, verified((VerificationResult) change.after(), transaction), transaction);
    }
    if (caller.isSystem() || caller.roles().contains(ADMINISTRATOR) && !opensDoors(change)) {
      return;
    }
    boolean allowed =
        caller.kind() == Kind.STAFF
            ? !BY_ADMINISTRATORS.contains(change.type()) || change.byOperation()
            : patientWrites.allow(change);
    if (!allowed || opensDoors(change)) {
      throw Refusal.forbidden(
          "not-yours-to-write",
          "%s may not write this %s".formatted(caller.reference(), change.type()));
    }
    if (caller.kind() == Kind.STAFF && RELATING.contains(change.type())) {
      relates(change, transaction);
    }
  }

  private void relates(Change change, Transaction transaction) throws SQLException {
    Patient before = change.before() instanceof Patient patient ? patient : null;
    if (change.after() instanceof Patient after
        && (!same(before, after, "link")
            || !same(before, after, "deceased[x]")
            || before != null && !same(before, after, "active"))) {
      throw Refusal.forbidden(
          "administrators-only",
          "Links, death and whether a record is in use are set by administrators and systems");
    }
    if (change.type().equals("Patient") && before == null) {
      if (change.after() instanceof Patient made && made.hasGeneralPractitioner()) {
        throw Refusal.forbidden(
            "administrators-only",
            "Who treats a new patient is said by administrators and systems");
      }
      return;
    }
    treats(change, treatment.patientsOf(change.before(), change.after(), change.id()), transaction);
  }

  private void treats(Change change, Set<Long> patients, Transaction transaction)
      throws SQLException {
    if (!treatment.holds(change.caller(), patients, clock.instant(), transaction.connection())) {
      throw Refusal.forbidden(
          "not-treating",
          "Only those who treat the patient, and not by an emergency access, write this "
              + change.type());
    }
  }

  /** Whether it says how sure it is who somebody is. */
  private static boolean verifies(Change change) {
    if (change.type().equals("VerificationResult")) {
      return true;
    }
    List<PersonLinkComponent> before =
        change.before() instanceof Person person ? person.getLink() : List.of();
    return change.after() instanceof Person after
        && after.getLink().stream()
            .anyMatch(link -> link.hasAssurance() && before.stream().noneMatch(link::equalsDeep));
  }

  /** The patients whose identity, or whose proxy's, this is about. */
  private Set<Long> verified(VerificationResult result, Transaction transaction)
      throws SQLException {
    Set<Long> patients = new LinkedHashSet<>();
    for (Reference target : result.getTarget()) {
      Optional<String> who = chart.local(target);
      if (who.isPresent()) {
        chart
            .patientOf(transaction.connection(), who.get())
            .ifPresent(patient -> patients.add(Keys.of(patient)));
      }
    }
    return patients;
  }

  private static boolean same(Patient before, Patient after, String name) {
    List<Base> was = before == null ? List.of() : before.getNamedProperty(name).getValues();
    List<Base> is = after.getNamedProperty(name).getValues();
    return was.size() == is.size()
        && IntStream.range(0, was.size()).allMatch(i -> was.get(i).equalsDeep(is.get(i)));
  }

  /** The server acts on its own kinds of work: nobody makes any, or turns one to something else. */
  private static boolean opensServerWork(Change change) {
    Task before = change.before() instanceof Task task ? task : null;
    if (!(change.after() instanceof Task after)) {
      return before != null && isServerWork(before);
    }
    if (change.byOperation() || !isServerWork(after) && (before == null || !isServerWork(before))) {
      return false;
    }
    return before == null
        || !before.getCode().equalsDeep(after.getCode())
        || !before.getFocus().equalsDeep(after.getFocus())
        || !before.getFor().equalsDeep(after.getFor())
        || !before.getRequester().equalsDeep(after.getRequester());
  }

  private static boolean isServerWork(Task task) {
    return task.getCode().getCoding().stream().anyMatch(c -> Codes.TASKS.equals(c.getSystem()));
  }

  private static boolean opensDoors(Change change) {
    boolean opens =
        change.after() instanceof Task after && BreakGlass.is(after)
            || change.before() instanceof Task before && BreakGlass.is(before);
    return opens && !reviews(change);
  }

  /** Who watches over privacy settles the review of somebody else's access, and no more. */
  private static boolean reviews(Change change) {
    return change.caller().roles().contains(BreakGlass.PRIVACY_OFFICER)
        && change.before() instanceof Task before
        && change.after() instanceof Task after
        && BreakGlass.is(before)
        && !change.caller().reference().equals(before.getRequester().getReference())
        && before.getCode().equalsDeep(after.getCode())
        && before.getFor().equalsDeep(after.getFor())
        && before.getRequester().equalsDeep(after.getRequester())
        && before.getRestriction().equalsDeep(after.getRestriction());
  }
}
