// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.bench;

import dev.parley.config.Config;
import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The limit of the same PostgreSQL: each message as one row with four indexes beside the primary
 * key, inserted by bare JDBC into a schema of the benchmark's own.
 */
final class RawTable implements AutoCloseable {
  private static final String INSERT =
      "insert into parley_bench.message (id, sender, recipient, thread, sent, body) values (?, ?, ?, ?, ?, ?::jsonb)";

  private final Config database;
  private final Hospital hospital;
  private final AtomicLong id = new AtomicLong();

  RawTable(Config database, Hospital hospital) throws SQLException {
    this.database = database;
    this.hospital = hospital;
    execute(
        """
        drop schema if exists parley_bench cascade;
        create schema parley_bench;
        create table parley_bench.message (
          id bigint primary key, sender int not null, recipient int not null, thread int not null,
          sent timestamptz not null, body jsonb not null);
        create index on parley_bench.message (sender, sent);
        create index on parley_bench.message (recipient, sent);
        create index on parley_bench.message (thread, sent);
        create index on parley_bench.message (sent);
        """);
  }

  /** One row in a transaction of its own, as often as asked. */
  Contender inserts(long postmaster) {
    return new Contender("JDBC insert", number -> new Rows(number, 1), 0, postmaster);
  }

  /** Rows in transactions of the size of a bundle. */
  Contender batches(long postmaster) {
    return new Contender("JDBC batches", number -> new Rows(number, Loading.BUNDLE), 0, postmaster);
  }

  private final class Rows implements Work.Client {
    private final Connection connection;
    private final PreparedStatement insert;
    private final Random32 random;
    private final int batch;

    Rows(int number, int batch) throws SQLException {
      this.connection = Postgres.connect(database);
      this.connection.setAutoCommit(batch == 1);
      this.insert = connection.prepareStatement(INSERT);
      this.random = new Random32(number);
      this.batch = batch;
    }

    @Override
    public String once() throws SQLException {
      for (int i = 0; i < batch; i++) {
        int thread = random.below(hospital.threads().size());
        long own = id.incrementAndGet();
        Instant now = Instant.now();
        insert.setLong(1, own);
        insert.setInt(2, random.below(500));
        insert.setInt(3, random.below(500));
        insert.setInt(4, thread);
        insert.setTimestamp(5, Timestamp.from(now));
        insert.setString(6, hospital.threads().get(thread).message(random, "raw-" + own, now));
        if (batch > 1) {
          insert.addBatch();
        }
      }
      if (batch == 1) {
        return insert.executeUpdate() == 1 ? null : "no row";
      }
      insert.executeBatch();
      connection.commit();
      return null;
    }

    @Override
    public void close() {
      try {
        connection.close();
      } catch (SQLException e) {
        // The server ends what is left.
      }
    }
  }

  private void execute(String sql) throws SQLException {
    try (Connection connection = Postgres.connect(database);
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  @Override
  public void close() throws IOException {
    try {
      execute("drop schema if exists parley_bench cascade");
    } catch (SQLException e) {
      throw new IOException("the schema parley_bench could not be dropped", e);
    }
  }
}
