// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.launcher.client.CommandLineKey;
import dev.parley.launcher.client.LocalLogin;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the pages of docs/features tell people to paste, pasted into a shell: see docs/try.md. */
class PagesTest {
  private static final Path PAGES = Path.of("..", "docs", "features");
  private static final Pattern BLOCK = Pattern.compile("(?ms)^```(\\w*)\\n(.*?)^```");
  private static final Pattern ANSWER = Pattern.compile("(?m)^# (\\d{3})(?: (.*))?$");

  /** Stands before curl: keeps what was answered, for {@code answered} to compare. */
  private static final String SHELL =
      """
      set -euo pipefail
      curl() {
        command curl -sS --max-time 60 -D "$kept/head" "$@" | tee "$kept/body"
        grep -a '^HTTP/' "$kept/head" | tail -n 1 | cut -d ' ' -f 2 > "$kept/status"
      }
      answered() {
        if [ "$(cat "$kept/status")" != "$1" ] || ! grep -aqF -e "$2" "$kept/body"; then
          echo "*** wanted $1 $2"; echo "*** was $(cat "$kept/status")"; cat "$kept/body"; exit 1
        fi >&2
      }
      id() { grep -o '"id":"[^"]*"' | head -n 1 | cut -d '"' -f 4; }
      json='Content-Type: application/fhir+json'
      """;

  private static final Map<String, String> PEOPLE =
      Map.of(
          "patient", "patient",
          "nurse", "nurse",
          "physician", "physician",
          "privacy", "privacy-officer");

  @TempDir static Path data;
  private static ParleyProcess parley;
  private static String names;

  @BeforeAll
  static void start() throws Exception {
    parley = ParleyProcess.start("up", "--data", data.toString(), "--port", "0");
    String base = parley.base();
    LocalLogin login = LocalLogin.at("http://" + URI.create(base).getAuthority()).orElseThrow();
    StringBuilder lines = new StringBuilder("base=" + base + "\n");
    for (Map.Entry<String, String> each : PEOPLE.entrySet()) {
      lines.append(header(each.getKey(), login.token(each.getValue(), null).text()));
    }
    lines.append(header("system", login.token(CommandLineKey.SYSTEM, null).text()));
    lines.append(
        header("ehr", login.token(CommandLineKey.SYSTEM, "system/*.cruds messaging").text()));
    names = lines.toString();
  }

  private static String header(String name, String token) {
    return name + "='Authorization: Bearer " + token + "'\n";
  }

  @AfterAll
  static void stop() throws Exception {
    parley.close();
  }

  static List<String> pages() throws IOException {
    try (Stream<Path> files = Files.list(PAGES)) {
      return files
          .map(file -> file.getFileName().toString().replace(".md", ""))
          .filter(page -> !blocks(page, "sh").isEmpty())
          .sorted()
          .toList();
    }
  }

  private static List<String> blocks(String page, String language) {
    return BLOCK
        .matcher(text(page))
        .results()
        .filter(block -> block.group(1).equals(language))
        .map(block -> block.group(2))
        .toList();
  }

  private static String text(String page) {
    try {
      return Files.readString(PAGES.resolve(page + ".md"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @ParameterizedTest
  @MethodSource("pages")
  void the_examples_of_a_page_answer_what_it_says(String page, @TempDir Path folder)
      throws Exception {
    String commands =
        ANSWER
            .matcher(String.join("\n", blocks(page, "sh")))
            .replaceAll(
                answer ->
                    Matcher.quoteReplacement(
                        "answered %s '%s'"
                            .formatted(
                                answer.group(1),
                                answer.group(2) == null
                                    ? ""
                                    : answer.group(2).replace("'", "'\\''"))));
    Path script = folder.resolve("page.sh");
    Files.writeString(script, "kept=" + folder + "\n" + SHELL + names + commands + "\n");
    Process shell =
        new ProcessBuilder("bash", script.toString())
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .start();
    String output = new String(shell.getInputStream().readAllBytes());
    assertEquals(0, shell.waitFor(), page + ": " + output);
  }

  @Test
  void no_page_has_an_example_that_nobody_runs_or_names_nobody_explains() throws IOException {
    for (String page : pages()) {
      assertTrue(text(page).contains("(../try.md)"), page);
      for (String block : blocks(page, "")) {
        assertFalse(block.contains("curl "), page + ": " + block);
      }
    }
  }
}
