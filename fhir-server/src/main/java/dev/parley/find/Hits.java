// SPDX-License-Identifier: Apache-2.0
package dev.parley.find;

import dev.parley.access.Caller;
import dev.parley.db.Database;
import dev.parley.db.SqlFailure;
import dev.parley.store.Keys;
import dev.parley.store.ResourceTypes;
import dev.parley.store.Sql;
import dev.parley.store.Visibility;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Which messages match, of those that somebody may see: of the newest the best first. */
final class Hits {
  /** Of so many at once the better ones come first. */
  static final int RANKED = 200;

  private static final Comparator<Question.Place> OLDER =
      Comparator.comparing(Question.Place::at).thenComparingLong(Question.Place::self);

  private final Database database;
  private final Visibility visibility;
  private final Clock clock;
  private final Sql message;

  Hits(Database database, ResourceTypes types, Visibility visibility, Clock clock) {
    this.database = database;
    this.clock = clock;
    // As it stands in the index: the planner has to know it.
    this.message = new Sql(String.valueOf(types.code("Communication")), List.of());
    this.visibility = visibility;
  }

  /** A message that matches. */
  record Hit(String id, Question.Place place) {}

  /**
   * Some that match, best first.
   *
   * @param next where older ones are looked for; null if there are none
   */
  record Some(List<Hit> hits, Question.Window next) {}

  /**
   * The newest {@value #RANKED} that match, after the place in the question. To rank, or to see a
   * phrase, is to read a message anew: a word that is in every other of a million is not ranked
   * through all of them. Of a phrase, those of the newest that have its words.
   *
   * <p>They are looked for in the newest thousand messages, then in all: of a common word
   * PostgreSQL would else take every message before it keeps the newest.
   */
  Some of(Caller caller, Question question) {
    try (Connection connection = database.connection()) {
      Found found = new Found(question.after());
      Question rest = question;
      for (int i = 0; i < Days.SLICES.length && found.looked < RANKED; i++) {
        Days days = rest.narrow() ? null : Days.newest(connection, message, rest, i, clock);
        look(connection, caller, rest, days, found);
        if (days == null || rest.from() != null && !rest.from().isBefore(days.began())) {
          break;
        }
        rest = rest.older(days.began());
      }
      return found.some();
    } catch (SQLException e) {
      throw new SqlFailure(e);
    }
  }

  /** What one page is chosen from. */
  private static final class Found {
    private final Question.Place after;
    private final List<Hit> hits = new ArrayList<>();
    private Question.Place oldest;
    private int looked;

    Found(Question.Place after) {
      this.after = after;
    }

    void add(ResultSet row) throws SQLException {
      Instant at = row.getObject(3, OffsetDateTime.class).toInstant();
      Question.Place place = new Question.Place(row.getDouble(4), at, row.getLong(2));
      looked++;
      oldest = oldest == null || OLDER.compare(place, oldest) < 0 ? place : oldest;
      if (row.getBoolean(5) && (after == null || place.compareTo(after) > 0)) {
        hits.add(new Hit(row.getString(1), place));
      }
    }

    Some some() {
      hits.sort(Comparator.comparing(Hit::place));
      return new Some(
          hits, looked < RANKED ? null : new Question.Window(oldest.at(), oldest.self()));
    }
  }

  /**
   * Adds the newest of these days.
   *
   * @param days null for all
   */
  private void look(Connection connection, Caller caller, Question question, Days days, Found found)
      throws SQLException {
    Sql query =
        Sql.of(
            """
            select id, self, at, ts_rank_cd(words,
                     websearch_to_tsquery(words_config(substr(language, 2)), :text), 32)::float8,
                   words @@ :words::tsquery
            from (
              select r.id, r.self, r.body, coalesce(r.at, r.updated) as at from resource r
              where r.type = :message and message_words(r.body, coalesce(r.at, r.updated)) @@ :loose::tsquery
                and not r.keys && '{-8047885002093048093,-2237692575460882709}'
                and r.body is not null and (:visible) and (:filters)
              order by 4 desc, 2 desc limit :limit) newest,
            message_words(body) words, unnest(tsvector_to_array(words)) language
            where language like '~%'""",
            "text",
            question.text(),
            "message",
            message,
            "words",
            question.words().words(),
            "loose",
            days == null ? question.words().loose() : days.and(question.words().loose()),
            "visible",
            visibility.condition(caller, Visibility.Access.SEARCH, "Communication", "r"),
            "filters",
            filters(question),
            "limit",
            RANKED - found.looked);
    try (PreparedStatement statement = query.prepare(connection);
        ResultSet row = statement.executeQuery()) {
      while (row.next()) {
        found.add(row);
      }
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
      all.add(
          Sql.of(
              "(position('\"contentAttachment\":' in r.body) > 0) = :file",
              "file",
              question.file()));
    }
    if (question.window() != null) {
      all.add(
          Sql.of(
              "(coalesce(r.at, r.updated), r.self) < (:at, :self)",
              "at",
              question.window().at(),
              "self",
              question.window().self()));
    }
    return Sql.and(all);
  }
}
