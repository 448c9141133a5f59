// SPDX-License-Identifier: Apache-2.0
package dev.parley.feed;

import java.sql.Connection;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Reads along and remembers. */
final class Recorder implements EventTail.Reader {
  final List<Event> events = Collections.synchronizedList(new ArrayList<>());
  volatile Position position = Position.NONE;
  volatile int era;

  @Override
  public Position begin(Connection connection, int currentEra) {
    era = currentEra;
    return position;
  }

  @Override
  public void read(Connection connection, List<Event> page) {
    events.addAll(page);
    position = page.get(page.size() - 1).position();
  }

  List<String> ids() {
    synchronized (events) {
      return events.stream().map(Event::id).toList();
    }
  }
}
