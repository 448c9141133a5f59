// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.backup;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** What the schema public consists of, asked from the database, so that no table is forgotten. */
final class Catalog {
  private final Connection connection;

  Catalog(Connection connection) {
    this.connection = connection;
  }

  /** Every table with rows of its own, except the record of migrations, which a restore makes. */
  List<Manifest.Table> tables() throws SQLException {
    return rows(
        """
        select c.relname,
          array(select a.attname::text from pg_attribute a
                where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
                  and a.attgenerated = '' order by a.attnum)
        from pg_class c
        where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
          and not c.relispartition and c.relname <> 'flyway_schema_history'
        order by c.relname
        """,
        row ->
            new Manifest.Table(
                row.getString(1), Arrays.asList((String[]) row.getArray(2).getArray()), 0));
  }

  Map<String, String> defaults() throws SQLException {
    Map<String, String> defaults = new TreeMap<>();
    rows(
        """
        select c.relname || '.' || a.attname, pg_get_expr(d.adbin, d.adrelid)
        from pg_attrdef d
        join pg_class c on c.oid = d.adrelid
        join pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum
        where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
          and not c.relispartition and a.attgenerated = ''
          and c.relname <> 'flyway_schema_history'
        """,
        row -> defaults.put(row.getString(1), row.getString(2)));
    return defaults;
  }

  Map<String, Manifest.Position> sequences() throws SQLException {
    Map<String, Manifest.Position> positions = new TreeMap<>();
    for (String name :
        rows(
            """
            select relname from pg_class
            where relnamespace = 'public'::regnamespace and relkind = 'S'
            """,
            row -> row.getString(1))) {
      rows(
          "select last_value, is_called from " + quoted(name),
          row -> positions.put(name, new Manifest.Position(row.getLong(1), row.getBoolean(2))));
    }
    return positions;
  }

  static String quoted(String name) {
    return '"' + name.replace("\"", "\"\"") + '"';
  }

  static String columns(Manifest.Table table) {
    return table.columns().stream().map(Catalog::quoted).collect(Collectors.joining(", "));
  }

  private <T> List<T> rows(String sql, Row<T> read) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      List<T> all = new ArrayList<>();
      while (rows.next()) {
        all.add(read.of(rows));
      }
      return all;
    }
  }

  private interface Row<T> {
    T of(ResultSet row) throws SQLException;
  }
}
