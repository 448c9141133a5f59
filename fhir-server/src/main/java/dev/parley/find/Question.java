// SPDX-License-Identifier: Apache-2.0
package dev.parley.find;

import dev.parley.access.Refusal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;

/**
 * What is looked for.
 *
 * @param words a tsquery
 * @param thread "Communication/1", or null
 * @param person who sent or got it, or whom it is about; or null
 * @param from sent then or later; or null
 * @param to sent before that; or null
 * @param file whether it has an attachment; null for either
 * @param after the last hit of the page before; or null
 */
record Question(
    String words,
    String thread,
    String person,
    Instant from,
    Instant to,
    Boolean file,
    Place after) {

  /** A hit's place in the order: by rank, then by time. It holds no content. */
  record Place(double score, Instant at, long self) {
    String text() {
      return Base64.getUrlEncoder()
          .withoutPadding()
          .encodeToString((score + " " + at + " " + self).getBytes(StandardCharsets.US_ASCII));
    }

    /**
     * @throws Refusal 410 if it is none of ours
     */
    static Place of(String text) {
      try {
        String[] parts =
            new String(Base64.getUrlDecoder().decode(text), StandardCharsets.US_ASCII).split(" ");
        return new Place(
            Double.parseDouble(parts[0]), Instant.parse(parts[1]), Long.parseLong(parts[2]));
      } catch (RuntimeException e) {
        throw Refusal.of(
            410,
            "not-found",
            "page-link",
            "This page link does not belong to this search; search again");
      }
    }
  }

  Question after(Place place) {
    return new Question(words, thread, person, from, to, file, place);
  }
}
