// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.login;

import dev.parley.access.Scopes;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/** Which of the scopes that were asked for are granted: fewer is allowed, more never. */
final class ScopeChoice {
  private static final Set<String> OF_PEOPLE =
      Set.of("openid", "fhirUser", "profile", "offline_access", "online_access");

  private ScopeChoice() {}

  /** What somebody gets who names nothing. */
  static String usual(Set<String> roles) {
    return "openid fhirUser "
        + (roles.contains("analyst") ? "user/*.rs" : "user/*.cruds")
        + (roles.contains("patient") || roles.contains("proxy") ? " launch/patient" : "");
  }

  /**
   * For a person.
   *
   * @param patient whether there is a launch patient
   */
  static String ofPerson(String asked, boolean patient) {
    return filtered(
        asked,
        word ->
            OF_PEOPLE.contains(word)
                || patient && word.equals("launch/patient")
                || isResource(word, "user")
                || patient && isResource(word, "patient"));
  }

  /** For a system, of what it is registered for. */
  static String ofSystem(String asked, String registered) {
    Scopes mine = Scopes.parse(registered);
    return filtered(
        asked,
        word ->
            mine.has(word)
                || isResource(word, "system")
                    && Scopes.parse(word).grants().stream().allMatch(g -> covers(mine, g)));
  }

  private static boolean covers(Scopes mine, Scopes.Grant wanted) {
    return wanted
        .letters()
        .chars()
        .allMatch(
            letter ->
                mine.grants().stream()
                    .filter(g -> g.type().equals("*") || g.type().equals(wanted.type()))
                    .filter(g -> g.query().isEmpty() || g.query().equals(wanted.query()))
                    .anyMatch(g -> g.letters().indexOf(letter) >= 0));
  }

  /**
   * For a refreshed token: some of what was granted before.
   *
   * @throws OAuthError invalid_scope if something else is asked for
   */
  static String narrower(String asked, String granted) {
    if (asked == null) {
      return granted;
    }
    List<String> had = Arrays.asList(granted.split(" "));
    return filtered(
        asked,
        word -> {
          if (!had.contains(word)) {
            throw OAuthError.of("invalid_scope", "the refresh token was not given for " + word);
          }
          return true;
        });
  }

  private static boolean isResource(String word, String context) {
    List<Scopes.Grant> grants = Scopes.parse(word).grants();
    return !grants.isEmpty() && grants.get(0).context().equals(context);
  }

  private static String filtered(String asked, Predicate<String> kept) {
    Set<String> words = new LinkedHashSet<>();
    for (String word : asked.strip().split("\\s+")) {
      if (kept.test(word)) {
        words.add(word);
      }
    }
    if (words.isEmpty()) {
      throw OAuthError.of("invalid_scope", "nothing of what was asked for can be granted");
    }
    return String.join(" ", words);
  }
}
