// SPDX-License-Identifier: Apache-2.0
package dev.parley.visibility;

import dev.parley.db.Rows;
import dev.parley.store.Change;
import dev.parley.store.Keys;
import dev.parley.store.References.Local;
import dev.parley.store.Transaction;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.util.Set;
import java.util.TreeSet;
import org.hl7.fhir.r4.model.Patient;
import org.hl7.fhir.r4.model.Patient.LinkType;

/**
 * Records that are of one human: {@code Patient.link} of the types replaced-by and replaces. Taking
 * the link away restores exactly what was.
 */
final class Merges {
  /** Held alone while records are merged or parted, together by whoever grants about records. */
  static final long LOCK = Keys.of("merges");

  // Whoever can be reached over links, whichever side says so.
  private static final String REACHED =
      """
      with recursive one(self) as (
        select ?::bigint
        union
        select case when l.self = one.self then l.other else l.self end
        from one join patient_link l on one.self in (l.self, l.other))
      select self from one""";

  private static final String PAIRS =
      """
      insert into patient_merge (self, other)
      select a.self, b.self from unnest(?::bigint[]) a(self), unnest(?::bigint[]) b(self) where a.self <> b.self""";

  private final Relations relations;
  private final Clock clock;

  Merges(Relations relations, Clock clock) {
    this.relations = relations;
    this.clock = clock;
  }

  /**
   * Takes up what a Patient says of its links.
   *
   * @return selfs of the records that are one, or were, and are not as they were
   */
  Set<Long> follow(Change change, Local itself, Transaction transaction) throws SQLException {
    Connection connection = transaction.connection();
    Set<Long> links = new TreeSet<>();
    if (change.after() instanceof Patient patient) {
      for (Patient.PatientLinkComponent link : patient.getLink()) {
        if (link.getType() == LinkType.REPLACEDBY || link.getType() == LinkType.REPLACES) {
          relations.patient(link.getOther()).ifPresent(o -> links.add(o.self()));
        }
      }
    }
    if (links.isEmpty() && change.kind() == Change.Kind.CREATE) {
      return Set.of();
    }
    if (links.equals(said(connection, itself.self()))) {
      return Set.of();
    }
    transaction.exclusive(LOCK);
    Set<Long> affected = reached(connection, itself.self());
    say(connection, itself.self(), links);
    affected.addAll(reached(connection, itself.self()));
    execute(
        connection,
        "delete from patient_merge where self = any(?) or other = any(?)",
        affected,
        affected);
    Set<Long> left = new TreeSet<>(affected);
    while (!left.isEmpty()) {
      Set<Long> one = reached(connection, left.iterator().next());
      execute(connection, PAIRS, one, one);
      left.removeAll(one);
    }
    GrantTable.recopy(connection, affected);
    return affected;
  }

  private static Set<Long> said(Connection connection, long self) throws SQLException {
    return query(connection, "select other from patient_link where self = ?", self);
  }

  private static Set<Long> reached(Connection connection, long self) throws SQLException {
    return query(connection, REACHED, self);
  }

  private static Set<Long> query(Connection connection, String sql, long self) throws SQLException {
    Set<Long> found = new TreeSet<>();
    try (PreparedStatement query = connection.prepareStatement(sql)) {
      query.setLong(1, self);
      try (ResultSet row = query.executeQuery()) {
        while (row.next()) {
          found.add(row.getLong(1));
        }
      }
    }
    return found;
  }

  private void say(Connection connection, long self, Set<Long> links) throws SQLException {
    execute(
        connection,
        "delete from patient_link where self = any(?) and other <> all(?)",
        Set.of(self),
        links);
    Rows.change(
        connection,
        """
            insert into patient_link (self, other, since)
            select ?, l, ? from unnest(?::bigint[]) l on conflict do nothing""",
        self,
        clock.instant(),
        links.stream().mapToLong(Long::longValue).toArray());
  }

  @SafeVarargs
  private static void execute(Connection connection, String sql, Set<Long>... arrays)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      for (int i = 0; i < arrays.length; i++) {
        statement.setObject(i + 1, arrays[i].toArray(Long[]::new));
      }
      statement.executeUpdate();
    }
  }
}
