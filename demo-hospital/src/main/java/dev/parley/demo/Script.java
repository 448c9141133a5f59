// SPDX-License-Identifier: Apache-2.0
package dev.parley.demo;

import java.time.LocalTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** One conversation as it was written by hand; the form is explained on top of medicines.txt. */
record Script(
    String id, String patient, String title, Kind kind, List<String> about, List<Line> lines) {
  private static final List<String> FILES =
      List.of("medicines", "results", "children", "diabetes", "hospital");
  private static final Pattern LINE = Pattern.compile("(\\w+) (\\d\\d:\\d\\d)( >\\d+)? (.+)");

  record Kind(String audience, String routing, List<String> flags) {
    boolean is(String flag) {
      return flags.contains(flag);
    }

    boolean staffOnly() {
      return audience.equals("staff-only");
    }
  }

  /** What somebody wrote; answers is the number of an earlier line, or 0. */
  record Line(int day, LocalTime time, String who, int answers, String text) {}

  static List<Script> all() {
    List<Script> scripts = new ArrayList<>();
    for (String file : FILES) {
      String[] parts = Table.text("scripts/" + file + ".txt").split("(?m)^== ");
      Arrays.stream(parts).skip(1).map(Script::parse).forEach(scripts::add);
    }
    return scripts;
  }

  private static Script parse(String text) {
    List<String> rows = text.lines().filter(row -> !row.isBlank()).toList();
    String[] head = rows.get(0).split("\\|", -1);
    List<Line> lines = new ArrayList<>();
    int day = 0;
    for (String row : rows.subList(1, rows.size())) {
      if (row.startsWith("@")) {
        day = Integer.parseInt(row.substring(1));
      } else {
        lines.add(line(day, row));
      }
    }
    Kind kind = new Kind(head[3].strip(), head[4].strip(), List.of(head[6].strip().split("\\s+")));
    List<String> about =
        head[5].strip().equals("-")
            ? List.of()
            : Arrays.stream(head[5].split(";")).map(String::strip).toList();
    return new Script(head[0].strip(), head[1].strip(), head[2].strip(), kind, about, lines);
  }

  private static Line line(int day, String row) {
    Matcher match = LINE.matcher(row);
    if (!match.matches()) {
      throw new IllegalStateException("not a message: " + row);
    }
    int answers = match.group(3) == null ? 0 : Integer.parseInt(match.group(3).substring(2));
    return new Line(
        day, LocalTime.parse(match.group(2)), match.group(1), answers, match.group(4).strip());
  }
}
