// SPDX-License-Identifier: Apache-2.0
package dev.parley.conversation;

import dev.parley.db.Rows;
import dev.parley.store.Chart;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.hl7.fhir.r4.model.Communication;

/** The messages that say once more what another said: its forwards, and the forwards of those. */
final class Forwards {
  private static final String ALL =
      """
      with recursive f as (
        select copy from forwarded_message where original = ?
        union
        select n.copy from f join forwarded_message n on n.original = f.copy)
      select copy from f order by copy""";

  private static final String ADD =
      "insert into forwarded_message (original, copy) values (?, ?) on conflict do nothing";

  private Forwards() {}

  /** By id, as they are stored; without those that are recalled or deleted. */
  static Map<String, Communication> of(Connection connection, Chart chart, String id)
      throws SQLException {
    Map<String, Communication> found = new LinkedHashMap<>();
    try (PreparedStatement query = connection.prepareStatement(ALL)) {
      query.setString(1, id);
      try (ResultSet row = query.executeQuery()) {
        while (row.next()) {
          String copy = row.getString(1);
          Optional<Communication> message =
              chart.find(connection, "Communication/" + copy, Communication.class);
          if (message.isPresent() && !Recalled.is(message.get()) && !copy.equals(id)) {
            found.put(copy, message.get());
          }
        }
      }
    }
    return found;
  }

  static void add(Connection connection, String original, String copy) throws SQLException {
    Rows.change(connection, ADD, original, copy);
  }
}
