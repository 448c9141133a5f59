// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.backup;

import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * What a backup holds.
 *
 * @param format of the archive, 1
 * @param schema version of the migrations that made the tables
 * @param taken when, ISO 8601
 * @param defaults SQL of column defaults, by "table.column"
 * @param sequences their states, by name
 */
record Manifest(
    int format,
    String schema,
    String taken,
    List<Table> tables,
    Map<String, String> defaults,
    Map<String, Position> sequences) {
  static final String ENTRY = "manifest.json";
  static final int FORMAT = 1;

  static Manifest of(
      String schema,
      List<Table> tables,
      Map<String, String> defaults,
      Map<String, Position> sequences) {
    return new Manifest(FORMAT, schema, Instant.now().toString(), tables, defaults, sequences);
  }

  /** A table and the columns that were copied, in order. */
  record Table(String name, List<String> columns, long rows) {
    String entry() {
      return "tables/" + name + ".copy";
    }

    Table with(long count) {
      return new Table(name, columns, count);
    }
  }

  /** Where a sequence stands. */
  record Position(long last, boolean called) {}

  long rows() {
    return tables.stream().mapToLong(Table::rows).sum();
  }
}
