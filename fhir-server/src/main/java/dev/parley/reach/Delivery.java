// SPDX-License-Identifier: Apache-2.0
package dev.parley.reach;

import dev.parley.config.Setting;
import dev.parley.feature.Tools;
import dev.parley.store.Chart;
import jakarta.mail.MessagingException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends what notes are due. They are taken for a minute before anything is sent, so that no
 * transaction stays open meanwhile; if the process dies, another sends them when it is over.
 */
final class Delivery {
  private static final Logger LOG = LoggerFactory.getLogger(Delivery.class);
  private static final int AT_ONCE = 200;
  private static final int MAILS_AT_ONCE = 30;
  private static final int TRIES = 8;
  private static final Duration LEASE = Duration.ofMinutes(1);
  private static final Duration FIRST_PAUSE = Duration.ofSeconds(10);
  private static final Duration LONGEST_PAUSE = Duration.ofHours(1);

  private final Tools tools;
  private final Outside outside;
  private final WebPush push;
  private final Mail mail;
  private final Addresses addresses;
  private final Duration window;

  Delivery(Tools tools, Outside outside, WebPush push, Mail mail) {
    this.tools = tools;
    this.outside = outside;
    this.push = push;
    this.mail = mail;
    this.addresses = new Addresses(tools.chart());
    this.window = Duration.ofMinutes(tools.config().number(Setting.PARLEY_EMAIL_MINUTES));
  }

  void deliver() {
    tools.database().run(this::deliver);
  }

  private void deliver(Connection connection) throws SQLException {
    List<Note> taken;
    do {
      Instant now = tools.clock().instant();
      taken = NoteTable.take(connection, now, now.plus(LEASE), AT_ONCE);
      List<Note> still = NoteTable.still(connection, taken, now);
      List<Note> others = new ArrayList<>(taken);
      others.removeAll(still);
      NoteTable.done(connection, others);
      pushes(connection, still.stream().filter(n -> !n.isEmail()).toList(), now);
      mails(connection, still.stream().filter(Note::isEmail).toList(), now);
    } while (taken.size() == AT_ONCE);
  }

  private boolean may(Connection connection, String who, String channel) throws SQLException {
    return outside.admitted().test(who)
        && (!Chart.isPatientSide(who) || outside.permission().permits(connection, who, channel));
  }

  private void pushes(Connection connection, List<Note> notes, Instant now) throws SQLException {
    Map<Long, List<Note>> byTarget =
        notes.stream().collect(Collectors.groupingBy(Note::target, Collectors.toList()));
    Map<Long, Push> known =
        PushTable.ofIds(connection, byTarget.keySet()).stream()
            .collect(Collectors.toMap(Push::id, each -> each));
    Map<String, Boolean> allowed = new HashMap<>();
    Map<Push, CompletableFuture<WebPush.Result>> sent = new LinkedHashMap<>();
    for (Map.Entry<Long, List<Note>> each : byTarget.entrySet()) {
      Push target = known.get(each.getKey());
      List<Note> its = each.getValue();
      if (target == null || its.get(0).person() != target.person()) {
        NoteTable.done(connection, its);
        continue;
      }
      if (!allowed.containsKey(target.who())) {
        allowed.put(target.who(), may(connection, target.who(), "app"));
      }
      if (!allowed.get(target.who())) {
        NoteTable.done(connection, its);
      } else if (target.notBefore() != null && target.notBefore().isAfter(now)) {
        NoteTable.postpone(connection, its, target.notBefore());
      } else {
        sent.put(target, push.send(target, its.stream().anyMatch(Note::urgent)));
      }
    }
    for (Map.Entry<Push, CompletableFuture<WebPush.Result>> each : sent.entrySet()) {
      List<Note> its = byTarget.get(each.getKey().id());
      settle(connection, each.getKey(), its, each.getValue().join(), now);
    }
  }

  private static void settle(
      Connection connection, Push target, List<Note> notes, WebPush.Result result, Instant now)
      throws SQLException {
    switch (result.kind()) {
      case SENT -> NoteTable.done(connection, notes);
      case GONE -> {
        PushTable.remove(connection, target.id());
        NoteTable.done(connection, notes);
        LOG.info("push subscription {} is gone: {}", target.id(), result.status());
      }
      case REFUSED -> {
        NoteTable.done(connection, notes);
        LOG.warn("push subscription {} is refused: {}", target.id(), result.status());
      }
      case LATER -> {
        Duration pause = result.after() == null ? pause(notes) : result.after();
        PushTable.rest(connection, target.id(), now.plus(pause));
        again(connection, notes, now.plus(pause), "push subscription " + target.id());
      }
    }
  }

  private static Duration pause(Collection<Note> notes) {
    int tries = notes.stream().mapToInt(Note::tries).max().orElse(1);
    Duration pause = FIRST_PAUSE.multipliedBy(1L << Math.min(Math.max(tries, 1) - 1, 20));
    return pause.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : pause;
  }

  private static void again(Connection connection, List<Note> notes, Instant when, String target)
      throws SQLException {
    List<Note> over = notes.stream().filter(n -> n.tries() >= TRIES).toList();
    if (!over.isEmpty()) {
      LOG.warn("{} was tried {} times", target, TRIES);
      NoteTable.done(connection, over);
    }
    NoteTable.later(connection, notes.stream().filter(n -> n.tries() < TRIES).toList(), when);
  }

  private void mails(Connection connection, List<Note> notes, Instant now) throws SQLException {
    Map<String, List<Note>> byPerson =
        notes.stream()
            .collect(Collectors.groupingBy(Note::who, LinkedHashMap::new, Collectors.toList()));
    int sent = 0;
    for (Map.Entry<String, List<Note>> each : byPerson.entrySet()) {
      if (sent == MAILS_AT_ONCE) {
        // The mail server is slow enough; the others come with the next round.
        NoteTable.postpone(connection, each.getValue(), now);
      } else if (mail(connection, each.getKey(), each.getValue(), now)) {
        sent++;
      }
    }
  }

  /** Whether the mail server was asked. */
  private boolean mail(Connection connection, String who, List<Note> notes, Instant now)
      throws SQLException {
    String address = mail.isThere() ? addresses.of(connection, who, now).orElse(null) : null;
    if (address == null || !may(connection, who, "email")) {
      NoteTable.done(connection, notes);
      return false;
    }
    if (!PreferenceTable.takeEmail(connection, who, now, window)) {
      Instant end = PreferenceTable.emailed(connection, who).plus(window);
      NoteTable.postpone(connection, notes, end);
      return false;
    }
    try {
      mail.send(address, now);
      NoteTable.done(connection, notes);
    } catch (MessagingException e) {
      // Not its message: a mail server's may hold the address.
      LOG.warn("no e-mail to {}: {}", who, e.getClass().getSimpleName());
      PreferenceTable.returnEmail(connection, who);
      again(connection, notes, now.plus(pause(notes)), "an e-mail to " + who);
    }
    return true;
  }
}
