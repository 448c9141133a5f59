// SPDX-License-Identifier: Apache-2.0
package dev.parley.find;

import dev.parley.access.Refusal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.Comparator;

/**
 * What is looked for.
 *
 * @param text as people write it
 * @param words the same as tsqueries
 * @param thread "Communication/1", or null
 * @param person who sent or got it, or whom it is about; or null
 * @param from sent then or later; or null
 * @param to sent before that; or null
 * @param file whether it has an attachment; null for either
 * @param window of which messages; or null for the newest
 * @param after the last hit of the page before, in this window; or null
 */
record Question(
    String text,
    Languages.Asked words,
    String thread,
    String person,
    Instant from,
    Instant to,
    Boolean file,
    Window window,
    Place after) {

  /** Messages before this one. */
  record Window(Instant at, long self) {}

  /** A hit's place in the order: by rank, then by time. */
  record Place(double score, Instant at, long self) implements Comparable<Place> {
    @Override
    public int compareTo(Place other) {
      return Comparator.comparingDouble(Place::score)
          .thenComparing(Place::at)
          .thenComparingLong(Place::self)
          .reversed()
          .compare(this, other);
    }
  }

  /** Before all others of a window. */
  static final Place FIRST = new Place(Double.MAX_VALUE, Instant.EPOCH, 0);

  /** Where the next page begins, for a link. It holds no content. */
  record Cursor(Window window, Place after) {
    String text() {
      String text = after.score + " " + after.at + " " + after.self;
      if (window != null) {
        text += " " + window.at + " " + window.self;
      }
      return Base64.getUrlEncoder()
          .withoutPadding()
          .encodeToString(text.getBytes(StandardCharsets.US_ASCII));
    }

    /**
     * @throws Refusal 410 if it is none of ours
     */
    static Cursor of(String text) {
      try {
        String[] parts =
            new String(Base64.getUrlDecoder().decode(text), StandardCharsets.US_ASCII).split(" ");
        return new Cursor(
            parts.length == 3
                ? null
                : new Window(Instant.parse(parts[3]), Long.parseLong(parts[4])),
            new Place(
                Double.parseDouble(parts[0]), Instant.parse(parts[1]), Long.parseLong(parts[2])));
      } catch (RuntimeException e) {
        throw Refusal.of(
            410,
            "not-found",
            "page-link",
            "This page link does not belong to this search; search again");
      }
    }
  }

  /** Older messages, from the best of them. */
  Question before(Window next) {
    return new Question(text, words, thread, person, from, to, file, next, null);
  }

  /** The same, sent before this. */
  Question older(Instant than) {
    return new Question(text, words, thread, person, from, than, file, window, after);
  }

  /** Nothing after this can be found. */
  Instant until() {
    Instant end = to == null ? Instant.MAX : to;
    return window == null || window.at.isAfter(end) ? end : window.at;
  }

  /** Whether it asks for one thread or one person: there are indexes for those. */
  boolean narrow() {
    return thread != null || person != null;
  }
}
