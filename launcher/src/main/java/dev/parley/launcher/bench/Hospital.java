// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.bench;

import java.time.Instant;
import java.util.List;

/**
 * What was loaded, by the references the server gave.
 *
 * @param until when the newest loaded message was sent
 */
record Hospital(
    List<String> patients,
    List<String> practitioners,
    List<Thread> threads,
    List<String> messages,
    Instant until) {

  /** A conversation: its first message, and the two who write. */
  record Thread(String root, String patient, String practitioner) {
    /** A new message in it, from one of the two to the other. */
    String message(Random32 random, String tag, Instant sent) {
      boolean fromPatient = random.next() < 0.5;
      return Texts.message(
          random,
          tag,
          patient,
          fromPatient ? patient : practitioner,
          fromPatient ? practitioner : patient,
          root,
          sent,
          Texts.BYTES);
    }
  }

  /** Those who have messages. */
  List<String> writers() {
    return threads.stream().map(Thread::patient).distinct().toList();
  }

  /** The thread in which messages to this practitioner are written. */
  Thread threadOf(String practitioner) {
    return threads.stream()
        .filter(t -> t.practitioner().equals(practitioner))
        .findFirst()
        .orElseThrow();
  }
}
