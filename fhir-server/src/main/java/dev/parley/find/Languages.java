// SPDX-License-Identifier: Apache-2.0
package dev.parley.find;

import dev.parley.db.Database;
import dev.parley.store.SqlFailure;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;

/** Which of PostgreSQL's text configurations a question is asked in. */
final class Languages {
  private final Database database;
  private final String usual;

  /**
   * @param usual the language of messages that do not say theirs: "en"
   */
  Languages(Database database, String usual) {
    this.database = database;
    this.usual = usual.toLowerCase(Locale.ROOT);
  }

  /** Tells the database, which indexes by it, what the setting is. */
  void start() {
    String sql =
        """
        insert into parley_state (name, value) values ('find-language', ?)
          on conflict (name) do update set value = excluded.value where parley_state.value <> excluded.value""";
    try (Connection connection = database.connection();
        PreparedStatement insert = connection.prepareStatement(sql)) {
      insert.setString(1, usual);
      insert.executeUpdate();
    } catch (SQLException e) {
      throw new SqlFailure(e);
    }
  }

  /**
   * The words as a tsquery, in each of these languages and as they are.
   *
   * @param language of the request: a parameter, or Accept-Language; or null
   * @return null if there is nothing to look for
   */
  String query(String text, String language) {
    Set<String> codes = new LinkedHashSet<>();
    codes.add(usual);
    if (language != null) {
      Stream.of(language.split(","))
          .map(l -> l.strip().toLowerCase(Locale.ROOT))
          .filter(l -> l.matches("[a-z]{2}([-_;].*)?"))
          .limit(5)
          .forEach(l -> codes.add(l.substring(0, 2)));
    }
    List<String> configs = new ArrayList<>(List.of("simple"));
    try (Connection connection = database.connection()) {
      configs.addAll(known(connection, codes));
      return query(connection, configs, text);
    } catch (SQLException e) {
      throw new SqlFailure(e);
    }
  }

  private static List<String> known(Connection connection, Set<String> codes) throws SQLException {
    try (PreparedStatement query =
        connection.prepareStatement("select config::text from text_language where code = any(?)")) {
      query.setObject(1, codes.toArray(String[]::new));
      List<String> configs = new ArrayList<>();
      try (ResultSet row = query.executeQuery()) {
        while (row.next()) {
          configs.add(row.getString(1));
        }
      }
      return configs;
    }
  }

  private static String query(Connection connection, List<String> configs, String text)
      throws SQLException {
    String sql =
        """
        select string_agg('(' || q::text || ')', ' | ') from (
          select distinct websearch_to_tsquery(c::regconfig, ?) q from unnest(?) c) a
        where numnode(q) > 0""";
    try (PreparedStatement query = connection.prepareStatement(sql)) {
      query.setString(1, text);
      query.setObject(2, configs.toArray(String[]::new));
      try (ResultSet row = query.executeQuery()) {
        row.next();
        return row.getString(1);
      }
    }
  }
}
