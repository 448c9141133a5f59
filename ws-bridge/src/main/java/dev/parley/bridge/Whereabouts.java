// SPDX-License-Identifier: Apache-2.0
package dev.parley.bridge;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.parley.presence.Company;
import dev.parley.presence.Sign;
import dev.parley.presence.Sign.Kind;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who of this process's sockets takes part in presence, and what they are told of others. Only
 * sockets whose client has said that it wants this are told anything: another client, like
 * Medplum's, would take a frame that it does not know for an error.
 */
final class Whereabouts {
  private static final Logger LOG = LoggerFactory.getLogger(Whereabouts.class);

  /** Signs of one socket in five seconds; more are dropped. */
  private static final int MOST = 10;

  private static final long WINDOW_NANOS = 5_000_000_000L;

  /** Answered to somebody who comes. */
  private static final int ANSWERS = 200;

  private final Company company;
  private final Consumer<Sign> send;
  private final Runnable drop;
  private final Map<SocketChannel, Guest> guests = new ConcurrentHashMap<>();

  /** The person of a socket. */
  private static final class Guest {
    final String person;
    volatile Kind state;
    private long windowNanos;
    private int signs;

    Guest(String person) {
      this.person = person;
    }

    synchronized boolean mayNow() {
      long nanos = System.nanoTime();
      if (signs == 0 || nanos - windowNanos > WINDOW_NANOS) {
        windowNanos = nanos;
        signs = 0;
      }
      return ++signs <= MOST;
    }
  }

  /**
   * @param send takes what all processes are to hear
   * @param drop called for each sign that is left out
   */
  Whereabouts(Company company, Consumer<Sign> send, Runnable drop) {
    this.company = company;
    this.send = send;
    this.drop = drop;
  }

  /** What the client of a socket says of its person; OFFLINE ends it. */
  void says(SocketChannel channel, String person, Kind state) {
    if (state == Kind.OFFLINE) {
      gone(channel);
      return;
    }
    Guest guest =
        guests.compute(
            channel,
            (c, known) ->
                known == null || !known.person.equals(person) ? new Guest(person) : known);
    if (channel.isClosed()) {
      gone(channel);
      return;
    }
    if (!guest.mayNow()) {
      drop.run();
      return;
    }
    guest.state = state;
    send.accept(Sign.of(state, person));
  }

  /** Whoever types wants to be told, too. */
  void types(SocketChannel channel, String person, String thread) {
    Guest guest = guests.get(channel);
    if (guest == null || !guest.person.equals(person) || !guest.mayNow()) {
      drop.run();
    } else {
      send.accept(Sign.typing(person, thread));
    }
  }

  void gone(SocketChannel channel) {
    Guest guest = guests.remove(channel);
    if (guest != null && state(guest.person) == null) {
      send.accept(Sign.of(Kind.OFFLINE, guest.person));
    }
  }

  /** Of somebody on this process: online if any of their sockets is; null if none is there. */
  private Kind state(String person) {
    Kind state = null;
    for (Guest each : guests.values()) {
      if (each.person.equals(person) && each.state != null && state != Kind.ONLINE) {
        state = each.state;
      }
    }
    return state;
  }

  /** A sign of any process. */
  void heard(Sign sign) {
    if (guests.isEmpty()) {
      return;
    }
    try {
      if (sign.kind() == Kind.OFFLINE && state(sign.who()) != null) {
        // They have gone elsewhere, and are still here.
        send.accept(Sign.of(state(sign.who()), sign.who()));
        return;
      }
      Set<String> told = audience(sign);
      tell(sign, told);
      if (sign.to() == null && (sign.kind() == Kind.ONLINE || sign.kind() == Kind.AWAY)) {
        answer(sign.who(), told);
      }
    } catch (SQLException e) {
      drop.run();
      LOG.warn("Nobody can be told of a sign now: {}", e.toString());
    }
  }

  private Set<String> audience(Sign sign) throws SQLException {
    Set<String> here = new HashSet<>();
    guests.values().forEach(guest -> here.add(guest.person));
    if (sign.to() != null) {
      here.retainAll(Set.of(sign.to()));
    }
    here.remove(sign.who());
    if (here.isEmpty()) {
      return here;
    }
    if (sign.kind() != Kind.TYPING) {
      return company.sharing(sign.who(), here);
    }
    here.add(sign.who());
    Set<String> inThread = company.inThread(sign.thread(), here);
    return inThread.remove(sign.who()) ? inThread : Set.of();
  }

  /** Who comes is told who is here already. */
  private void answer(String who, Set<String> company) {
    Map<String, Kind> here = new HashMap<>();
    for (String person : company) {
      Kind state = state(person);
      if (state != null && here.size() < ANSWERS) {
        here.put(person, state);
      }
    }
    here.forEach((person, state) -> send.accept(Sign.of(state, person).to(who)));
  }

  private void tell(Sign sign, Set<String> persons) {
    if (persons.isEmpty()) {
      return;
    }
    String frame = frame(sign);
    List<SocketChannel> channels = new ArrayList<>();
    guests.forEach(
        (channel, guest) -> {
          if (persons.contains(guest.person)) {
            channels.add(channel);
          }
        });
    for (SocketChannel channel : channels) {
      if (!channel.hint(frame)) {
        drop.run();
      }
    }
  }

  private static String frame(Sign sign) {
    ObjectNode frame = ClientCommand.JSON.createObjectNode();
    boolean typing = sign.kind() == Kind.TYPING;
    frame.put("type", typing ? "typing" : "presence");
    ObjectNode payload = frame.putObject("payload").put("who", sign.who());
    if (typing) {
      payload.put("thread", sign.thread());
    } else {
      payload.put("state", sign.kind().word());
    }
    return frame.toString();
  }
}
