// SPDX-License-Identifier: Apache-2.0
package dev.parley.presence;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A sign of life of somebody. Ids only: it travels as the payload of a NOTIFY.
 *
 * @param who the person, "Practitioner/dr-berg"
 * @param thread in which they type, "Communication/t1"; null for the other kinds
 * @param to whom it is for; null for all who may know
 */
public record Sign(Kind kind, String who, String thread, String to) {
  private static final Pattern REFERENCE =
      Pattern.compile("[A-Z][A-Za-z]{2,63}/[A-Za-z0-9.-]{1,64}");
  private static final String NOBODY = "-";

  /** What is told. */
  public enum Kind {
    TYPING,
    ONLINE,
    AWAY,
    OFFLINE;

    public String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Somebody types in a thread. */
  public static Sign typing(String who, String thread) {
    return new Sign(Kind.TYPING, who, thread, null);
  }

  /** Somebody comes, pauses or goes. */
  public static Sign of(Kind kind, String who) {
    return new Sign(kind, who, null, null);
  }

  /** The same for one person. */
  public Sign to(String person) {
    return new Sign(kind, who, thread, person);
  }

  /** Whether a text has the form of a reference to something of this server. */
  public static boolean isReference(String text) {
    return REFERENCE.matcher(text).matches();
  }

  String text() {
    return kind.word() + " " + who + " " + orNobody(thread) + " " + orNobody(to);
  }

  private static String orNobody(String reference) {
    return reference == null ? NOBODY : reference;
  }

  static Optional<Sign> parse(String text) {
    String[] parts = text.split(" ");
    for (Kind kind : Kind.values()) {
      if (parts.length == 4 && kind.word().equals(parts[0])) {
        return Optional.of(
            new Sign(
                kind,
                parts[1],
                parts[2].equals(NOBODY) ? null : parts[2],
                parts[3].equals(NOBODY) ? null : parts[3]));
      }
    }
    return Optional.empty();
  }
}
