// SPDX-License-Identifier: Apache-2.0
package dev.parley.identity;

import dev.parley.feature.Tools;
import dev.parley.store.Draft;
import dev.parley.store.Keys;
import dev.parley.store.Lookup;
import dev.parley.store.Step;
import dev.parley.store.StoredResource;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.hl7.fhir.r4.model.Communication;

/** Looks each minute which withheld messages are due, and has each called about once. */
final class WithheldWatch {
  private static final Duration EACH = Duration.ofMinutes(1);

  /** Marked ones that are due and that no Task is about. */
  private static final String DUE =
      """
      select r.id from resource r
      where r.keys @> ? and r.body is not null and coalesce(r.at, r.updated) <= ?
        and not exists (select from resource t where t.keys && array[r.self # ?] and t.body is not null)
      limit 500""";

  private final Tools tools;
  private final CallTasks calls;
  private final Duration due;

  /**
   * @param due how long a message waits before somebody calls
   */
  WithheldWatch(Tools tools, CallTasks calls, Duration due) {
    this.tools = tools;
    this.calls = calls;
    this.due = due;
    tools.agenda().every(EACH, "withheld", this::look);
  }

  private void look() {
    for (StoredResource each : tools.database().with(this::waiting)) {
      Communication message = tools.chart().parse(each, Communication.class);
      // Conditional: once, however often it is looked for.
      tools
          .own()
          .write(
              Step.create(
                  Draft.of(calls.about(each.reference(), message), tools.fhir()),
                  "code=" + CallTasks.CODE + "&focus=" + each.reference()));
    }
  }

  private List<StoredResource> waiting(Connection connection) throws SQLException {
    List<StoredResource> waiting = new ArrayList<>();
    try (PreparedStatement query = connection.prepareStatement(DUE)) {
      long tag = Keys.param("Communication", "_tag");
      query.setObject(1, new long[] {tag ^ Keys.of(Withheld.SYSTEM + "|" + Withheld.IDENTITY)});
      query.setObject(2, tools.clock().instant().minus(due).atOffset(ZoneOffset.UTC));
      query.setLong(3, Keys.param("Task", "focus"));
      try (ResultSet row = query.executeQuery()) {
        while (row.next()) {
          Lookup.one(connection, "Communication/" + row.getString(1)).ifPresent(waiting::add);
        }
      }
    }
    return waiting;
  }
}
