// SPDX-License-Identifier: Apache-2.0
package dev.parley.visibility;

import dev.parley.store.Keys;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.stream.Stream;

/** Who has to do with a patient otherwise than by a conversation. */
public final class Related {
  // By access_grant's key on (holder, key): some index look-ups for each person.
  private static final String STRANGERS =
      """
      select p.who from unnest(?::text[], ?::bigint[]) with ordinality p(who, self, place)
      where not exists (select from access_grant g
                        where g.holder = any(array(select holders(p.self, ?))) and g.key = any(?)
                          and g.low <= ? and ? < g.high)
      order by p.place""";

  private Related() {}

  /**
   * Those who neither are the patient, nor treat them, nor are a proxy of theirs at this time.
   *
   * @param patient "Patient/1"
   * @param people as "Practitioner/1"
   */
  public static List<String> strangers(
      Connection connection, String patient, Collection<String> people, Instant now)
      throws SQLException {
    long self = Keys.of(patient);
    Long[] keys =
        Stream.of(
                AudienceKey.STAFF, AudienceKey.PATIENT, AudienceKey.PROXY, AudienceKey.CHILD_PROXY)
            .map(key -> key.of(self))
            .toArray(Long[]::new);
    String[] who =
        people.stream().filter(p -> !p.equals(patient)).distinct().toArray(String[]::new);
    Long[] selfs = Stream.of(who).map(Keys::of).toArray(Long[]::new);
    List<String> strangers = new ArrayList<>();
    try (PreparedStatement query = connection.prepareStatement(STRANGERS)) {
      query.setArray(1, connection.createArrayOf("text", who));
      query.setArray(2, connection.createArrayOf("bigint", selfs));
      query.setObject(3, now.atOffset(ZoneOffset.UTC));
      query.setArray(4, connection.createArrayOf("bigint", keys));
      query.setObject(5, now.atOffset(ZoneOffset.UTC));
      query.setObject(6, now.atOffset(ZoneOffset.UTC));
      try (ResultSet row = query.executeQuery()) {
        while (row.next()) {
          strangers.add(row.getString(1));
        }
      }
    }
    return strangers;
  }
}
