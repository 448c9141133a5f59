// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import dev.parley.TestDatabase;
import dev.parley.TestServer;
import dev.parley.TestServer.Reply;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Writes that meet: each test holds with a connection of its own what a write has to wait for. */
class WriteRacesTest {
  private static final String MESSAGE =
      """
      {"resourceType":"Communication","status":"completed","sender":{"reference":"Patient/p"},
       "partOf":[{"reference":"Communication/thread"}],"payload":[{"contentString":"Hello"}]}""";
  private static final String WAITING =
      """
      select a.pid from pg_locks l join pg_stat_activity a using (pid)
      where not l.granted and a.datname = current_database()""";
  private static TestServer server;
  private Connection other;

  @BeforeAll
  static void start() {
    server = TestServer.start();
    server.put("Patient/p", "{\"resourceType\":\"Patient\",\"id\":\"p\"}");
    server.put(
        "Communication/thread",
        "{\"resourceType\":\"Communication\",\"id\":\"thread\",\"status\":\"in-progress\"}");
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @BeforeEach
  void connect() throws SQLException {
    other = TestDatabase.connect(server.config());
    other.setAutoCommit(false);
  }

  @AfterEach
  void disconnect() throws SQLException {
    other.rollback();
    other.close();
  }

  private int number(String sql) throws SQLException {
    try (Statement statement = other.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      return row.next() ? row.getInt(1) : 0;
    }
  }

  private void execute(String sql) throws SQLException {
    try (Statement statement = other.createStatement()) {
      statement.execute(sql);
    }
  }

  /** Another writer that holds one key, and so the store's lock with all the others. */
  private void hold(long key) throws SQLException {
    execute("select lock_keys(array[" + key + "], now())");
  }

  private CompletableFuture<Reply> waiting(Supplier<Reply> request) {
    CompletableFuture<Reply> reply = CompletableFuture.supplyAsync(request);
    await().until(() -> number(WAITING) > 0 || reply.isDone());
    assertFalse(reply.isDone(), () -> "it should wait: " + reply.join().body());
    return reply;
  }

  private static Reply large() {
    String entries =
        IntStream.range(0, 2_001)
            .mapToObj(
                i ->
                    "{\"resource\":{\"resourceType\":\"Basic\",\"id\":\"b%1$d\",\"code\":{\"text\":\"x\"}},\"request\":{\"method\":\"PUT\",\"url\":\"Basic/b%1$d\"}}"
                        .formatted(i))
            .collect(Collectors.joining(","));
    return server.post(
        "",
        "{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[" + entries + "]}",
        "Prefer",
        "return=minimal");
  }

  @Test
  void a_write_of_more_than_two_thousand_keys_waits_for_all_others_and_takes_one_lock()
      throws Exception {
    hold(1);
    CompletableFuture<Reply> reply = waiting(WriteRacesTest::large);
    assertEquals(
        0,
        number(
            "select count(*) from pg_locks where locktype = 'advisory' and granted and pid in ("
                + WAITING
                + ")"));
    ;
    other.commit();
    assertEquals(200, reply.get().status(), reply.get().body());
  }

  @Test
  void others_wait_for_a_write_of_more_than_two_thousand_keys() throws Exception {
    execute("select lock_keys(array(select generate_series(1, 2001)::bigint), now())");
    assertEquals(
        1,
        number(
            "select count(*) from pg_locks where pid = pg_backend_pid()"
                + " and locktype = 'advisory'"));
    CompletableFuture<Reply> plain = waiting(() -> server.post("Communication", MESSAGE));
    CompletableFuture<Reply> update =
        waiting(() -> server.put("Patient/p", "{\"resourceType\":\"Patient\",\"id\":\"p\"}"));
    other.commit();
    assertEquals(201, plain.get().status(), plain.get().body());
    assertEquals(200, update.get().status(), update.get().body());
  }

  @Test
  void a_message_that_waited_is_not_older_than_the_one_it_waited_for() throws Exception {
    hold(Keys.self("Communication", "thread"));
    CompletableFuture<Reply> reply = waiting(() -> server.post("Communication", MESSAGE));
    Instant meanwhile = Instant.now();
    await().until(() -> Instant.now().isAfter(meanwhile.plusMillis(20)));
    other.commit();
    Instant updated = Instant.parse(reply.get().json().at("/meta/lastUpdated").asText());
    assertFalse(updated.isBefore(meanwhile), updated + " is before " + meanwhile);
  }

  @Test
  void a_transaction_that_waited_is_not_older_than_what_it_waited_for() throws Exception {
    hold(Keys.self("Patient", "p"));
    CompletableFuture<Reply> reply =
        waiting(() -> server.put("Patient/p", "{\"resourceType\":\"Patient\",\"id\":\"p\"}"));
    Instant meanwhile = Instant.now();
    await().until(() -> Instant.now().isAfter(meanwhile.plusMillis(20)));
    other.commit();
    Instant updated = Instant.parse(reply.get().json().at("/meta/lastUpdated").asText());
    assertFalse(updated.isBefore(meanwhile), updated + " is before " + meanwhile);
  }

  @Test
  void a_write_that_takes_too_long_is_503_and_nothing_is_stored() throws Exception {
    hold(Keys.self("Communication", "thread"));
    CompletableFuture<Reply> reply = waiting(() -> server.post("Communication", MESSAGE));
    int before = number("select count(*) from resource");
    // What statement_timeout does after a minute: the same SQLSTATE.
    execute("select pg_cancel_backend(pid) from (" + WAITING + ") w");
    assertEquals(503, reply.get().status(), reply.get().body());
    assertNotNull(reply.get().header("Retry-After"));
    assertEquals("database-unavailable", reply.get().reason());
    other.commit();
    assertEquals(before, number("select count(*) from resource"));
  }

  @Test
  void a_conditional_update_that_meets_a_create_updates_what_was_created() throws Exception {
    String body =
        "{\"resourceType\":\"Patient\",\"identifier\":[{\"system\":\"urn:race\",\"value\":\"1\"}]}";
    // Whatever of it is percent-encoded: the client here encodes the bar.
    hold(Keys.of("Patient?identifier=urn:race|1"));
    CompletableFuture<Reply> reply =
        waiting(() -> server.put("Patient?identifier=urn:race|1", body));
    String id = server.post("Patient", body).id();
    other.commit();
    assertEquals(200, reply.get().status(), reply.get().body());
    assertEquals(id, reply.get().id());
    assertEquals("2", reply.get().json().at("/meta/versionId").asText());
  }

  @Test
  void a_transaction_with_a_condition_that_somebody_else_meets_is_409() throws Exception {
    String body =
        "{\"resourceType\":\"Patient\",\"identifier\":[{\"system\":\"urn:race\",\"value\":\"2\"}]}";
    hold(Keys.of("Patient?identifier=urn:race|2"));
    CompletableFuture<Reply> reply =
        waiting(
            () ->
                server.post(
                    "",
                    "{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[{\"resource\":"
                        + body
                        + ",\"request\":{\"method\":\"PUT\",\"url\":\"Patient?identifier=urn:race|2\"}}]}"));
    server.post("Patient", body);
    other.commit();
    assertEquals(409, reply.get().status(), reply.get().body());
    assertEquals("busy", reply.get().reason());
  }

  @Test
  void events_of_a_transaction_are_in_the_order_of_its_entries() throws Exception {
    String message =
        "{\"resource\":{\"resourceType\":\"Communication\",\"id\":\"%s\",\"status\":\"completed\"},\"request\":{\"method\":\"%s\",\"url\":\"Communication%s\"}}";
    Reply reply =
        server.post(
            "",
            "{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[%s,%s,%s,%s]}"
                .formatted(
                    message.formatted("", "POST", "").replace("\"id\":\"\",", ""),
                    message.formatted("o1", "PUT", "/o1"),
                    message.formatted("", "POST", "").replace("\"id\":\"\",", ""),
                    message.formatted("o2", "PUT", "/o2")));
    assertEquals(200, reply.status(), reply.body());
    List<String> ids = new ArrayList<>();
    reply
        .json()
        .at("/entry")
        .forEach(e -> ids.add(e.at("/response/location").asText().split("/")[1]));
    List<String> logged = new ArrayList<>();
    try (Statement statement = other.createStatement();
        ResultSet row =
            statement.executeQuery(
                "select id from event where xid = (select max(xid::text::bigint)::text::xid8 from event) order by seq")) {
      while (row.next()) {
        logged.add(row.getString(1));
      }
    }
    assertEquals(ids, logged);
  }
}
