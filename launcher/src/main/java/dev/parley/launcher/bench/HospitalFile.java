// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** What was loaded, as lines of a file: a word and references. */
final class HospitalFile {
  private HospitalFile() {}

  static void write(Path file, Hospital hospital) throws IOException {
    List<String> lines = new ArrayList<>();
    lines.add("until " + hospital.until());
    hospital.patients().forEach(p -> lines.add("patient " + p));
    hospital.practitioners().forEach(p -> lines.add("practitioner " + p));
    hospital
        .threads()
        .forEach(t -> lines.add("thread " + t.root() + " " + t.patient() + " " + t.practitioner()));
    hospital.messages().forEach(m -> lines.add("message " + m));
    Files.write(file, lines);
  }

  static Hospital read(Path file) throws IOException {
    List<String> patients = new ArrayList<>();
    List<String> practitioners = new ArrayList<>();
    List<Hospital.Thread> threads = new ArrayList<>();
    List<String> messages = new ArrayList<>();
    Instant until = null;
    for (String line : Files.readAllLines(file)) {
      String[] words = line.split(" ");
      switch (words[0]) {
        case "until" -> until = Instant.parse(words[1]);
        case "patient" -> patients.add(words[1]);
        case "practitioner" -> practitioners.add(words[1]);
        case "thread" -> threads.add(new Hospital.Thread(words[1], words[2], words[3]));
        default -> messages.add(words[1]);
      }
    }
    return new Hospital(patients, practitioners, threads, messages, until);
  }
}
