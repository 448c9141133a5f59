// SPDX-License-Identifier: Apache-2.0
package dev.parley.receipt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.parley.TestDatabase;
import dev.parley.TestServer;
import dev.parley.store.Keys;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class UnreadTest {
  private static final String A = "Practitioner/a";
  private static TestServer server;
  private static Room room;
  private static int people;

  @BeforeAll
  static void start() {
    server = TestServer.withLogin();
    room = new Room(server);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  /** Somebody with nothing unread yet. */
  private static String person() {
    String reference = "Practitioner/reader-" + ++people;
    room.put(reference, "\"active\":true");
    return reference;
  }

  private static String threadOf(String... participants) {
    String id = "of-" + participants[0].substring(participants[0].indexOf('/') + 1);
    room.thread(id, A, participants);
    return id;
  }

  private static String number(int number) {
    return "{\"name\":\"number\",\"valueInteger\":%d}".formatted(number);
  }

  @Test
  void what_others_wrote_is_unread_until_it_is_marked_up_to_there() {
    String reader = person();
    String thread = threadOf(reader, A);
    for (int i = 1; i <= 5; i++) {
      room.say(A, thread, "number " + i);
    }
    room.say(reader, thread, "mine");
    assertEquals(5, room.unread(reader));
    JsonNode marked = room.markRead(reader, thread, number(3));
    assertEquals(3, Room.number(marked, "marked"));
    assertEquals(2, Room.number(marked, "unread"));
    assertEquals(2, Room.number(marked, "all"));
    assertEquals(0, Room.number(room.markRead(reader, thread, number(2)), "marked"));
    assertEquals(2, room.unread(reader));
    assertEquals(2, Room.number(room.markRead(reader, thread), "marked"));
    assertEquals(0, room.unread(reader));
  }

  @Test
  void who_comes_later_reads_nothing_from_before_and_their_clients_hear_none_of_it()
      throws Exception {
    String host = person();
    String late = person();
    String thread = threadOf(host, A);
    String before = room.say(A, thread, "before");
    TestServer.Reply added =
        room.operation(
            host,
            thread,
            "$add-participant",
            "{\"name\":\"who\",\"valueReference\":{\"reference\":\"%s\"}}".formatted(late),
            "{\"name\":\"history\",\"valueCode\":\"from-joined\"}");
    assertEquals(200, added.status(), added.body());
    room.say(A, thread, "after");
    assertEquals(1, Room.number(room.markRead(late, thread), "marked"));
    assertEquals(0, Room.number(room.markRead(late, thread), "unread"));
    assertEquals(200, room.operation(late, thread, "$mark-unread", number(1)).status());
    assertEquals(1, room.unread(late));
    String told =
        "select count(*) from event where self = %d and audience @> array[%d]"
            .formatted(Keys.self("Communication", before), Keys.of(late));
    try (Connection connection = TestDatabase.connect(server.config());
        PreparedStatement query = connection.prepareStatement(told);
        ResultSet row = query.executeQuery()) {
      row.next();
      assertEquals(0, row.getInt(1));
    }
  }

  @Test
  void one_message_is_read_before_the_others() {
    String reader = person();
    String thread = threadOf(reader, A);
    String first = room.say(A, thread, "one");
    String second = room.say(A, thread, "two");
    String third = room.say(A, thread, "three");
    room.markRead(reader, second);
    assertEquals(2, room.unread(reader));
    room.markRead(
        reader,
        thread,
        "{\"name\":\"upTo\",\"valueReference\":{\"reference\":\"Communication/%s\"}}"
            .formatted(third));
    assertEquals(0, room.unread(reader));
    assertTrue(Room.has(room.read(A, first), reader, "read"));
  }

  @Test
  void marked_as_unread_it_counts_again_and_its_sender_still_knows_that_it_was_read() {
    String reader = person();
    String thread = threadOf(reader, A);
    room.say(A, thread, "one");
    String second = room.say(A, thread, "two");
    room.say(A, thread, "three");
    room.markRead(reader, thread);
    assertEquals(200, room.operation(reader, second, "$mark-unread").status());
    assertEquals(1, room.unread(reader));
    assertEquals(200, room.operation(reader, thread, "$mark-unread", number(1)).status());
    assertEquals(3, room.unread(reader));
    assertTrue(Room.has(room.read(A, second), reader, "read"));
    room.markRead(reader, thread);
    assertEquals(0, room.unread(reader));
    assertEquals("from", room.operation(reader, thread, "$mark-unread").reason());
  }

  @Test
  void what_is_recalled_or_deleted_is_not_unread() {
    String reader = person();
    String thread = threadOf(reader, A);
    String first = room.say(A, thread, "one");
    String second = room.say(A, thread, "two");
    room.say(A, thread, "three");
    String recall =
        room.as(A)
            .get("Communication/" + first)
            .body()
            .replace("\"in-progress\"", "\"entered-in-error\"");
    assertEquals(200, room.as(A).put("Communication/" + first, recall).status());
    assertEquals(2, room.unread(reader));
    assertEquals(204, server.asSystem().delete("Communication/" + second).status());
    assertEquals(1, room.unread(reader));
  }

  @Test
  void who_leaves_has_nothing_unread_and_who_comes_by_a_role_has() {
    String reader = person();
    String thread = threadOf(reader, A);
    room.say(A, thread, "one");
    room.thread(thread, A, A);
    assertEquals(0, room.unread(reader));
    String role = "\"practitioner\":{\"reference\":\"" + reader + "\"}";
    room.put("PractitionerRole/r-" + people, role);
    room.thread(thread, A, A, "PractitionerRole/r-" + people);
    assertEquals(1, room.unread(reader));
    // Twice in it is once unread.
    room.thread(thread, A, A, reader, "PractitionerRole/r-" + people);
    assertEquals(1, room.unread(reader));
  }

  @Test
  void who_only_treats_the_patient_has_nothing_unread() {
    String reader = person();
    room.say(A, threadOf(reader, A), "one");
    assertEquals(0, room.unread("Practitioner/gp"));
    assertEquals(0, room.unread("Practitioner/stranger"));
    assertEquals(403, server.asSystem().get("Communication/$unread").status());
  }

  @Test
  void while_many_write_and_read_the_counters_are_those_of_a_recount() throws Exception {
    List<String> readers = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      readers.add(person());
    }
    String thread = threadOf(readers.toArray(String[]::new));
    ExecutorService pool = Executors.newFixedThreadPool(12);
    try {
      List<Callable<Object>> work = new ArrayList<>();
      for (int i = 0; i < 100; i++) {
        String who = readers.get(i % readers.size());
        String other = readers.get((i * 5 + 1) % readers.size());
        int number = 1 + i / 2;
        work.add(() -> room.say(who, thread, "from " + who));
        work.add(
            switch (i % 4) {
              case 0 -> () -> room.operation(other, thread, "$mark-unread", number(number));
              case 1 -> () -> room.markRead(other, thread);
              default -> () -> room.markRead(other, thread, number(number));
            });
      }
      for (Future<Object> each : pool.invokeAll(work)) {
        each.get();
      }
    } finally {
      pool.shutdown();
    }
    for (String reader : readers) {
      assertEquals(recount(reader, thread), room.unread(reader), reader);
    }
  }

  /** Without marks and indexes: every message, looked at. */
  private static int recount(String reader, String thread) throws Exception {
    String sql =
        """
        select count(*) from thread_message m
        where m.thread = ? and m.sender <> ? and not m.gone and not exists (
          select from receipt c where c.message = m.self and c.person = ? and c.read is not null and not c.again)""";
    try (Connection connection = TestDatabase.connect(server.config());
        PreparedStatement query = connection.prepareStatement(sql)) {
      query.setLong(1, Keys.self("Communication", thread));
      query.setLong(2, Keys.of(reader));
      query.setLong(3, Keys.of(reader));
      try (ResultSet row = query.executeQuery()) {
        row.next();
        return row.getInt(1);
      }
    }
  }

  @Test
  void more_people_than_connections_read_at_once() throws Exception {
    try (TestServer small =
        TestServer.withLogin(Map.of("PARLEY_JDBC_CONNECTIONS", "4"), Clock.systemUTC())) {
      Room shift = new Room(small);
      List<String> readers = new ArrayList<>();
      for (int i = 0; i < 12; i++) {
        readers.add("Practitioner/shift-" + i);
        shift.put(readers.get(i), "\"active\":true");
      }
      shift.thread("shift", A, readers.toArray(String[]::new));
      shift.say(A, "shift", "good morning");
      ExecutorService pool = Executors.newFixedThreadPool(12);
      try {
        List<Callable<Object>> work = new ArrayList<>();
        for (int i = 0; i < 48; i++) {
          String who = readers.get(i % 12);
          String what = i < 36 ? "$mark-read" : "$mark-unread";
          work.add(() -> shift.operation(who, "shift", what, number(1)).status());
        }
        for (Future<Object> each : pool.invokeAll(work)) {
          assertEquals(200, each.get());
        }
      } finally {
        pool.shutdown();
      }
    }
  }
}
