// SPDX-License-Identifier: Apache-2.0
package dev.parley.visibility;

import dev.parley.store.Codes;
import dev.parley.store.Participation;
import dev.parley.store.References;
import dev.parley.store.References.Local;
import dev.parley.store.TimeRange;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.hl7.fhir.r4.model.Appointment;
import org.hl7.fhir.r4.model.Appointment.AppointmentStatus;
import org.hl7.fhir.r4.model.CareTeam;
import org.hl7.fhir.r4.model.CareTeam.CareTeamStatus;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.Encounter;
import org.hl7.fhir.r4.model.Encounter.EncounterStatus;
import org.hl7.fhir.r4.model.Group;
import org.hl7.fhir.r4.model.Patient;
import org.hl7.fhir.r4.model.PractitionerRole;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.Resource;
import org.hl7.fhir.r4.model.Task;

/** What a resource says about who is related to whom. */
final class Relations {
  private static final Set<EncounterStatus> OPEN =
      EnumSet.of(
          EncounterStatus.ARRIVED,
          EncounterStatus.TRIAGED,
          EncounterStatus.INPROGRESS,
          EncounterStatus.ONLEAVE);
  private static final Set<AppointmentStatus> COMING =
      EnumSet.of(
          AppointmentStatus.PROPOSED,
          AppointmentStatus.PENDING,
          AppointmentStatus.BOOKED,
          AppointmentStatus.ARRIVED,
          AppointmentStatus.CHECKEDIN,
          AppointmentStatus.WAITLIST);

  private static final Set<String> STAFF = Set.of("Practitioner", "PractitionerRole", "CareTeam");

  private final References references;

  Relations(References references) {
    this.references = references;
  }

  /** The grants that come from this resource alone. */
  List<Grant> of(Resource resource, Local itself) {
    List<Grant> grants = new ArrayList<>();
    if (resource instanceof Patient patient) {
      patient(patient, itself, grants);
    } else if (resource instanceof PractitionerRole role) {
      role(role, itself, grants);
    } else if (resource instanceof CareTeam team) {
      team(team, itself, grants);
    } else if (resource instanceof Group group) {
      group(group, itself, grants);
    } else if (resource instanceof Encounter encounter) {
      encounter(encounter, grants);
    } else if (resource instanceof Appointment appointment) {
      appointment(appointment, grants);
    } else if (resource instanceof Task task) {
      breakGlass(task, grants);
      standIn(task, grants);
    } else if (resource instanceof Communication thread) {
      thread(thread, itself, grants);
    } else if (resource.fhirType().equals("Practitioner")) {
      grants.add(Grant.named(itself, Spans.ALWAYS));
    }
    return grants;
  }

  private void patient(Patient patient, Local itself, List<Grant> grants) {
    grants.add(Grant.named(itself, Spans.ALWAYS));
    grants.add(Grant.about(AudienceKey.PATIENT, itself, itself.self(), Spans.ALWAYS));
    patient.getGeneralPractitioner().stream()
        .flatMap(this::staff)
        .forEach(s -> grants.add(Grant.about(AudienceKey.STAFF, s, itself.self(), Spans.ALWAYS)));
  }

  private void role(PractitionerRole role, Local itself, List<Grant> grants) {
    if (Boolean.FALSE.equals(role.getActiveElement().getValue())) {
      return;
    }
    TimeRange during = Spans.of(role.getPeriod());
    Stream.concat(Stream.of(role.getPractitioner()), holders(role))
        .flatMap(r -> local(r).stream())
        .distinct()
        .forEach(
            p -> {
              grants.add(Grant.member(p, itself, during));
              grants.add(Grant.standInOfRole(p, itself, during));
            });
    role.getHealthcareService().stream()
        .flatMap(s -> local(s).stream())
        .forEach(pool -> grants.add(Grant.member(itself, pool, during)));
  }

  /** A role that several hold at once. */
  private static Stream<Reference> holders(PractitionerRole role) {
    return role.getExtensionsByUrl(Codes.HOLDER).stream()
        .flatMap(e -> e.getValue() instanceof Reference who ? Stream.of(who) : Stream.empty());
  }

  private void team(CareTeam team, Local itself, List<Grant> grants) {
    if (team.hasStatus() && team.getStatus() != CareTeamStatus.ACTIVE) {
      return;
    }
    TimeRange during = Spans.of(team.getPeriod());
    Optional<Local> patient = patient(team.getSubject());
    for (CareTeam.CareTeamParticipantComponent participant : team.getParticipant()) {
      TimeRange takesPart = Spans.both(during, Spans.of(participant.getPeriod()));
      staff(participant.getMember())
          .forEach(
              who -> {
                grants.add(Grant.member(who, itself, takesPart));
                patient.ifPresent(
                    p -> grants.add(Grant.about(AudienceKey.STAFF, who, p.self(), takesPart)));
              });
    }
  }

  private void group(Group group, Local itself, List<Grant> grants) {
    if (Boolean.FALSE.equals(group.getActiveElement().getValue())) {
      return;
    }
    for (Group.GroupMemberComponent member : group.getMember()) {
      if (!Boolean.TRUE.equals(member.getInactiveElement().getValue())) {
        TimeRange during = Spans.of(member.getPeriod());
        local(member.getEntity()).stream()
            .filter(who -> STAFF.contains(who.type()) || who.type().equals("Group"))
            .forEach(who -> grants.add(Grant.member(who, itself, during)));
      }
    }
  }

  private void encounter(Encounter encounter, List<Grant> grants) {
    Optional<Local> patient = patient(encounter.getSubject());
    if (patient.isEmpty() || !OPEN.contains(encounter.getStatus())) {
      return;
    }
    TimeRange during = Spans.of(encounter.getPeriod());
    for (Encounter.EncounterParticipantComponent participant : encounter.getParticipant()) {
      TimeRange takesPart = Spans.both(during, Spans.of(participant.getPeriod()));
      staff(participant.getIndividual())
          .forEach(
              w -> grants.add(Grant.about(AudienceKey.STAFF, w, patient.get().self(), takesPart)));
    }
  }

  /** From the moment it is there until it ends. */
  private void appointment(Appointment appointment, List<Grant> grants) {
    TimeRange end = Spans.of(appointment.hasEnd() ? appointment.getEndElement() : null);
    if (end == null || !COMING.contains(appointment.getStatus())) {
      return;
    }
    TimeRange during = new TimeRange(Instant.MIN, end.low(), false);
    List<Local> actors =
        appointment.getParticipant().stream().flatMap(p -> local(p.getActor()).stream()).toList();
    List<Local> staff =
        appointment.getParticipant().stream().flatMap(p -> staff(p.getActor())).toList();
    actors.stream()
        .filter(a -> a.type().equals("Patient"))
        .forEach(
            p ->
                staff.forEach(
                    s -> grants.add(Grant.about(AudienceKey.STAFF, s, p.self(), during))));
  }

  /**
   * Who takes part knows of whom and with whom the talk is; who came later may see only what is
   * from then on.
   */
  private void thread(Communication thread, Local itself, List<Grant> grants) {
    List<Local> in = Participation.in(thread).flatMap(r -> local(r).stream()).distinct().toList();
    List<Local> known =
        Stream.concat(
                patient(thread.getSubject()).stream(), in.stream().filter(Audience::isPatientSide))
            .distinct()
            .toList();
    in.stream()
        .filter(who -> !Audience.isPatientSide(who))
        .flatMap(
            who ->
                known.stream()
                    .map(k -> Grant.about(AudienceKey.ACQUAINTED, who, k.self(), Spans.ALWAYS)))
        .forEach(grants::add);
    for (Participation each : Participation.of(thread)) {
      local(each.who())
          .filter(who -> each.fromJoined() && each.joined() != null && in.contains(who))
          .ifPresent(
              who -> {
                grants.add(Grant.joined(who, itself, each.joined()));
                if (hasStandIns(who)) {
                  grants.add(Grant.joinedInstead(who, itself, each.joined()));
                }
              });
    }
  }

  private void breakGlass(Task task, List<Grant> grants) {
    Optional<Local> patient = patient(task.getFor());
    if (BreakGlass.is(task) && patient.isPresent()) {
      TimeRange during = Spans.of(task.getRestriction().getPeriod());
      staff(task.getRequester())
          .forEach(
              s -> grants.add(Grant.about(AudienceKey.STAFF, s, patient.get().self(), during)));
    }
  }

  /** Who has agreed to stand in sees the conversations of the other, for that time. */
  private void standIn(Task task, List<Grant> grants) {
    Optional<Local> who = local(task.getOwner());
    Optional<Local> instead = local(task.getRequester());
    if (Cover.isAccepted(task) && who.isPresent() && instead.isPresent()) {
      TimeRange during = Spans.of(task.getRestriction().getPeriod());
      grants.add(Grant.standIn(who.get(), instead.get(), during));
    }
  }

  /** A person, or a role that persons hold: teams and pools have others who are there. */
  static boolean hasStandIns(Local who) {
    return who.type().equals("Practitioner") || who.type().equals("PractitionerRole");
  }

  Optional<Local> patient(Reference reference) {
    return local(reference).filter(l -> l.type().equals("Patient"));
  }

  private Stream<Local> staff(Reference reference) {
    return local(reference).filter(l -> STAFF.contains(l.type())).stream();
  }

  Optional<Local> local(Reference reference) {
    return reference == null || reference.getReference() == null
        ? Optional.empty()
        : references.local(reference.getReference());
  }
}
