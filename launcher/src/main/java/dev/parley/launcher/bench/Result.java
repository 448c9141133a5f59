// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.bench;

import java.util.LinkedHashMap;
import java.util.Map;

/** One line of the report: what one contender did in one row. */
final class Result {
  private final String row;
  private final String who;
  private final Map<String, Object> figures = new LinkedHashMap<>();

  Result(String row, String who) {
    this.row = row;
    this.who = who;
  }

  Result put(String figure, Object value) {
    if (value != null) {
      figures.put(figure, value);
    }
    return this;
  }

  String row() {
    return row;
  }

  String who() {
    return who;
  }

  /** A figure as a number, or null if it was not measured. */
  Double number(String figure) {
    return figures.get(figure) instanceof Number number ? number.doubleValue() : null;
  }

  Map<String, Object> figures() {
    return figures;
  }

  /** "per_s 1563, p50_ms 9.8, ...". */
  String words() {
    StringBuilder words = new StringBuilder();
    figures.forEach(
        (name, value) ->
            words.append(words.isEmpty() ? "" : ", ").append(name).append(' ').append(text(value)));
    return words.toString();
  }

  String json(String at) {
    StringBuilder json = new StringBuilder();
    json.append("{\"at\":\"").append(at).append("\",\"row\":\"").append(row);
    json.append("\",\"who\":\"").append(who).append('"');
    figures.forEach(
        (name, value) -> {
          json.append(",\"").append(name).append("\":");
          if (value instanceof Number) {
            json.append(text(value));
          } else {
            json.append('"').append(quoted(value.toString())).append('"');
          }
        });
    return json.append('}').toString();
  }

  private static String quoted(String text) {
    return text.replace("\\", "\\\\").replace("\"", "\\\"").replaceAll("[\\x00-\\x1f]", " ");
  }

  static String text(Object value) {
    if (!(value instanceof Double number)) {
      return String.valueOf(value);
    }
    double size = Math.abs(number);
    return (size >= 100 ? "%.0f" : size >= 10 ? "%.1f" : size >= 1 ? "%.2f" : "%.3f")
        .formatted(number);
  }
}
