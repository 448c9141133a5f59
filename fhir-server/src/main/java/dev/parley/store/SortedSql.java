// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import dev.parley.store.PageSql.Statement;
import dev.parley.store.SearchRequest.Sort;
import java.util.ArrayList;
import java.util.List;

/** A page in any order: sort values are columns, and the page begins after those of the cursor. */
final class SortedSql {
  private SortedSql() {}

  /**
   * The statement of a page.
   *
   * @param selected the columns of {@code r} to read
   * @param principal the type's own date, or null
   */
  static Statement page(
      String selected,
      List<Sort> sorts,
      SearchParam principal,
      List<Sql> conditions,
      Cursor cursor,
      int limit) {
    boolean back = cursor != null && cursor.back();
    List<SortKey> keys = sorts.stream().map(s -> SortKey.of(s, principal)).toList();
    StringBuilder order = new StringBuilder();
    List<Sql> sortColumns = new ArrayList<>();
    for (int i = 0; i < keys.size(); i++) {
      boolean down = keys.get(i).descending() != back;
      sortColumns.add(Sql.of(":value as sort" + i, "value", keys.get(i).expression()));
      order.append("sort").append(i).append(down ? " desc" : " asc");
      order.append(keys.get(i).nullable() ? back ? " nulls first, " : " nulls last, " : ", ");
    }
    boolean tieDown = keys.get(0).descending() != back;
    order.append("self ").append(tieDown ? "desc" : "asc");
    List<Sql> where = new ArrayList<>(conditions);
    List<String> sortTypes = keys.stream().map(SortKey::sqlType).toList();
    if (keys.size() == 1 && !keys.get(0).nullable()) {
      // Over a plain column, so that its index gives the order.
      String column = keys.get(0).expression().text();
      if (cursor != null) {
        where.add(
            Sql.of(
                "(%s, r.self) %s (:value, :self)".formatted(column, tieDown ? "<" : ">"),
                "value",
                SortKey.typed(cursor.values().get(0), keys.get(0).sqlType()),
                "self",
                cursor.self()));
      }
      return new Statement(
          Sql.of(
              "select %1$s, :columns from resource r where :where order by %2$s %3$s, r.self %3$s limit :limit"
                  .formatted(selected, column, tieDown ? "desc" : "asc"),
              "columns",
              Sql.list(sortColumns),
              "where",
              Sql.and(where),
              "limit",
              Sql.literal(limit)),
          false,
          sortTypes,
          false);
    }
    Sql inner =
        Sql.of(
            "select %s, :columns from resource r where :where".formatted(selected),
            "columns",
            Sql.list(sortColumns),
            "where",
            Sql.and(where));
    return new Statement(
        Sql.of(
            "select * from (:inner) q where :after order by %s limit :limit".formatted(order),
            "inner",
            inner,
            "after",
            cursor == null ? Sql.TRUE : after(keys, cursor, tieDown),
            "limit",
            Sql.literal(limit)),
        false,
        sortTypes,
        false);
  }

  /** Rows behind the cursor's, key by key; where a key is missing, the row stands last. */
  private static Sql after(List<SortKey> keys, Cursor cursor, boolean tieDown) {
    List<Sql> either = new ArrayList<>();
    List<Sql> same = new ArrayList<>();
    for (int i = 0; i < keys.size(); i++) {
      SortKey key = keys.get(i);
      boolean down = key.descending() != cursor.back();
      String column = "sort" + i;
      String value = cursor.values().get(i);
      Sql beyond;
      Sql equal;
      if (value == null) {
        beyond = cursor.back() ? Sql.of(column + " is not null") : Sql.FALSE;
        equal = Sql.of(column + " is null");
      } else {
        Sql typed = SortKey.typed(value, key.sqlType());
        beyond = Sql.of(column + (down ? " < " : " > ") + ":value", "value", typed);
        if (!cursor.back()) {
          beyond = Sql.of("(:beyond or " + column + " is null)", "beyond", beyond);
        }
        equal = Sql.of(column + " = :value", "value", typed);
      }
      List<Sql> all = new ArrayList<>(same);
      all.add(beyond);
      either.add(Sql.and(all));
      same.add(equal);
    }
    List<Sql> all = new ArrayList<>(same);
    all.add(Sql.of("self " + (tieDown ? "<" : ">") + " :self", "self", cursor.self()));
    either.add(Sql.and(all));
    return Sql.or(either);
  }
}
