// SPDX-License-Identifier: Apache-2.0
package dev.parley.audit;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.parley.TestDatabase;
import dev.parley.TestServer;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** The audit rows since the last {@link #forget}, as they are in the database. */
final class Rows {
  private static final String BOTH =
      """
      select * from (
        select at, action, agent, client, address, request, type, id, version, query, patients, outcome, 1::bigint s, 0 p
          from audit
        union all
        select at, action, agent, client, address, request, type, id, version, query, patients, outcome, 9e18::bigint, 0
          from audit_inbox) r left join resource_type t on t.code = r.type
      order by r.at, r.s, r.p""";

  private final TestServer server;
  private int known;

  Rows(TestServer server) {
    this.server = server;
  }

  void forget() {
    known += read().size();
  }

  /** {@code action agent client address request Type/id/version [patients] outcome}. */
  List<String> all() {
    return read().stream().map(Row::text).toList();
  }

  String one() {
    List<String> all = all();
    assertEquals(1, all.size(), all.toString());
    return all.get(0);
  }

  String words() {
    return all().stream().map(row -> row.split(" ")[0]).collect(Collectors.joining(" "));
  }

  String word(int row, int word) {
    return all().get(row).split(" ")[word];
  }

  String tail(int row, int from) {
    String[] words = all().get(row).split(" ");
    return String.join(" ", Arrays.copyOfRange(words, from, words.length));
  }

  String query(int row) {
    return read().get(row).query();
  }

  private record Row(String text, String query) {}

  private List<Row> read() {
    try (Connection connection = TestDatabase.connect(server.config());
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(BOTH)) {
      List<Row> rows = new ArrayList<>();
      while (row.next()) {
        rows.add(
            new Row(
                "%s %s %s %s %s %s/%s/%s %s %d"
                    .formatted(
                        row.getString("action"),
                        row.getString("agent"),
                        row.getString("client"),
                        row.getString("address"),
                        row.getString("request"),
                        row.getString("name"),
                        row.getString("id"),
                        row.getString("version"),
                        Arrays.toString((Object[]) row.getArray("patients").getArray()),
                        row.getInt("outcome")),
                row.getString("query")));
      }
      return rows.subList(Math.min(known, rows.size()), rows.size());
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }
}
