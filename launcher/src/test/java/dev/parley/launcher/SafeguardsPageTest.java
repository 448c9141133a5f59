// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What docs/safeguards.md names is there. */
class SafeguardsPageTest {
  private static final Pattern NAME = Pattern.compile("`([A-Z]\\w*[a-z]\\w*)`( \\(`(\\w+)`\\))?");

  @Test
  void every_class_and_test_that_the_page_names_is_there() throws IOException {
    Map<String, Path> sources = new HashMap<>();
    try (Stream<Path> files =
        Stream.of("fhir-server", "ws-bridge", "launcher").flatMap(SafeguardsPageTest::files)) {
      files
          .filter(file -> file.toString().endsWith(".java"))
          .forEach(file -> sources.put(file.getFileName().toString().replace(".java", ""), file));
    }
    List<String> missing = new ArrayList<>();
    int tests = 0;
    Matcher named = NAME.matcher(Files.readString(Path.of("../docs/safeguards.md")));
    while (named.find()) {
      tests += named.group(1).endsWith("Test") ? 1 : 0;
      if (named.group().startsWith("`AuditEvent`")) {
        continue;
      }
      Path source = sources.get(named.group(1));
      if (source == null
          || named.group(3) != null
              && !Files.readString(source).contains("void " + named.group(3) + "(")) {
        missing.add(named.group());
      }
    }
    assertEquals(List.of(), missing);
    assertTrue(tests > 20);
  }

  private static Stream<Path> files(String module) {
    try {
      return Files.walk(Path.of("..", module, "src"));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
