// SPDX-License-Identifier: Apache-2.0
package dev.parley.feed;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.parley.store.Change;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class RingTest {
  private static final Position START = Position.before(1, 1);
  private final Ring ring = new Ring(4, 1_000);

  private static LoggedEvent event(long xid) {
    long[] none = {};
    return new LoggedEvent(
        new Event(
            new Position(1, xid, 1),
            Instant.EPOCH,
            xid,
            null,
            1,
            (short) 1,
            Change.Kind.CREATE,
            "e" + xid,
            none,
            none,
            none),
        "Communication");
  }

  private static List<String> ids(List<LoggedEvent> events) {
    return events.stream().map(e -> e.event.id()).toList();
  }

  private void fill(int from, int to) {
    for (int i = from; i <= to; i++) {
      ring.add(event(i));
    }
  }

  @Test
  void it_holds_the_latest() {
    ring.reset(START);
    fill(1, 6);
    assertNull(ring.between(START, new Position(1, 6, 1)));
    assertEquals(
        List.of("e3", "e4", "e5", "e6"),
        ids(ring.between(new Position(1, 2, 1), new Position(1, 6, 1))));
  }

  @Test
  void long_texts_push_out_the_oldest() {
    ring.reset(START);
    LoggedEvent first = event(1);
    ring.add(first);
    LoggedEvent second = event(2);
    ring.add(second);
    fill(3, 3);
    first.json = "x".repeat(100);
    second.json = "x".repeat(450);
    ring.weigh(List.of(first, second));
    assertNull(ring.between(START, new Position(1, 3, 1)));
    assertEquals(
        List.of("e2", "e3"), ids(ring.between(new Position(1, 1, 1), new Position(1, 3, 1))));
    // Room again for short ones: what has left is not counted any more.
    ring.weigh(List.of(first));
    fill(4, 5);
    assertEquals(4, ring.between(new Position(1, 1, 1), new Position(1, 5, 1)).size());
  }

  @Test
  void events_that_are_read_again_are_held_once() {
    ring.reset(START);
    fill(1, 3);
    fill(2, 4);
    assertEquals(List.of("e1", "e2", "e3", "e4"), ids(ring.between(START, new Position(1, 4, 1))));
  }
}
