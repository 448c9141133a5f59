// SPDX-License-Identifier: Apache-2.0
package dev.parley.retention;

import dev.parley.access.Caller;
import dev.parley.access.Origin;
import dev.parley.access.Refusal;
import dev.parley.config.Setting;
import dev.parley.db.Rows;
import dev.parley.feature.Feature;
import dev.parley.feature.Tools;
import dev.parley.store.Change;
import dev.parley.store.Keys;
import dev.parley.store.ResourceTypes;
import dev.parley.store.Rule;
import dev.parley.store.Step;
import dev.parley.store.Trace;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Purges each day what is older than PARLEY_RETENTION says. */
public final class Retention implements Feature {
  private static final Logger LOG = LoggerFactory.getLogger(Retention.class);
  private static final int CHUNK = 200;

  private final Tools tools;
  private final Terms terms;
  private final Set<Long> going = ConcurrentHashMap.newKeySet();

  public Retention(Tools tools, ResourceTypes types) {
    this.tools = tools;
    this.terms = Terms.of(tools.config(), types::knows);
    if (tools.config().isSet(Setting.PARLEY_RETENTION)) {
      tools.agenda().every(Duration.ofDays(1), "retention", this::purge);
    }
  }

  private void purge() {
    Instant now = tools.clock().instant();
    terms.terms().forEach((type, term) -> purge(type, now.minus(term)));
  }

  private void purge(String type, Instant before) {
    long purged = 0;
    int kept = 0;
    List<String> due = due(type, before, 0);
    while (!due.isEmpty()) {
      int gone = delete(type, due);
      purged += gone;
      kept += due.size() - gone;
      due = due(type, before, kept);
    }
    if (purged > 0 || kept > 0) {
      long held =
          tools.database().with(connection -> Overdue.count(connection, type, before)).held();
      tell(new Overdue.Count(type, before, purged, held), kept);
    }
  }

  private List<String> due(String type, Instant before, int kept) {
    return tools.database().with(connection -> Overdue.some(connection, type, before, CHUNK, kept));
  }

  /** Like anything else, so that files, numbers and grants that hang on it follow. */
  private int delete(String type, List<String> ids) {
    List<Step> steps = ids.stream().map(id -> Step.delete(type, id, null)).toList();
    List<Long> selfs = ids.stream().map(id -> Keys.self(type, id)).toList();
    going.addAll(selfs);
    try {
      tools.own().write(steps);
      return ids.size();
    } catch (Refusal refusal) {
      // One that a rule keeps does not keep the others.
      return ids.size() == 1 ? 0 : ids.stream().mapToInt(id -> delete(type, List.of(id))).sum();
    } finally {
      selfs.forEach(going::remove);
    }
  }

  @Override
  public List<Rule> rules() {
    return List.of(new Erasing());
  }

  /**
   * Takes what a resource said before along with it; that it was there, and when it went, stays.
   */
  private final class Erasing implements Rule {
    @Override
    public void afterWrite(Change change, Connection connection) throws SQLException {
      if (change.kind() != Change.Kind.DELETE || going.isEmpty()) {
        return;
      }
      long self = Keys.self(change.type(), change.id());
      if (going.contains(self)) {
        Rows.change(connection, "delete from version where self = ?", self);
      }
    }
  }

  private void tell(Overdue.Count done, int kept) {
    String what =
        "%d %s from before %s, %d held, %d kept by a rule"
            .formatted(done.due(), done.type(), done.before(), done.held(), kept);
    LOG.info("Purged: {}", what);
    tools
        .trail()
        .record(
            Trace.of(Caller.SYSTEM, Origin.NONE, Trace.Action.PURGE)
                .on(done.type(), null, null)
                .asking(what));
  }
}
