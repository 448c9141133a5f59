// SPDX-License-Identifier: Apache-2.0
package dev.parley.attachment;

import dev.parley.attachment.Content.Scan;
import dev.parley.db.Database;
import dev.parley.db.Rows;
import dev.parley.db.SqlFailure;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** The tables {@code attachment_content}, {@code attachment_upload} and {@code attachment}. */
final class Contents {
  private static final String COLUMNS = "c.hash, c.sha1, c.size, c.place, c.scan";

  /** The id of the key that its place names; null if it is not encrypted. */
  private static final String KEY = "substring(c.place from '^sealed-[^/]*/([0-9a-f]{16})-')";

  private final Database database;

  // How far this process has swept; from the beginning again at the end and after a start.
  private volatile byte[] swept = new byte[0];
  private volatile Instant claimedUpTo = Instant.EPOCH;
  private volatile long claimedSelf;

  Contents(Database database) {
    this.database = database;
  }

  /**
   * What a Binary holds.
   *
   * @param name of the file, or null
   */
  record Held(Content content, String name, Instant created) {}

  /** Notes a place before anything is written there, so that it is found if we die. */
  void begin(String place, Instant now) {
    run(
        "insert into attachment_upload (place, begun) values (?, ?)",
        statement -> {
          statement.setString(1, place);
          statement.setObject(2, now.atOffset(ZoneOffset.UTC));
        });
  }

  /** Takes the note away: nothing is left at the place. */
  void forget(String place) {
    run("delete from attachment_upload where place = ?", s -> s.setString(1, place));
  }

  /**
   * Keeps what was written, unless the same is there already.
   *
   * @return what is kept: of another place, if it was there
   */
  Content keep(Content content, Instant now) {
    // Its note goes in the same statement: a place is either noted or kept.
    String sql =
        """
        with kept as (
          insert into attachment_content (hash, sha1, size, place, scan, used)
          values (?, ?, ?, ?, ?, ?)
          on conflict (hash) do update set used = excluded.used
          returning place)
        delete from attachment_upload u using kept k where u.place = k.place""";
    run(
        sql,
        statement -> {
          statement.setBytes(1, content.hash());
          statement.setBytes(2, content.sha1());
          statement.setLong(3, content.size());
          statement.setString(4, content.place());
          statement.setString(5, content.scan().word());
          statement.setObject(6, now.atOffset(ZoneOffset.UTC));
        });
    return find(content.hash()).orElseThrow();
  }

  /** What is stored under this hash; an upload of the same needs no second look at it. */
  Optional<Content> find(byte[] hash) {
    return list(
            "select %s from attachment_content c where c.hash = ?".formatted(COLUMNS),
            query -> query.setBytes(1, hash))
        .stream()
        .findFirst();
  }

  /** Of a Binary, by its self. */
  Optional<Held> of(long self) {
    try (Connection connection = database.connection()) {
      return of(connection, self);
    } catch (SQLException e) {
      throw new SqlFailure(e);
    }
  }

  static Optional<Held> of(Connection connection, long self) throws SQLException {
    String sql =
        """
        select %s, a.type, a.name, a.created
        from attachment a join attachment_content c on c.hash = a.hash where a.self = ?"""
            .formatted(COLUMNS);
    return Rows.first(
        connection,
        sql,
        row ->
            new Held(
                content(row).as(row.getString(6)),
                row.getString(7),
                row.getObject(8, java.time.OffsetDateTime.class).toInstant()),
        self);
  }

  /** Counts a Binary in; false if the bytes have been removed meanwhile. */
  static boolean link(Connection connection, long self, Received received, Instant now)
      throws SQLException {
    String sql =
        """
        insert into attachment (self, hash, type, name, created)
          select ?, hash, ?, ?, ? from attachment_content where hash = ? for share
          on conflict (self) do nothing""";
    return Rows.change(
            connection,
            sql,
            self,
            received.content().type(),
            received.name(),
            now,
            received.content().hash())
        == 1;
  }

  /** Counts a Binary out. */
  static void unlink(Connection connection, long self) throws SQLException {
    Rows.change(connection, "delete from attachment where self = ?", self);
  }

  /**
   * Bytes that no Binary has and that nobody has sent lately, of so many rows from where the last
   * call stopped: however many files there are, a sweep costs the same.
   */
  List<Content> unused(Instant before, int looked) {
    record Looked(Content content, boolean unused) {}
    List<Looked> rows =
        query(
            """
            select %s, c.used < ? and not exists (select from attachment a where a.hash = c.hash) as unused
            from (select * from attachment_content where hash > ? order by hash limit ?) c order by c.hash"""
                .formatted(COLUMNS),
            query -> {
              query.setObject(1, before.atOffset(ZoneOffset.UTC));
              query.setBytes(2, swept);
              query.setInt(3, looked);
            },
            row -> new Looked(content(row), row.getBoolean("unused")));
    swept = rows.size() < looked ? new byte[0] : rows.get(looked - 1).content().hash();
    return rows.stream().filter(Looked::unused).map(Looked::content).toList();
  }

  /** Bytes in one of these states, those that wait longest first. */
  List<Content> waiting(int limit) {
    return list(
        """
        select %s from attachment_content c where scan in ('pending', 'unscanned')
        order by scan, used limit ?"""
            .formatted(COLUMNS),
        query -> query.setInt(1, limit));
  }

  /** Some that are not encrypted with the key of this id. */
  List<Content> notUnder(String key, int limit) {
    return list(
        "select %s from attachment_content c where %s is distinct from ? limit ?"
            .formatted(COLUMNS, KEY),
        query -> {
          query.setString(1, key);
          query.setInt(2, limit);
        });
  }

  /** How many files each key is needed for. */
  Map<String, Long> keys() {
    record Used(String key, long files) {}
    return query(
            "select %s, count(*) from attachment_content c where %s is not null group by 1"
                .formatted(KEY, KEY),
            query -> {},
            row -> new Used(row.getString(1), row.getLong(2)))
        .stream()
        .collect(Collectors.toMap(Used::key, Used::files));
  }

  /** Of two places for the same bytes the new one is kept; the other is noted as left behind. */
  void move(Content content, String place, Instant now) {
    String sql =
        """
        with moved as (
          update attachment_content set place = ? where hash = ? and place = ? returning place),
        kept as (
          delete from attachment_upload u using moved m where u.place = m.place)
        insert into attachment_upload (place, begun) select ?, ? from moved""";
    run(
        sql,
        statement -> {
          statement.setString(1, place);
          statement.setBytes(2, content.hash());
          statement.setString(3, content.place());
          statement.setString(4, content.place());
          statement.setObject(5, now.atOffset(ZoneOffset.UTC));
        });
  }

  void scanned(byte[] hash, Scan scan) {
    run(
        "update attachment_content set scan = ? where hash = ?",
        statement -> {
          statement.setString(1, scan.word());
          statement.setBytes(2, hash);
        });
  }

  /**
   * Takes the row away if still nobody counts on it; its place is noted in its stead.
   *
   * @return whether the bytes may be removed now
   */
  boolean release(Content content, Instant before, Instant now) {
    return database.with(
        connection -> Database.transaction(connection, c -> release(content, before, now, c)));
  }

  private static boolean release(
      Content content, Instant before, Instant now, Connection connection) throws SQLException {
    try (PreparedStatement lock =
            connection.prepareStatement(
                "select from attachment_content where hash = ? for update");
        // A statement of its own: it has to see who came before the lock was given.
        PreparedStatement delete =
            connection.prepareStatement(
                """
                  with gone as (
                    delete from attachment_content c
                    where c.hash = ? and c.used < ?
                      and not exists (select from attachment a where a.hash = c.hash)
                    returning place)
                  insert into attachment_upload (place, begun) select place, ? from gone""")) {
      lock.setBytes(1, content.hash());
      lock.execute();
      delete.setBytes(1, content.hash());
      delete.setObject(2, before.atOffset(ZoneOffset.UTC));
      delete.setObject(3, now.atOffset(ZoneOffset.UTC));
      return delete.executeUpdate() == 1;
    }
  }

  /** Places that were begun before this and are not kept. */
  List<String> leftBehind(Instant before, int limit) {
    return strings(
        "select place from attachment_upload where begun < ? limit ?",
        query -> {
          query.setObject(1, before.atOffset(ZoneOffset.UTC));
          query.setInt(2, limit);
        });
  }

  /** A Binary that is nobody's part. */
  record Unclaimed(String id, int version) {}

  /** Those from before this, of so many rows from where the last call stopped. */
  List<Unclaimed> unclaimed(Instant before, int looked) {
    record Looked(Unclaimed binary, Instant created, long self, boolean unclaimed) {}
    List<Looked> rows =
        query(
            """
            select r.id, r.version, a.created, a.self, coalesce(r.body is not null
              and (r.thread is null
                   or exists (select from resource m where m.self = r.thread and m.body is null)), false)
            from (select self, created from attachment
                  where created < ? and (created, self) > (?, ?) order by created, self limit ?) a
            left join resource r using (self) order by a.created, a.self""",
            query -> {
              query.setObject(1, before.atOffset(ZoneOffset.UTC));
              query.setObject(2, claimedUpTo.atOffset(ZoneOffset.UTC));
              query.setLong(3, claimedSelf);
              query.setInt(4, looked);
            },
            row ->
                new Looked(
                    new Unclaimed(row.getString(1), row.getInt(2)),
                    row.getObject(3, java.time.OffsetDateTime.class).toInstant(),
                    row.getLong(4),
                    row.getBoolean(5)));
    boolean end = rows.size() < looked;
    claimedUpTo = end ? Instant.EPOCH : rows.get(looked - 1).created();
    claimedSelf = end ? 0 : rows.get(looked - 1).self();
    return rows.stream().filter(Looked::unclaimed).map(Looked::binary).toList();
  }

  /** Ids of the Binaries that have these bytes. */
  List<String> having(byte[] hash) {
    return strings(
        "select r.id from attachment a join resource r using (self) where a.hash = ? and r.body is not null",
        query -> query.setBytes(1, hash));
  }

  private interface Setting {
    void on(PreparedStatement statement) throws SQLException;
  }

  private void run(String sql, Setting values) {
    try (Connection connection = database.connection();
        PreparedStatement statement = connection.prepareStatement(sql)) {
      values.on(statement);
      statement.executeUpdate();
    } catch (SQLException e) {
      throw new SqlFailure(e);
    }
  }

  private List<Content> list(String sql, Setting values) {
    return query(sql, values, Contents::content);
  }

  private List<String> strings(String sql, Setting values) {
    return query(sql, values, row -> row.getString(1));
  }

  private interface Row<T> {
    T of(ResultSet row) throws SQLException;
  }

  private <T> List<T> query(String sql, Setting values, Row<T> read) {
    try (Connection connection = database.connection();
        PreparedStatement query = connection.prepareStatement(sql)) {
      values.on(query);
      List<T> found = new ArrayList<>();
      try (ResultSet row = query.executeQuery()) {
        while (row.next()) {
          found.add(read.of(row));
        }
      }
      return found;
    } catch (SQLException e) {
      throw new SqlFailure(e);
    }
  }

  private static Content content(ResultSet row) throws SQLException {
    return new Content(
        row.getBytes(1),
        row.getBytes(2),
        row.getLong(3),
        null,
        row.getString(4),
        Scan.of(row.getString(5)));
  }
}
