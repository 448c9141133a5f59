// SPDX-License-Identifier: Apache-2.0
package dev.parley.reach;

import dev.parley.db.Rows;
import dev.parley.store.Keys;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The table {@code reach_person}. */
final class PreferenceTable {
  private static final String PUT =
      """
      insert into reach_person (person, who, channels, email, quiet_from, quiet_until, zone)
        values (?, ?, ?, ?, ?, ?, ?)
      on conflict (person) do update set channels = excluded.channels, email = excluded.email,
        quiet_from = excluded.quiet_from, quiet_until = excluded.quiet_until, zone = excluded.zone\
      """;

  private static final String OF =
      """
      select person, channels, email, quiet_from, quiet_until, zone from reach_person
      where person = any(?)\
      """;

  /** Whoever makes it writes; nobody else does until the time is over. */
  private static final String EMAIL =
      """
      insert into reach_person as p (person, who, emailed) values (?, ?, ?)
      on conflict (person) do update set emailed = excluded.emailed
        where p.emailed is null or p.emailed <= ?\
      """;

  private PreferenceTable() {}

  static void put(Connection connection, String who, Preference preference) throws SQLException {
    Rows.change(
        connection,
        PUT,
        Keys.of(who),
        who,
        preference.channels() == null ? null : preference.channels().toArray(String[]::new),
        preference.email(),
        preference.quietFrom(),
        preference.quietUntil(),
        preference.zone() == null ? null : preference.zone().getId());
  }

  /** Of those who have chosen something. */
  static Map<Long, Preference> of(Connection connection, Collection<Long> persons)
      throws SQLException {
    Map<Long, Preference> all = new HashMap<>();
    try (PreparedStatement query = connection.prepareStatement(OF)) {
      query.setObject(1, persons.stream().mapToLong(Long::longValue).toArray());
      try (ResultSet row = query.executeQuery()) {
        while (row.next()) {
          String zone = row.getString(6);
          all.put(
              row.getLong(1),
              new Preference(
                  words(row.getArray(2)),
                  row.getString(3),
                  row.getObject(4, LocalTime.class),
                  row.getObject(5, LocalTime.class),
                  zone == null ? null : ZoneId.of(zone)));
        }
      }
    }
    return all;
  }

  private static Set<String> words(Array array) throws SQLException {
    return array == null ? null : new LinkedHashSet<>(List.of((String[]) array.getArray()));
  }

  /** Whether somebody may be written to now; if so it counts as done. */
  static boolean takeEmail(Connection connection, String who, Instant now, Duration window)
      throws SQLException {
    return Rows.change(connection, EMAIL, Keys.of(who), who, now, now.minus(window)) == 1;
  }

  /** It could not be sent: the next try is not too many. */
  static void returnEmail(Connection connection, String who) throws SQLException {
    Rows.change(
        connection, "update reach_person set emailed = null where person = ?", Keys.of(who));
  }

  /** When somebody was written to last. */
  static Instant emailed(Connection connection, String who) throws SQLException {
    try (PreparedStatement query =
        connection.prepareStatement("select emailed from reach_person where person = ?")) {
      query.setLong(1, Keys.of(who));
      try (ResultSet row = query.executeQuery()) {
        OffsetDateTime at = row.next() ? row.getObject(1, OffsetDateTime.class) : null;
        return at == null ? Instant.MIN : at.toInstant();
      }
    }
  }
}
