// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import static java.lang.Boolean.FALSE;
import static java.lang.Boolean.TRUE;
import static org.hl7.fhir.r4.model.CareTeam.CareTeamStatus.ACTIVE;

import ca.uhn.fhir.context.FhirContext;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.hl7.fhir.r4.model.CareTeam;
import org.hl7.fhir.r4.model.Group;
import org.hl7.fhir.r4.model.Patient;
import org.hl7.fhir.r4.model.Patient.LinkType;
import org.hl7.fhir.r4.model.Period;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.RelatedPerson;
import org.hl7.fhir.r4.model.Resource;

/**
 * Reads, past visibility, what rules decide by: parsed, with references of this server relative.
 * Nothing of it may be answered.
 */
public class Chart {
  private static final Set<LinkType> MERGES = EnumSet.of(LinkType.REPLACEDBY, LinkType.REPLACES);

  private static final int DEEP = 4;

  private final FhirContext fhir;
  private final References references;

  public Chart(FhirContext fhir, References references) {
    this.fhir = fhir;
    this.references = references;
  }

  /** "Type/id" of a resource of this server; empty for everything else. */
  public Optional<String> local(Reference reference) {
    return reference == null || reference.getReference() == null
        ? Optional.empty()
        : references.local(reference.getReference()).map(Object::toString);
  }

  public <T extends Resource> Optional<T> find(
      Connection connection, String reference, Class<T> type) throws SQLException {
    Optional<StoredResource> stored = Lookup.one(connection, reference);
    return stored.map(s -> parse(s, type));
  }

  public <T extends Resource> T parse(StoredResource stored, Class<T> type) {
    return type.cast(fhir.newJsonParser().parseResource(stored.json()));
  }

  /** Whether a reference is a patient or who stands for one; all others are staff, or of it. */
  public static boolean isPatientSide(String who) {
    return who.startsWith("Patient/") || who.startsWith("RelatedPerson/");
  }

  /** The patient that somebody on the patient's side stands for. */
  public Optional<String> patientOf(Connection connection, String who) throws SQLException {
    if (who.startsWith("Patient/")) {
      return Optional.of(who);
    }
    Optional<RelatedPerson> proxy =
        who.startsWith("RelatedPerson/")
            ? find(connection, who, RelatedPerson.class)
            : Optional.empty();
    return proxy.flatMap(p -> local(p.getPatient()));
  }

  /**
   * Those of whom a CareTeam or Group consists at this moment; nobody for anything else. Empty if
   * it is not active.
   */
  public Set<String> members(Connection connection, String who, Instant now) throws SQLException {
    Set<String> members = new TreeSet<>();
    if (who.startsWith("CareTeam/")) {
      Optional<CareTeam> team = find(connection, who, CareTeam.class);
      if (team.isPresent() && (!team.get().hasStatus() || team.get().getStatus() == ACTIVE)) {
        for (CareTeam.CareTeamParticipantComponent each : team.get().getParticipant()) {
          if (in(each.getPeriod(), now) && in(team.get().getPeriod(), now)) {
            local(each.getMember()).ifPresent(members::add);
          }
        }
      }
    } else if (who.startsWith("Group/")) {
      Optional<Group> group = find(connection, who, Group.class);
      if (group.isPresent() && !FALSE.equals(group.get().getActiveElement().getValue())) {
        for (Group.GroupMemberComponent each : group.get().getMember()) {
          if (!TRUE.equals(each.getInactiveElement().getValue()) && in(each.getPeriod(), now)) {
            local(each.getEntity()).ifPresent(members::add);
          }
        }
      }
    }
    return members;
  }

  /**
   * Those of whom a CareTeam or Group consists in the end: of teams and groups in it their members,
   * not for ever. Somebody who is neither is themselves.
   */
  public Set<String> people(Connection connection, String who, Instant now) throws SQLException {
    Set<String> people = new TreeSet<>();
    people(connection, who, now, DEEP, people);
    return people;
  }

  private void people(Connection connection, String who, Instant now, int deep, Set<String> people)
      throws SQLException {
    if (!who.startsWith("CareTeam/") && !who.startsWith("Group/")) {
      people.add(who);
    } else if (deep > 0) {
      for (String member : members(connection, who, now)) {
        people(connection, member, now, deep - 1, people);
      }
    }
  }

  /** Whether a period, whose ends may be days, is at this moment; without ends it always is. */
  public static boolean in(Period period, Instant now) {
    return (!period.getStartElement().hasValue()
            || !TimeRange.ofElement(period.getStartElement().getValueAsString()).low().isAfter(now))
        && (!period.getEndElement().hasValue()
            || TimeRange.ofElement(period.getEndElement().getValueAsString()).high().isAfter(now));
  }

  /** All records of a patient, itself included, that were merged with it. */
  public Set<String> merged(Connection connection, String patient) throws SQLException {
    Set<String> all = new TreeSet<>();
    ArrayDeque<String> open = new ArrayDeque<>(List.of(patient));
    while (!open.isEmpty()) {
      String each = open.pop();
      if (all.add(each)) {
        Optional<StoredResource> own = Lookup.one(connection, each);
        own.ifPresent(stored -> open.addAll(links(stored)));
        for (StoredResource other :
            Lookup.referring(connection, "Patient", "link", List.of(each))) {
          if (links(other).contains(each)) {
            open.add(other.reference());
          }
        }
      }
    }
    return all;
  }

  /** When the last of these records became one with the others; MIN if they are one record. */
  public Instant mergedSince(Connection connection, Collection<String> merged) throws SQLException {
    if (merged.size() < 2) {
      return Instant.MIN;
    }
    String sql = "select max(since) from patient_link where self = any(?) and other = any(?)";
    long[] selfs = merged.stream().mapToLong(Keys::of).toArray();
    try (PreparedStatement query = connection.prepareStatement(sql)) {
      query.setObject(1, selfs);
      query.setObject(2, selfs);
      try (ResultSet row = query.executeQuery()) {
        row.next();
        OffsetDateTime since = row.getObject(1, OffsetDateTime.class);
        return since == null ? Instant.MIN : since.toInstant();
      }
    }
  }

  private List<String> links(StoredResource stored) {
    if (!stored.text().contains("\"replace")) {
      return List.of();
    }
    return parse(stored, Patient.class).getLink().stream()
        .filter(link -> MERGES.contains(link.getType()))
        .flatMap(link -> local(link.getOther()).stream())
        .filter(other -> other.startsWith("Patient/"))
        .toList();
  }
}
