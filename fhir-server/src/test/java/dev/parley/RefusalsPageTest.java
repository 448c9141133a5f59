// SPDX-License-Identifier: Apache-2.0
package dev.parley;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** docs/refusals.md has every reason that stands in the sources, and no other. */
class RefusalsPageTest {
  private static final Path SOURCES = Path.of("src/main/java/dev/parley");
  private static final Path PAGE = Path.of("../docs/refusals.md");
  private static final Pattern CALL =
      Pattern.compile(
          "\\bRefusal\\s*\\.(invalid|notSupported|forbidden|notAllowed|conflict|precondition|unprocessable|unavailable|of)\\(");
  private static final Map<String, String> STATUS =
      Map.of(
          "invalid", "400",
          "notSupported", "400",
          "forbidden", "403",
          "notAllowed", "405",
          "conflict", "409",
          "precondition", "412",
          "unprocessable", "422",
          "unavailable", "503");
  private static final String HEAD =
      """
      # Refusals

      Every "no" of Parley is an OperationOutcome with a reason in `details.coding` (`https://parley.dev/fhir/CodeSystem/refusal`) that programs
      may rely on, and a sentence in `details.text` that names the thing and the way out. This page is made from the sources: a test
      compares them. `…` stands for what is named. `not-found` (404), `deleted` (410) and `too-large` (413) are said of everything.

      | reason | status | it says | by |
      |---|---|---|---|
      """;

  private record Said(String status, String sentence, String feature) {}

  @Test
  void the_page_has_every_reason_and_no_other() throws IOException {
    Map<String, Said> reasons = new TreeMap<>();
    try (Stream<Path> files = Files.walk(SOURCES)) {
      for (Path file : files.filter(f -> f.toString().endsWith(".java")).sorted().toList()) {
        collect(file, reasons);
      }
    }
    assertFalse(reasons.isEmpty());
    StringBuilder page = new StringBuilder(HEAD);
    reasons.forEach(
        (reason, said) ->
            page.append(
                "| `%s` | %s | %s | %s |%n"
                    .formatted(
                        reason,
                        said.status(),
                        said.sentence().isEmpty() ? "…" : said.sentence(),
                        link(said.feature()))));
    Path made = Path.of("target/refusals.md");
    Files.createDirectories(made.getParent());
    Files.writeString(made, page);
    String now = Files.exists(PAGE) ? Files.readString(PAGE) : "";
    assertEquals(page.toString(), now, "cp fhir-server/target/refusals.md docs/refusals.md");
  }

  private static String link(String feature) {
    return Files.exists(Path.of("../docs/features", feature + ".md"))
        ? "[%s](features/%s.md)".formatted(feature, feature)
        : feature;
  }

  private static void collect(Path file, Map<String, Said> reasons) throws IOException {
    String source = Files.readString(file);
    Matcher call = CALL.matcher(source);
    while (call.find()) {
      List<String> arguments = arguments(source, call.end());
      String method = call.group(1);
      int at = method.equals("of") ? 2 : method.equals("unprocessable") ? 1 : 0;
      if (arguments.size() < at + 2) {
        continue;
      }
      String status = method.equals("of") ? arguments.get(0) : STATUS.get(method);
      reason(arguments.get(at), source)
          .ifPresent(
              reason ->
                  reasons.merge(
                      reason,
                      new Said(
                          status,
                          sentence(arguments.get(at + 1)),
                          file.getParent().getFileName().toString()),
                      RefusalsPageTest::both));
    }
  }

  private static Said both(Said one, Said other) {
    boolean known = List.of(one.status().split(", ")).contains(other.status());
    String status = known ? one.status() : one.status() + ", " + other.status();
    return new Said(
        status, one.sentence().isEmpty() ? other.sentence() : one.sentence(), one.feature());
  }

  /** A literal, or a constant of the same file. */
  private static Optional<String> reason(String argument, String source) {
    Matcher literal = Pattern.compile("\"([a-z0-9-]+)\"").matcher(argument);
    if (literal.matches()) {
      return Optional.of(literal.group(1));
    }
    return Pattern.compile("String " + Pattern.quote(argument) + "\\s*=\\s*\"([a-z0-9-]+)\"")
        .matcher(source)
        .results()
        .map(constant -> constant.group(1))
        .findFirst();
  }

  /** What stands in quotes, with a … for each thing that is filled in. */
  private static String sentence(String argument) {
    List<String> parts =
        Pattern.compile("\"((?:[^\"\\\\]|\\\\.)*)\"")
            .matcher(argument.replaceAll("(?s)\\.formatted\\(.*", ""))
            .results()
            .map(MatchResult::group)
            .map(part -> part.substring(1, part.length() - 1))
            .toList();
    String glued = argument.replaceAll("(?s)\"(?:[^\"\\\\]|\\\\.)*\"", "§");
    StringBuilder text = new StringBuilder();
    int next = 0;
    for (String piece : glued.replaceAll("(?s)\\.formatted\\(.*", "").split("\\+")) {
      text.append(piece.contains("§") && next < parts.size() ? parts.get(next++) : "…");
    }
    return text.toString()
        .strip()
        .replaceAll("%[sd]", "…")
        .replace("%%", "%")
        .replace("\\\"", "\"")
        .replace("|", "\\|");
  }

  /** The arguments of a call as they are written. */
  private static List<String> arguments(String source, int from) {
    List<String> arguments = new ArrayList<>();
    int depth = 0;
    int start = from;
    boolean quoted = false;
    for (int i = from; i < source.length(); i++) {
      char c = source.charAt(i);
      if (quoted) {
        if (c == '\\') {
          i++;
        } else if (c == '"') {
          quoted = false;
        }
      } else if (c == '"') {
        quoted = true;
      } else if (c == '(') {
        depth++;
      } else if (c == ')' && depth == 0 || c == ',' && depth == 0) {
        arguments.add(source.substring(start, i).strip());
        start = i + 1;
        if (c == ')') {
          return arguments;
        }
      } else if (c == ')') {
        depth--;
      }
    }
    return arguments;
  }
}
