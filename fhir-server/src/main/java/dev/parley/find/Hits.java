// SPDX-License-Identifier: Apache-2.0
package dev.parley.find;

import dev.parley.access.Caller;
import dev.parley.db.Database;
import dev.parley.store.Keys;
import dev.parley.store.Sql;
import dev.parley.store.SqlFailure;
import dev.parley.store.Visibility;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;

/** Which messages match, of those that somebody may see: best first. */
final class Hits {
  private final Database database;
  private final Visibility visibility;

  Hits(Database database, Visibility visibility) {
    this.database = database;
    this.visibility = visibility;
  }

  /** A message that matches. */
  record Hit(String id, Question.Place place) {}

  /** At most so many, after the place in the question. */
  List<Hit> of(Caller caller, Question question, int limit) {
    Sql query =
        Sql.of(
            """
            select id, score, at, self from (
              select r.id, r.self, coalesce(r.at, r.updated) as at,
                     ts_rank_cd(w.words, :words::tsquery, 32)::float8 as score
              from message_words w join resource r on r.self = w.self
              where w.words @@ :words::tsquery and r.body is not null and (:visible) and (:filters)) h
            where :after
            order by score desc, at desc, self desc limit :limit""",
            "words",
            question.words(),
            "visible",
            visibility.condition(caller, Visibility.Access.SEARCH, "Communication", "r"),
            "filters",
            filters(question),
            "after",
            question.after() == null
                ? Sql.TRUE
                : Sql.of(
                    "(score, at, self) < (:score, :at, :self)",
                    "score",
                    question.after().score(),
                    "at",
                    question.after().at(),
                    "self",
                    question.after().self()),
            "limit",
            limit);
    try (Connection connection = database.connection();
        PreparedStatement statement = query.prepare(connection);
        ResultSet row = statement.executeQuery()) {
      List<Hit> hits = new ArrayList<>();
      while (row.next()) {
        hits.add(
            new Hit(
                row.getString(1),
                new Question.Place(
                    row.getDouble(2),
                    row.getObject(3, OffsetDateTime.class).toInstant(),
                    row.getLong(4))));
      }
      return hits;
    } catch (SQLException e) {
      throw new SqlFailure(e);
    }
  }

  private static Sql filters(Question question) {
    List<Sql> all = new ArrayList<>();
    if (question.thread() != null) {
      all.add(
          Sql.of("(r.thread = :thread or r.self = :thread)", "thread", Keys.of(question.thread())));
    }
    if (question.person() != null) {
      long self = Keys.of(question.person());
      all.add(
          Sql.of(
              "r.keys && :keys",
              "keys",
              new long[] {
                Keys.param("Communication", "participant") ^ self,
                Keys.param("Communication", "subject") ^ self
              }));
    }
    if (question.from() != null) {
      all.add(Sql.of("coalesce(r.at, r.updated) >= :from", "from", question.from()));
    }
    if (question.to() != null) {
      all.add(Sql.of("coalesce(r.at, r.updated) < :to", "to", question.to()));
    }
    if (question.file() != null) {
      all.add(Sql.of("w.file = :file", "file", question.file()));
    }
    return Sql.and(all);
  }
}
