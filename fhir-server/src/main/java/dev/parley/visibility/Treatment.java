// SPDX-License-Identifier: Apache-2.0
package dev.parley.visibility;

import dev.parley.access.Caller;
import dev.parley.db.Rows;
import dev.parley.store.Keys;
import dev.parley.store.References.Local;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.hl7.fhir.r4.model.Appointment;
import org.hl7.fhir.r4.model.CareTeam;
import org.hl7.fhir.r4.model.Consent;
import org.hl7.fhir.r4.model.Encounter;
import org.hl7.fhir.r4.model.Patient;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.Resource;

/** Whether somebody treats patients, now and otherwise than by an emergency access. */
final class Treatment {
  private static final String HOLDS =
      """
      select count(distinct g.key) = ? from access_grant g
      where g.holder = any(array(select holders(?, ?))) and g.key = any(?)
        and g.low <= ? and ? < g.high
        and not exists (select from resource r join resource_type t on t.code = r.type
                        where r.self = g.source and t.name = 'Task')""";

  private final Relations relations;

  Treatment(Relations relations) {
    this.relations = relations;
  }

  /** The patients whom a relation is about, in both versions. */
  Set<Long> patientsOf(Resource before, Resource after, String id) {
    Set<Long> patients = new LinkedHashSet<>();
    Stream.of(Optional.ofNullable(before), Optional.ofNullable(after))
        .flatMap(Optional::stream)
        .flatMap(r -> r instanceof Patient ? Stream.of(new Reference("Patient/" + id)) : of(r))
        .flatMap(r -> relations.patient(r).stream())
        .map(Local::self)
        .forEach(patients::add);
    return patients;
  }

  private static Stream<Reference> of(Resource resource) {
    if (resource instanceof CareTeam team) {
      return Stream.of(team.getSubject());
    }
    if (resource instanceof Encounter encounter) {
      return Stream.of(encounter.getSubject());
    }
    if (resource instanceof Consent consent) {
      return Stream.of(consent.getPatient());
    }
    return resource instanceof Appointment appointment
        ? appointment.getParticipant().stream().map(p -> p.getActor())
        : Stream.of();
  }

  boolean holds(Caller caller, Set<Long> patients, Instant now, Connection connection)
      throws SQLException {
    Long[] keys = patients.stream().map(AudienceKey.STAFF::of).toArray(Long[]::new);
    return Rows.one(
        connection,
        HOLDS,
        row -> row.getBoolean(1),
        keys.length,
        Keys.of(caller.reference()),
        now,
        keys,
        now,
        now);
  }
}
