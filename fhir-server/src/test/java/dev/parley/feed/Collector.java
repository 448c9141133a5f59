// SPDX-License-Identifier: Apache-2.0
package dev.parley.feed;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A channel that takes what it is given, when it is told to read. */
final class Collector implements Channel {
  final List<Long> numbers = new CopyOnWriteArrayList<>();
  final List<String> ids = new CopyOnWriteArrayList<>();
  final List<String> notices = new CopyOnWriteArrayList<>();
  volatile boolean reading = true;
  volatile String ended;
  private Binding binding;

  /** Joins after the given number. */
  static Collector join(Feed feed, String id, long after, boolean reading) {
    return join(feed, feed.find(id).orElseThrow(), after, reading);
  }

  static Collector join(Feed feed, LiveSubscription subscription, long after, boolean reading) {
    Collector collector = new Collector();
    collector.reading = reading;
    synchronized (collector) {
      collector.binding = feed.bind(subscription, collector, new ClassicDialect(), after);
    }
    collector.wake();
    return collector;
  }

  @Override
  public synchronized void wake() {
    if (binding == null || !reading) {
      return;
    }
    for (Notification n = binding.next(); n != null; n = binding.next()) {
      numbers.add(n.upTo().number());
      ids.add(
          n.last().event().reference().substring(n.last().event().reference().indexOf('/') + 1));
    }
    String notice = binding.notice();
    if (notice != null) {
      notices.add(notice);
      wake();
    }
  }

  void read() {
    reading = true;
    wake();
  }

  void leave(Feed feed) {
    feed.unbind(binding);
  }

  @Override
  public void ended(Binding gone, String why) {
    ended = String.valueOf(why);
  }
}
