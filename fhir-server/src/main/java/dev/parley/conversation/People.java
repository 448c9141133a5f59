// SPDX-License-Identifier: Apache-2.0
package dev.parley.conversation;

import dev.parley.access.Refusal;
import dev.parley.store.Chart;
import dev.parley.store.Moments;
import dev.parley.store.Participation;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.hl7.fhir.r4.model.CodeType;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.Extension;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.Type;

/**
 * Keeps the extension {@code participant} of a header true to who comes and goes. The server says
 * when; whoever brings somebody in says what they see of the past; nobody opens more of it than
 * they see, and nobody for themselves.
 *
 * @param me who changes it
 * @param now later than every message that is there
 */
record People(Communication before, Communication after, Membership me, Chart chart, Instant now) {

  /** One of the extension, or what it would say. */
  private record Entry(Reference who, Type role, Instant joined, Instant left, boolean late) {
    static Entry of(Extension extension) {
      Participation said = Participation.of(extension).orElseThrow();
      Extension role = extension.getExtensionByUrl("role");
      return new Entry(
          said.who(),
          role == null ? null : role.getValue(),
          said.joined(),
          said.left(),
          said.fromJoined());
    }

    boolean saysNothing() {
      return role == null && joined == null && left == null && !late;
    }

    Entry leftAt(Instant time) {
      return new Entry(who, role, joined, time, late);
    }

    Extension extension() {
      Extension all = new Extension(Participation.URL);
      all.addExtension("who", new Reference(who.getReference()));
      if (role != null) {
        all.addExtension("role", role.copy());
      }
      if (joined != null) {
        all.addExtension("joined", Moments.instant(joined));
      }
      if (left != null) {
        all.addExtension("left", Moments.instant(left));
      }
      all.addExtension("history", new CodeType(late ? Participation.FROM_JOINED : "all"));
      return all;
    }
  }

  /**
   * Rewrites the extension of the new version.
   *
   * @throws Refusal 422 if nobody is left
   */
  void settle() {
    Map<String, Entry> was = entries(before);
    Map<String, Entry> asked = entries(after);
    Map<String, Reference> there = named(Participation.in(before));
    Map<String, Reference> stay = named(after.getRecipient().stream());
    String sender = key(before.getSender());
    Entry ofSender = asked.get(sender);
    if (there.containsKey(sender)
        && !named(before.getRecipient().stream()).containsKey(sender)
        && (ofSender == null || ofSender.left == null)) {
      // Whoever began it is in it without being listed.
      stay.put(sender, there.get(sender));
    }
    if (stay.isEmpty()) {
      throw Refusal.unprocessable(
              "business-rule", "nobody-left", "Somebody has to stay in a thread; close it instead")
          .at("Communication.recipient");
    }
    Map<String, Entry> settled = new LinkedHashMap<>(was);
    stay.forEach(
        (key, who) ->
            settled.put(
                key,
                there.containsKey(key)
                    ? stays(who, was.get(key), asked.get(key))
                    : comes(who, asked.get(key))));
    there.forEach(
        (key, who) -> {
          if (!stay.containsKey(key)) {
            Entry old = was.getOrDefault(key, new Entry(who, null, null, null, false));
            settled.put(key, old.leftAt(now));
          }
        });
    after.getExtension().removeIf(e -> Participation.URL.equals(e.getUrl()));
    settled.values().stream()
        .filter(entry -> !entry.saysNothing())
        .forEach(entry -> after.addExtension(entry.extension()));
  }

  private Entry comes(Reference who, Entry asked) {
    return new Entry(
        who,
        asked == null ? null : asked.role,
        now,
        null,
        asked != null && asked.late || iAmLate());
  }

  private Entry stays(Reference who, Entry was, Entry asked) {
    Entry old = was == null ? new Entry(who, null, null, null, false) : was;
    if (asked == null) {
      return old;
    }
    boolean opened = old.late && !asked.late && !iAmLate();
    return new Entry(who, asked.role, old.joined, null, old.late && !opened);
  }

  /** Whether who changes it sees only a part of it: then others get no more. */
  private boolean iAmLate() {
    return Participation.of(before).stream().anyMatch(p -> p.fromJoined() && me.is(p.who()));
  }

  private Map<String, Entry> entries(Communication thread) {
    Map<String, Entry> entries = new LinkedHashMap<>();
    for (Extension each : thread.getExtensionsByUrl(Participation.URL)) {
      Optional<Participation> said = Participation.of(each);
      said.ifPresent(p -> entries.put(key(p.who()), Entry.of(each)));
    }
    return entries;
  }

  private Map<String, Reference> named(Stream<Reference> people) {
    Map<String, Reference> named = new LinkedHashMap<>();
    people.filter(Reference::hasReference).forEach(who -> named.putIfAbsent(key(who), who));
    return named;
  }

  private String key(Reference who) {
    return chart.local(who).orElse(String.valueOf(who.getReference()));
  }
}
