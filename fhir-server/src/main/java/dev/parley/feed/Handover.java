// SPDX-License-Identifier: Apache-2.0
package dev.parley.feed;

import dev.parley.store.Redaction;
import dev.parley.thread.DaemonThreads;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;

/**
 * Hands what was counted to the bindings, its texts read once for all of them, and wakes their
 * channels in portions, so that the senders share the work and the tail goes on.
 */
final class Handover implements AutoCloseable {
  private static final int WAKE_AT_ONCE = 64;

  /** An event for those who are bound to a subscription. */
  record Delivery(LiveSubscription subscription, Numbered event) {}

  private final Ring ring;
  private final Redaction redaction;
  private final Readership readership;
  private final Clock clock;
  private final Timer delay;
  private final ScheduledExecutorService senders =
      Executors.newScheduledThreadPool(2, new DaemonThreads("parley-send"));

  Handover(
      Ring ring, Redaction redaction, Readership readership, Clock clock, MeterRegistry meters) {
    this.readership = readership;
    this.ring = ring;
    this.redaction = redaction;
    this.clock = clock;
    this.delay =
        Timer.builder("parley.feed.delay")
            .description("from the write to the hand-over to the channels")
            .publishPercentiles(0.5, 0.99)
            .register(meters);
  }

  ScheduledExecutorService senders() {
    return senders;
  }

  /** Whoever cannot be given the texts reads them from the log. */
  void deliver(Connection connection, List<Delivery> deliveries) throws SQLException {
    boolean loaded = false;
    List<Numbered> shown = new ArrayList<>();
    try {
      Set<LoggedEvent> wanted = wanted(deliveries);
      EventTexts.load(connection, wanted);
      ring.weigh(wanted);
      for (Delivery each : deliveries) {
        shown.add(each.event().shown(connection, redaction, each.subscription()));
      }
      shown = own(connection, deliveries, shown);
      loaded = true;
    } finally {
      Set<Channel> ready = new LinkedHashSet<>();
      for (int i = 0; i < deliveries.size(); i++) {
        for (Binding binding : deliveries.get(i).subscription().bindings()) {
          if (loaded) {
            binding.offer(shown.get(i));
          } else {
            binding.lag();
          }
          ready.add(binding.channel());
        }
      }
      wake(ready);
    }
    deliveries.stream().map(d -> d.event().event()).distinct().forEach(this::record);
  }

  /** Each with what is its reader's own; those that nobody waits for are not counted for. */
  private List<Numbered> own(Connection connection, List<Delivery> deliveries, List<Numbered> shown)
      throws SQLException {
    List<Integer> places = new ArrayList<>();
    List<Readership.Asked> asked = new ArrayList<>();
    for (int i = 0; i < shown.size(); i++) {
      LiveSubscription subscription = deliveries.get(i).subscription();
      if (!subscription.bindings().isEmpty() && shown.get(i).hasReaders()) {
        places.add(i);
        asked.add(shown.get(i).asked(subscription));
      }
    }
    if (asked.isEmpty()) {
      return shown;
    }
    List<Readership.Own> own = readership.of(connection, asked);
    List<Numbered> all = new ArrayList<>(shown);
    for (int i = 0; i < places.size(); i++) {
      all.set(places.get(i), all.get(places.get(i)).with(own.get(i)));
    }
    return all;
  }

  private static Set<LoggedEvent> wanted(List<Delivery> deliveries) {
    Set<LoggedEvent> wanted = new LinkedHashSet<>();
    for (Delivery each : deliveries) {
      if (each.subscription().row().content().equals("full-resource")) {
        wanted.add(each.event().event());
      }
    }
    return wanted;
  }

  private void record(LoggedEvent event) {
    Duration since = Duration.between(event.event.at(), clock.instant());
    delay.record(since.isNegative() ? Duration.ZERO : since);
  }

  void wake(Collection<Channel> channels) {
    List<Channel> ready = new ArrayList<>(channels);
    for (int from = 0; from < ready.size(); from += WAKE_AT_ONCE) {
      List<Channel> some = ready.subList(from, Math.min(from + WAKE_AT_ONCE, ready.size()));
      senders.execute(() -> some.forEach(Channel::wake));
    }
  }

  @Override
  public void close() {
    senders.shutdownNow();
  }
}
