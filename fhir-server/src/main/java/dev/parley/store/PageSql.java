// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import dev.parley.store.References.Local;
import dev.parley.store.SearchRequest.Sort;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Supplier;

/**
 * The statements of a page. Where the search is a thread, or one person's, in the order of the
 * type's date - an inbox, a conversation - they read one index range and stop after a page.
 */
final class PageSql {
  private static final String COLUMNS =
      "r.self, r.type, r.id, r.version, r.updated, r.kind, r.body";

  private static final List<String> TIME = List.of("timestamptz");

  private final SearchRequest request;
  private final SearchParams params;
  private final ResourceTypes types;
  private final SearchSql sql;
  private final Instant now;
  private final SearchParam principal;
  private final Driver driver;
  private final String columns;

  /** What the rows are read along. */
  private sealed interface Driver {
    /** Nothing in particular: PostgreSQL chooses by the values asked for. */
    record Chosen() implements Driver {}

    record Thread(long self) implements Driver {}

    record Timeline(long who) implements Driver {}

    /** {@code _id}: the primary key. */
    record Ids() implements Driver {}
  }

  /**
   * A statement of a page.
   *
   * @param sortTypes SQL types of the columns sort0, sort1, ...
   * @param fixed whether its plan is the same whatever the values, so that it may be kept prepared
   */
  record Statement(Sql sql, boolean undated, List<String> sortTypes, boolean fixed) {
    Statement kept() {
      return new Statement(sql, undated, sortTypes, true);
    }
  }

  PageSql(
      SearchRequest request, SearchParams params, ResourceTypes types, SearchSql sql, Instant now) {
    this.request = request;
    this.params = params;
    this.types = types;
    this.sql = sql;
    this.now = now;
    this.principal = request.type() == null ? null : params.principal(request.type());
    this.driver = byIds() ? new Driver.Ids() : byDate() ? driver() : new Driver.Chosen();
    this.columns = request.includes().isEmpty() ? COLUMNS : COLUMNS + ", r.keys";
  }

  /**
   * The statements to run, one after the other until the page is full: most never get to a second.
   */
  List<Supplier<Statement>> page(Cursor cursor, int limit) {
    boolean back = cursor != null && cursor.back();
    if (driver instanceof Driver.Ids) {
      // So few that they are sorted at once, with or without a date.
      List<Sql> conditions = conditions(request.criteria(), true);
      return List.of(
          () ->
              SortedSql.page(columns, request.sorts(), principal, conditions, cursor, limit)
                  .kept());
    }
    if (principal == null || !byDate()) {
      return List.of(
          () ->
              driver instanceof Driver.Timeline
                  ? byUpdate(cursor, limit)
                  : SortedSql.page(
                      columns, request.sorts(), principal, conditions(), cursor, limit));
    }
    List<Supplier<Statement>> statements = new ArrayList<>(2);
    if (cursor == null || !cursor.undated() || back) {
      Cursor from = cursor != null && cursor.undated() ? null : cursor;
      statements.add(() -> dated(from, back, limit));
    }
    if (dates().isEmpty() && (cursor == null || cursor.undated() || !back)) {
      Cursor from = cursor != null && !cursor.undated() ? null : cursor;
      statements.add(() -> undated(from, back, limit));
    }
    if (back) {
      Collections.reverse(statements);
    }
    return statements;
  }

  Sql count() {
    return Sql.of("select count(*) from resource r where :where", "where", Sql.and(conditions()));
  }

  /** Any rows that match, up to a limit, in no order. */
  Sql some(int limit) {
    return Sql.of(
        "select " + COLUMNS + " from resource r where :where limit :limit",
        "where",
        Sql.and(conditions()),
        "limit",
        Sql.literal(limit));
  }

  private boolean byIds() {
    return request.type() != null
        && request.criteria().stream().anyMatch(c -> c instanceof Criterion.Ids ids && !ids.not());
  }

  /** Whether the order is that of the type's date, or for a type without one that of changes. */
  private boolean byDate() {
    if (request.sorts().size() != 1) {
      return false;
    }
    Sort sort = request.sorts().get(0);
    return principal == null ? sort.code().equals("_lastUpdated") : sort.param() == principal;
  }

  private Driver driver() {
    if (request.type() == null) {
      return new Driver.Chosen();
    }
    Driver found =
        request.compartment() == null || !request.merged().isEmpty()
            ? new Driver.Chosen()
            : new Driver.Timeline(request.compartment().self());
    for (Criterion criterion : request.criteria()) {
      if (criterion instanceof Criterion.Refers refers
          && refers.locals().size() == 1
          && refers.elsewhere().isEmpty()) {
        Local local = refers.locals().get(0);
        if (isThread(refers)) {
          return new Driver.Thread(local.self());
        }
        if (refers.param().owning()) {
          found = new Driver.Timeline(local.self());
        }
      }
    }
    return found;
  }

  /** {@code Communication?part-of=one}. */
  private static boolean isThread(Criterion criterion) {
    return criterion instanceof Criterion.Refers refers
        && refers.param().code().equals("part-of")
        && refers.param().type().equals("Communication")
        && refers.locals().size() == 1
        && refers.elsewhere().isEmpty();
  }

  private boolean driven() {
    return !(driver instanceof Driver.Chosen);
  }

  /** The criteria that rows along a driver have still to meet. */
  private List<Criterion> unmet(Driver along) {
    if (along instanceof Driver.Chosen || !(driver instanceof Driver.Thread thread)) {
      return request.criteria();
    }
    return request.criteria().stream()
        .filter(c -> !(isThread(c) && ((Criterion.Refers) c).locals().get(0).self() == thread.self))
        .toList();
  }

  private List<Sql> conditions() {
    return conditions(request.criteria(), false);
  }

  private List<Sql> conditions(List<Criterion> criteria, boolean driven) {
    List<Sql> parts = sql.parts("r", request.type(), criteria, driven);
    if (request.types().size() > 1) {
      Short[] codes = request.types().stream().map(types::code).toArray(Short[]::new);
      parts.add(Sql.of("r.type = any(:types)", "types", codes));
    }
    if (request.compartment() != null) {
      List<Sql> members = new ArrayList<>();
      members.add(sql.compartment("r", request.compartment(), request.types()));
      request.merged().forEach(m -> members.add(sql.compartment("r", m, request.types())));
      parts.add(SearchSql.check(Sql.or(members), driven));
    }
    return parts;
  }

  /** The conditions on the type's date. */
  private List<Criterion.Plain> dates() {
    return request.criteria().stream()
        .filter(c -> c instanceof Criterion.Plain plain && plain.param() == principal)
        .map(c -> (Criterion.Plain) c)
        .toList();
  }

  private boolean descending(boolean back) {
    return request.sorts().get(0).descending() != back;
  }

  private Statement dated(Cursor cursor, boolean back, int limit) {
    boolean down = descending(back);
    List<Driver> along = new ArrayList<>(List.of(driver));
    if (driver instanceof Driver.Thread thread) {
      // Messages that are in this thread and, before it, in another.
      along.add(new Driver.Timeline(thread.self));
    }
    Dates dates = splits() ? Dates.POINTS : Dates.ALL;
    List<Sql> branches = new ArrayList<>();
    along.forEach(d -> branches.add(branch(d, dates, cursor, down, limit)));
    if (dates == Dates.POINTS) {
      branches.add(branch(new Driver.Chosen(), Dates.SPANS, cursor, down, limit));
    }
    Sql whole =
        branches.size() == 1
            ? branches.get(0)
            : Sql.of(
                "select * from (:branches) r order by sort0"
                    + (down ? " desc, self desc" : ", self")
                    + " limit :limit",
                "branches",
                union(branches),
                "limit",
                Sql.literal(limit));
    return new Statement(whole, false, TIME, !(driver instanceof Driver.Chosen));
  }

  /** Which rows a branch reads, by what their date is. */
  private enum Dates {
    ALL,
    POINTS,
    SPANS
  }

  /**
   * Whether points and the few days and months among them are read apart: "from then on" is a range
   * of the index for points only, a month may reach into it from before.
   */
  private boolean splits() {
    return params.dates(request.type()) == SearchParams.Dates.MOSTLY_POINTS
        && dates().stream()
            .flatMap(c -> c.values().stream())
            .anyMatch(v -> DateSql.reachesBack(((SearchValue.Date) v).prefix()));
  }

  private static Sql union(List<Sql> branches) {
    List<Sql> parts = branches.stream().map(b -> Sql.of("(:b)", "b", b)).toList();
    Sql all = parts.get(0);
    for (Sql part : parts.subList(1, parts.size())) {
      all = Sql.of(":a union all :b", "a", all, "b", part);
    }
    return all;
  }

  private Sql branch(Driver along, Dates which, Cursor cursor, boolean down, int limit) {
    String column = along instanceof Driver.Timeline ? "t" : "r";
    List<Criterion.Plain> dates = dates();
    List<Criterion> others =
        which == Dates.ALL
            ? unmet(along)
            : unmet(along).stream().filter(c -> !dates.contains(c)).toList();
    List<Sql> rows = conditions(others, driven());
    rows.add(Sql.of("r.at is not null"));
    List<Sql> range = new ArrayList<>();
    switch (which) {
      case ALL -> bound(column + ".at", range);
      case POINTS -> {
        rows.add(Sql.of("not r.keys @> :span", "span", SearchSql.span(principal)));
        dates.forEach(c -> range.add(anyPoint(c, column + ".at")));
      }
      case SPANS -> dates.forEach(c -> rows.add(anySpan(c)));
    }
    if (cursor != null) {
      range.add(beyond(cursor, column, down));
    }
    if (along instanceof Driver.Thread thread && sql.hides(request.type())) {
      return walk(thread, range, rows, down, limit);
    }
    return Sql.of(
        "select " + columns + ", r.at as sort0 from :from" + order(column, down),
        "from",
        from(along, range, rows),
        "limit",
        Sql.literal(limit));
  }

  /**
   * A thread's rows one by one along its index, until enough of them may be seen. PostgreSQL takes
   * what somebody may see for a row in a thousand; asked for the rows in order, it would read and
   * sort the whole conversation.
   */
  private Sql walk(Driver.Thread thread, List<Sql> range, List<Sql> rows, boolean down, int limit) {
    List<Sql> bounds = new ArrayList<>(range);
    bounds.add(Sql.of("r.thread = :thread", "thread", thread.self));
    bounds.add(Sql.of("r.at is not null"));
    return Sql.of(
        """
        select %1$s, r.at as sort0 from (
          with recursive walk as (
            (select * from resource r where :bounds order by r.at %2$s, r.self %2$s limit 1)
            union all
            select n.* from walk w cross join lateral (
              select * from resource r where :bounds and (r.at, r.self) %3$s (w.at, w.self)
              order by r.at %2$s, r.self %2$s limit 1) n)
          select * from walk) r
        where :rows limit :limit"""
            .formatted(columns, down ? "desc" : "asc", down ? "<" : ">"),
        "bounds",
        Sql.and(bounds),
        "rows",
        Sql.and(rows),
        "limit",
        Sql.literal(limit));
  }

  private static String order(String column, boolean down) {
    String way = down ? " desc" : " asc";
    return " order by " + column + ".at" + way + ", " + column + ".self" + way + " limit :limit";
  }

  private static Sql beyond(Cursor cursor, String column, boolean down) {
    return Sql.of(
        "(" + column + ".at, " + column + ".self) " + (down ? "<" : ">") + " (:at, :self)",
        "at",
        SortKey.typed(cursor.values().get(0), "timestamptz"),
        "self",
        cursor.self());
  }

  private Sql anyPoint(Criterion.Plain date, String at) {
    return Sql.or(
        date.values().stream().map(v -> DateSql.overPoint((SearchValue.Date) v, at, now)).toList());
  }

  private Sql anySpan(Criterion.Plain date) {
    return Sql.of(
        "r.self in (select d.self from date_value d where d.param = :param and :value)",
        "param",
        principal.key(),
        "value",
        Sql.or(
            date.values().stream()
                .map(v -> DateSql.overRange((SearchValue.Date) v, "d.low", "d.high", now))
                .toList()));
  }

  /** Narrows the range that is read to where matches can lie. */
  private void bound(String at, List<Sql> where) {
    for (Criterion.Plain date : dates()) {
      if (date.values().size() == 1) {
        SearchValue.Date value = (SearchValue.Date) date.values().get(0);
        Sql bound =
            params.dates(request.type()) == SearchParams.Dates.POINTS
                ? DateSql.overPoint(value, at, now)
                : DateSql.necessary(value, at, now);
        if (bound != null) {
          where.add(bound);
        }
      }
    }
  }

  /**
   * Where rows come from.
   *
   * @param range conditions on the columns that the driver is ordered by
   * @param rows conditions on {@code r}
   */
  private Sql from(Driver along, List<Sql> range, List<Sql> rows) {
    if (along instanceof Driver.Timeline timeline) {
      // "offset 0": row by row as the timeline gives them, whatever the planner thinks of it.
      return Sql.of(
          """
          timeline t cross join lateral (
            select * from resource r where r.self = t.self and :rows offset 0) r
          where t.who = :who and t.type = :type and :range""",
          "rows",
          Sql.and(rows),
          "who",
          timeline.who,
          "type",
          types.code(request.type()),
          "range",
          Sql.and(range));
    }
    List<Sql> all = new ArrayList<>(range);
    if (along instanceof Driver.Thread thread) {
      all.add(Sql.of("r.thread = :thread", "thread", thread.self));
    }
    all.addAll(rows);
    return Sql.of("resource r where :all", "all", Sql.and(all));
  }

  /** What has no date comes last, whichever way the rest is sorted. */
  private Statement undated(Cursor cursor, boolean back, int limit) {
    List<Sql> branches = new ArrayList<>();
    branches.add(undatedBranch(driver, cursor, back, limit));
    if (driver instanceof Driver.Thread thread) {
      branches.add(undatedBranch(new Driver.Timeline(thread.self), cursor, back, limit));
    }
    Sql whole =
        branches.size() == 1
            ? branches.get(0)
            : Sql.of(
                "select * from (:branches) r order by self %s limit :limit"
                    .formatted(back ? "desc" : "asc"),
                "branches",
                union(branches),
                "limit",
                Sql.literal(limit));
    return new Statement(whole, true, List.of(), !(driver instanceof Driver.Chosen));
  }

  private Sql undatedBranch(Driver along, Cursor cursor, boolean back, int limit) {
    List<Sql> rows = conditions(unmet(along), driven());
    rows.add(Sql.of("r.at is null"));
    if (cursor != null) {
      rows.add(Sql.of("r.self " + (back ? "<" : ">") + " :self", "self", cursor.self()));
    }
    return Sql.of(
        "select %s from :from order by r.self %s limit :limit"
            .formatted(columns, back ? "desc" : "asc"),
        "from",
        from(along, List.of(), rows),
        "limit",
        Sql.literal(limit));
  }

  /** One owner's resources of a type without a date: the timeline has them by their last change. */
  private Statement byUpdate(Cursor cursor, int limit) {
    boolean down = descending(cursor != null && cursor.back());
    List<Sql> range = cursor == null ? List.of() : List.of(beyond(cursor, "t", down));
    Sql whole =
        Sql.of(
            "select " + columns + ", r.updated as sort0 from :from" + order("t", down),
            "from",
            from(driver, range, conditions(request.criteria(), true)),
            "limit",
            Sql.literal(limit));
    return new Statement(whole, false, TIME, true);
  }
}
