// SPDX-License-Identifier: Apache-2.0
package dev.parley;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.TestServer.Reply;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The curl examples of a page of docs/features, run against a server. A line {@code # 422 reason}
 * below a command is what it answers: the status, and something that stands in it. {@code name=$id}
 * on a line of its own keeps the id of what was created last.
 */
public final class PageExamples {
  private static final Pattern BLOCK = Pattern.compile("```sh\\n(.*?)```", Pattern.DOTALL);
  private static final Pattern WORD =
      Pattern.compile("'([^']*)'|\"((?:[^\"\\\\]|\\\\.)*)\"|(\\\\.|[^\\s'\"])+");

  private final TestServer server;
  private final Map<String, String> variables = new HashMap<>();
  private Reply last;

  /**
   * @param tokens by the name that the page gives them, as "nurse" for $nurse
   */
  public PageExamples(TestServer server, Map<String, String> tokens) {
    this.server = server;
    variables.putAll(tokens);
    variables.put("base", server.base());
  }

  /** Runs them all, in the order of the page; says how many there are. */
  public int run(String feature) {
    int count = 0;
    Matcher block = BLOCK.matcher(page(feature));
    while (block.find()) {
      for (String line :
          block.group(1).replaceAll("\\\\\\n\\s*", " ").split("\\n(?=curl|#|\\w+=)")) {
        if (line.startsWith("curl")) {
          last = curl(words(line.strip()));
          count++;
        } else if (line.startsWith("# ")) {
          expect(line.substring(2).strip());
        } else if (line.matches("\\w+=\\$id\\s*")) {
          variables.put(line.substring(0, line.indexOf('=')), last.id());
        }
      }
    }
    return count;
  }

  private static String page(String feature) {
    try {
      return Files.readString(Path.of("..", "docs", "features", feature + ".md"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void expect(String line) {
    String[] parts = line.split(" ", 2);
    assertEquals(Integer.parseInt(parts[0]), last.status(), last.body());
    if (parts.length > 1) {
      assertTrue(last.body().contains(parts[1]), parts[1] + " is not in " + last.body());
    }
  }

  private List<String> words(String command) {
    List<String> words = new ArrayList<>();
    Matcher word = WORD.matcher(command);
    while (word.find()) {
      words.add(
          word.group(1) != null
              ? word.group(1)
              : filled(
                  word.group(2) != null
                      ? word.group(2).replaceAll("\\\\(.)", "$1")
                      : word.group()));
    }
    return words;
  }

  private String filled(String text) {
    String filled = text;
    for (Map.Entry<String, String> variable : variables.entrySet()) {
      filled = filled.replace("$" + variable.getKey(), variable.getValue());
    }
    return filled;
  }

  private Reply curl(List<String> words) {
    String method = null;
    String url = null;
    String body = null;
    List<String> headers = new ArrayList<>();
    for (int i = 1; i < words.size(); i++) {
      switch (words.get(i)) {
        case "-s" -> {}
        case "-X" -> method = words.get(++i);
        case "-d" -> body = words.get(++i);
        case "-H" -> headers.addAll(List.of(words.get(++i).split(":\\s*", 2)));
        default -> url = words.get(i);
      }
    }
    return server.send(
        method != null ? method : body == null ? "GET" : "POST",
        url,
        body,
        headers.toArray(String[]::new));
  }
}
