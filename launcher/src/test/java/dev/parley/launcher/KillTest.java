// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.config.Setting;
import dev.parley.launcher.client.FhirClient;
import dev.parley.launcher.client.LiveFeed;
import dev.parley.launcher.client.Login;
import dev.parley.launcher.client.Watch;
import dev.parley.launcher.postgres.LocalPostgres;
import dev.parley.launcher.postgres.Postmaster;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Promises 1 and 2: what was acknowledged is kept and delivered, whatever is killed. */
class KillTest {
  private static final int WRITES = 200;
  @TempDir Path data;

  @Test
  void a_killed_server_loses_no_acknowledged_write_and_no_notification() throws Exception {
    killServer(1);
  }

  @Test
  void a_killed_postgres_loses_no_acknowledged_write_and_no_notification() throws Exception {
    killPostgres(1);
  }

  @Test
  @Tag("long")
  void ten_killed_servers_lose_nothing() throws Exception {
    killServer(10);
  }

  @Test
  @Tag("long")
  void ten_killed_postgres_lose_nothing() throws Exception {
    killPostgres(10);
  }

  private void killServer(int rounds) throws Exception {
    String port = String.valueOf(freePort());
    ParleyProcess parley = ParleyProcess.up(data, port);
    String base = parley.base();
    Writers.prepare(base);
    try (Follower follower = new Follower(base)) {
      Set<String> acknowledged = new HashSet<>();
      for (int round = 0; round < rounds; round++) {
        Writers writers = Writers.start(base);
        await().atMost(Duration.ofMinutes(1)).until(() -> writers.count() > WRITES);
        parley.kill();
        acknowledged.addAll(writers.stop());
        parley = ParleyProcess.up(data, port);
        parley.base();
      }
      everythingIsThere(acknowledged, follower);
      everyPushIsInTheTrail(follower);
    } finally {
      parley.close();
    }
  }

  private void killPostgres(int rounds) throws Exception {
    try (ParleyProcess parley = ParleyProcess.up(data, "0")) {
      String base = parley.base();
      Writers.prepare(base);
      try (Follower follower = new Follower(base);
          Writers writers = Writers.start(base)) {
        for (int round = 0; round < rounds; round++) {
          int before = writers.count();
          await().atMost(Duration.ofMinutes(1)).until(() -> writers.count() > before + WRITES);
          long pid = Postmaster.of(data.resolve("postgres")).orElseThrow().pid();
          ProcessHandle.of(pid).orElseThrow().destroyForcibly();
          int killed = writers.count();
          // It takes writes again, by itself.
          await().atMost(Duration.ofMinutes(1)).until(() -> writers.count() > killed + WRITES);
        }
        everythingIsThere(writers.stop(), follower);
      }
    }
  }

  private void everythingIsThere(Set<String> acknowledged, Follower follower) throws SQLException {
    Set<String> stored = stored();
    Set<String> lost = new HashSet<>(acknowledged);
    lost.removeAll(stored);
    assertTrue(lost.isEmpty(), () -> lost.size() + " of " + acknowledged.size() + " lost");
    await().atMost(Duration.ofMinutes(1)).until(() -> follower.numbers.size() >= stored.size());
    assertEquals(
        LongStream.rangeClosed(1, stored.size()).boxed().toList(), List.copyOf(follower.numbers));
    assertEquals(stored, Set.copyOf(follower.ids));
  }

  /** Also of what left in the moment before the server was killed. */
  private void everyPushIsInTheTrail(Follower follower) {
    await()
        .atMost(Duration.ofMinutes(1))
        .untilAsserted(
            () -> {
              Set<String> missing = new HashSet<>(follower.ids);
              missing.removeAll(
                  ids(
                      "select id from audit where action = 'push' union select id from audit_inbox where action = 'push'"));
              assertEquals(Set.of(), missing);
            });
  }

  private Set<String> stored() throws SQLException {
    return ids(
        "select r.id from resource r join resource_type t on t.code = r.type where t.name = 'Communication'");
  }

  private Set<String> ids(String sql) throws SQLException {
    var access = LocalPostgres.running(data).orElseThrow();
    try (Connection connection =
            DriverManager.getConnection(
                access.get(Setting.PARLEY_JDBC_URL),
                access.get(Setting.PARLEY_JDBC_USER),
                access.get(Setting.PARLEY_JDBC_PASSWORD));
        ResultSet rows = connection.createStatement().executeQuery(sql)) {
      Set<String> ids = new HashSet<>();
      while (rows.next()) {
        ids.add(rows.getString(1));
      }
      return ids;
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  /** Somebody who watches all the while, through every break. */
  private static final class Follower implements AutoCloseable {
    private final List<Long> numbers = new CopyOnWriteArrayList<>();
    private final List<String> ids = new CopyOnWriteArrayList<>();
    private final Thread thread;

    Follower(String base) {
      LiveFeed feed =
          LiveFeed.open(
              new FhirClient(base, Login.local(base, "system")),
              new Watch.Topic("communication", List.of("recipient=Practitioner/reader")),
              line -> {});
      thread =
          new Thread(
              () -> {
                try {
                  feed.follow(
                      () -> {},
                      (frame, event) -> {
                        ids.add(event.focus().replace("Communication/", ""));
                        return numbers.add(event.number());
                      });
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                }
              },
              "follower");
      thread.start();
    }

    @Override
    public void close() throws InterruptedException {
      thread.interrupt();
      thread.join();
    }
  }
}
