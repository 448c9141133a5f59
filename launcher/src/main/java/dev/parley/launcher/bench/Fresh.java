// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.bench;

import java.io.IOException;
import java.net.URI;
import java.time.Instant;

/** Whether a message that was answered 201 is in the next page of its thread, every time. */
final class Fresh {
  private Fresh() {}

  static Result measure(URI base, Hospital hospital, int times) throws IOException {
    Random32 random = new Random32((int) System.nanoTime());
    int missed = 0;
    int errors = 0;
    try (Wire writer = new Wire(base);
        Wire reader = new Wire(base)) {
      for (int i = 0; i < times; i++) {
        Hospital.Thread thread = random.pick(hospital.threads());
        String tag = "fresh-" + System.nanoTime();
        String message = thread.message(random, tag, Instant.now());
        if (writer.send("POST", "Communication", message).status() != 201) {
          errors++;
        } else if (!reader.get(Works.threadPage(thread)).body().contains(tag)) {
          missed++;
        }
      }
    }
    return new Result("fresh", "Parley")
        .put("times", times)
        .put("missed", missed)
        .put("errors", errors);
  }
}
