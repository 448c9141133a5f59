// SPDX-License-Identifier: Apache-2.0
package dev.parley.reach;

import dev.parley.duty.Away;
import dev.parley.duty.Duty;
import dev.parley.feature.Tools;
import dev.parley.store.Chart;
import dev.parley.store.Keys;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Decides who is told of what, in which way and when: takes messages, leaves notes. */
final class Telling {
  private static final int AT_ONCE = 200;

  private final Tools tools;
  private final Duty duty;
  private final DueTable table;
  private final Duration grace;
  private final boolean mail;
  private final Duration unread;

  /**
   * @param grace how long a message may be on its way to an open client
   * @param mail whether there is a mail server
   * @param unread how long a patient may take to read a message
   */
  Telling(Tools tools, Duty duty, Duration grace, boolean mail, Duration unread) {
    this.tools = tools;
    this.duty = duty;
    this.table = new DueTable(tools.references());
    this.grace = grace;
    this.mail = mail;
    this.unread = unread;
  }

  /** All that is due, some at a time: each transaction is short, because the feed waits for it. */
  void tell() {
    tools.database().run(this::tell);
  }

  private void tell(Connection connection) throws SQLException {
    Instant now = tools.clock().instant();
    connection.setAutoCommit(false);
    List<Due> taken;
    do {
      taken = table.take(connection, now.minus(grace), AT_ONCE);
      NoteTable.put(connection, notes(connection, taken, now));
      UnreadTable.watch(connection, taken, unread);
      connection.commit();
    } while (taken.size() == AT_ONCE);
  }

  private List<Note> notes(Connection connection, Collection<Due> messages, Instant now)
      throws SQLException {
    List<Due.Hearer> hearers = DueTable.hearers(connection, messages, now);
    Set<Long> persons = hearers.stream().map(Due.Hearer::person).collect(Collectors.toSet());
    Map<Long, Preference> preferences = PreferenceTable.of(connection, persons);
    Map<Long, List<Push>> pushes =
        PushTable.ofPersons(connection, persons).stream()
            .collect(Collectors.groupingBy(Push::person));
    Map<Long, Due> byMessage =
        messages.stream().collect(Collectors.toMap(Due::message, each -> each));
    Map<Long, Instant> free = new HashMap<>();
    List<Note> notes = new ArrayList<>();
    for (Due.Hearer hearer : hearers) {
      Due due = byMessage.get(hearer.message());
      Preference preference = preferences.getOrDefault(hearer.person(), Preference.USUAL);
      List<Push> its = pushes.getOrDefault(hearer.person(), List.of());
      List<Long> targets = targets(hearer, preference, its);
      if (targets.isEmpty()
          || hearer.muted() && !due.urgent() && !due.mentions().contains(hearer.person())) {
        continue;
      }
      Instant when = now;
      if (!due.urgent()) {
        if (!free.containsKey(hearer.person())) {
          free.put(hearer.person(), free(connection, hearer.who(), preference, now));
        }
        when = free.get(hearer.person());
      }
      for (long target : targets) {
        notes.add(
            new Note(
                hearer.person(), hearer.who(), hearer.message(), target, due.urgent(), when, 0));
      }
    }
    return notes;
  }

  private List<Long> targets(Due.Hearer hearer, Preference preference, List<Push> pushes) {
    List<Long> targets = new ArrayList<>();
    if (preference.push()) {
      pushes.forEach(push -> targets.add(push.id()));
    }
    if (mail && preference.email(Chart.isPatientSide(hearer.who()), !pushes.isEmpty())) {
      targets.add(Note.EMAIL);
    }
    return targets;
  }

  /** When somebody may be told of what can wait. */
  private Instant free(Connection connection, String who, Preference preference, Instant now)
      throws SQLException {
    Optional<Away> away =
        who.startsWith("Practitioner/") ? duty.away(connection, who, now) : Optional.empty();
    return preference.awake(away.map(Away::until).orElse(now));
  }

  /** Tells people of a Task at once, whatever they have muted. */
  void alarm(Connection connection, long task, Collection<String> people) throws SQLException {
    Instant now = tools.clock().instant();
    Map<Long, String> persons = people.stream().collect(Collectors.toMap(Keys::of, who -> who));
    Map<Long, Preference> preferences = PreferenceTable.of(connection, persons.keySet());
    Map<Long, List<Push>> pushes =
        PushTable.ofPersons(connection, persons.keySet()).stream()
            .collect(Collectors.groupingBy(Push::person));
    List<Note> notes = new ArrayList<>();
    persons.forEach(
        (person, who) -> {
          Due.Hearer hearer = new Due.Hearer(task, person, who, false);
          Preference preference = preferences.getOrDefault(person, Preference.USUAL);
          for (long target : targets(hearer, preference, pushes.getOrDefault(person, List.of()))) {
            notes.add(new Note(person, who, task, target, true, now, 0));
          }
        });
    NoteTable.put(connection, notes);
  }
}
