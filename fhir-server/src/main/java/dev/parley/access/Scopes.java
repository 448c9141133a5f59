// SPDX-License-Identifier: Apache-2.0
package dev.parley.access;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What a token lets its holder do: SMART scopes, version 1 and 2 (E-5 to E-8). They only delegate:
 * what the person may do by themselves still bounds it (E-11). Words that are no resource scopes
 * ({@code openid}, {@code messaging}) are kept as they are.
 */
public record Scopes(List<Grant> grants, Set<String> words) {
  /** Everything there is, for the server itself and where no login is configured. */
  public static final Scopes ALL =
      new Scopes(List.of(new Grant("system", "*", "cruds", "")), Set.of());

  public static final Scopes NONE = new Scopes(List.of(), Set.of());

  private static final Pattern GRANT =
      Pattern.compile(
          "(patient|user|system)/([A-Z][A-Za-z]+|\\*)\\.(c?r?u?d?s?|read|write|\\*)(\\?\\S+)?");

  /**
   * One resource scope.
   *
   * @param context patient, user or system
   * @param type a resource type, or * for all
   * @param letters of "cruds", at least one
   * @param query search parameters that restrict it, without the question mark; empty for none
   */
  public record Grant(String context, String type, String letters, String query) {
    boolean covers(String wanted, char letter) {
      return (type.equals("*") || type.equals(wanted)) && letters.indexOf(letter) >= 0;
    }

    @Override
    public String toString() {
      return context + "/" + type + "." + letters + (query.isEmpty() ? "" : "?" + query);
    }
  }

  /** Reads what a token says; letters out of order make no scope (E-5). */
  public static Scopes parse(String text) {
    List<Grant> grants = new ArrayList<>();
    Set<String> words = new TreeSet<>();
    for (String word : text == null ? new String[0] : text.trim().split("\\s+")) {
      Matcher matcher = GRANT.matcher(word);
      if (!matcher.matches()) {
        if (!word.isEmpty() && word.indexOf('/') < 0) {
          words.add(word);
        }
      } else if (!matcher.group(3).isEmpty()) {
        grants.add(
            new Grant(
                matcher.group(1),
                matcher.group(2),
                letters(matcher.group(3)),
                matcher.group(4) == null ? "" : matcher.group(4).substring(1)));
      }
    }
    return new Scopes(List.copyOf(grants), Set.copyOf(words));
  }

  /** E-7. */
  private static String letters(String access) {
    return switch (access) {
      case "read" -> "rs";
      case "write" -> "cud";
      case "*" -> "cruds";
      default -> access;
    };
  }

  /** The scopes that let this be done with a type: a union (E-10); empty if it is not allowed. */
  public List<Grant> covering(String type, char letter) {
    return grants.stream().filter(g -> g.covers(type, letter)).toList();
  }

  /** Whether anything of this type may be had in this way: c, r, u, d or s (E-6). */
  public boolean allows(String type, char letter) {
    return grants.stream().anyMatch(g -> g.covers(type, letter));
  }

  /** Whether a word that is no resource scope was granted. */
  public boolean has(String word) {
    return words.contains(word);
  }

  /** As a token would say it. */
  @Override
  public String toString() {
    return String.join(
        " ", Stream.concat(words.stream().sorted(), grants.stream().map(Grant::toString)).toList());
  }
}
