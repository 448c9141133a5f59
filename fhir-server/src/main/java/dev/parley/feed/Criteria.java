// SPDX-License-Identifier: Apache-2.0
package dev.parley.feed;

import dev.parley.access.Refusal;
import dev.parley.feed.KeyFilter.Clause;
import dev.parley.store.Change.Kind;
import dev.parley.store.Keys;
import dev.parley.store.References;
import dev.parley.store.ResourceTypes;
import dev.parley.store.SearchParam;
import dev.parley.store.SearchParams;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.LongStream;

/**
 * Turns {@code Type?query} into a filter on index keys. What keys cannot tell (dates, chains,
 * substrings) is refused by name: a subscription that silently never fires is the worst answer.
 */
public final class Criteria {
  private static final Set<String> BROAD = Set.of("status", "category", "priority");

  private final ResourceTypes types;
  private final SearchParams params;
  private final References references;

  public Criteria(ResourceTypes types, SearchParams params, References references) {
    this.types = types;
    this.params = params;
    this.references = references;
  }

  /**
   * The text under which a match is kept: letters of the interactions, then {@code +} if leaving
   * counts, then the query.
   */
  public static String text(String kinds, boolean leaving, String query) {
    return kinds + (leaving ? "+" : "-") + " " + query;
  }

  /**
   * @throws Refusal 422 naming the parameter that cannot be judged when something is written
   */
  public void check(String text) {
    compile(text);
  }

  Match compile(String text) {
    int space = text.indexOf(' ');
    Set<Kind> kinds = EnumSet.noneOf(Kind.class);
    for (char letter : text.substring(0, space - 1).toCharArray()) {
      kinds.add(Kind.of(letter));
    }
    String query = text.substring(space + 1);
    String type = type(query);
    return new Match(types.code(type), type, filter(query), kinds, text.charAt(space - 1) == '+');
  }

  private String type(String query) {
    int mark = query.indexOf('?');
    String type = mark < 0 ? query : query.substring(0, mark);
    if (!types.knows(type)) {
      throw refuse("criteria-type", type + " is not a resource type of R4");
    }
    return type;
  }

  /**
   * The filter of {@code Type?query}.
   *
   * @throws Refusal 422 naming the parameter that keys cannot judge
   */
  public KeyFilter filter(String query) {
    String type = type(query);
    int mark = query.indexOf('?');
    List<Clause> clauses = new ArrayList<>();
    for (String part : mark < 0 ? new String[0] : query.substring(mark + 1).split("&")) {
      if (!part.isEmpty()) {
        int equals = part.indexOf('=');
        if (equals < 0) {
          throw refuse("criteria-syntax", "\"" + part + "\" has no value");
        }
        clauses.add(clause(type, decode(part.substring(0, equals)), part.substring(equals + 1)));
      }
    }
    return new KeyFilter(clauses);
  }

  private Clause clause(String type, String name, String value) {
    int colon = name.indexOf(':');
    String code = colon < 0 ? name : name.substring(0, colon);
    String modifier = colon < 0 ? "" : name.substring(colon + 1);
    List<String> values = split(value);
    if (values.isEmpty()) {
      throw refuse("criteria-syntax", name + " has no value");
    }
    if (code.equals("_id") && modifier.isEmpty()) {
      return new Clause(each(values, id -> Keys.self(type, id)), false, 0);
    }
    SearchParam param =
        Optional.of(code)
            .filter(c -> c.indexOf('.') < 0)
            .flatMap(c -> params.find(type, c))
            .orElseThrow(() -> refuse("criteria-parameter", cannot(type, name)));
    if (modifier.equals("missing")) {
      boolean missing = value.equals("true");
      if (!missing && !value.equals("false")) {
        throw refuse("criteria-value", name + " takes true or false");
      }
      boolean absence = param.presence() == SearchParam.Presence.ABSENT;
      return new Clause(
          new long[] {param.variant("missing") ^ Keys.of(String.valueOf(absence))},
          missing != absence,
          9);
    }
    int rank = BROAD.contains(code) ? 5 : 1;
    return switch (param.kind()) {
      case REFERENCE -> reference(param, name, modifier, values);
      case TOKEN -> {
        if (!modifier.isEmpty() && !modifier.equals("not")) {
          throw refuse("criteria-modifier", cannot(type, name));
        }
        yield new Clause(
            each(values, v -> param.key() ^ Keys.of(token(v))), modifier.equals("not"), rank);
      }
      case URI -> {
        none(type, name, modifier);
        yield new Clause(each(values, v -> param.key() ^ Keys.of(v)), false, rank);
      }
      case STRING -> {
        if (!modifier.equals("exact")) {
          throw refuse("criteria-modifier", cannot(type, name) + "; use " + code + ":exact");
        }
        yield new Clause(each(values, v -> param.variant("exact") ^ Keys.of(v)), false, rank);
      }
      default -> throw refuse("criteria-parameter", cannot(type, name));
    };
  }

  private Clause reference(SearchParam param, String name, String modifier, List<String> values) {
    if (modifier.equals("identifier")) {
      return new Clause(
          each(values, v -> param.variant("identifier") ^ Keys.of(token(v))), false, 1);
    }
    boolean not = modifier.equals("not");
    if (!modifier.isEmpty() && !not && !types.knows(modifier)) {
      throw refuse("criteria-modifier", cannot(param.type(), name));
    }
    List<Long> keys = new ArrayList<>();
    for (String value : values) {
      String typed = modifier.isEmpty() || not ? value : modifier + "/" + value;
      Optional<References.Local> local = references.local(typed);
      if (local.isPresent()) {
        keys.add(param.key() ^ local.get().self());
      } else if (value.indexOf('/') < 0 && value.indexOf(':') < 0) {
        if (param.targets().isEmpty()) {
          throw refuse(
              "criteria-value", name + "=" + value + " does not say which type; use Type/id");
        }
        param.targets().forEach(t -> keys.add(param.key() ^ Keys.self(t, value)));
      } else {
        keys.add(param.key() ^ Keys.of(value));
      }
    }
    return new Clause(keys.stream().mapToLong(Long::longValue).toArray(), not, 1);
  }

  private static void none(String type, String name, String modifier) {
    if (!modifier.isEmpty()) {
      throw refuse("criteria-modifier", cannot(type, name));
    }
  }

  /** Codes compare without case, systems with. */
  private static String token(String value) {
    int bar = value.indexOf('|');
    return value.substring(0, bar + 1) + value.substring(bar + 1).toLowerCase(Locale.ROOT);
  }

  private static long[] each(List<String> values, java.util.function.ToLongFunction<String> key) {
    return values.stream().flatMapToLong(v -> LongStream.of(key.applyAsLong(v))).toArray();
  }

  /** Splits at commas that are not escaped, and takes the escapes away. */
  private static List<String> split(String raw) {
    return Arrays.stream(decode(raw).split("(?<!\\\\),"))
        .map(v -> v.replaceAll("\\\\([,|$\\\\])", "$1").strip())
        .filter(v -> !v.isEmpty())
        .toList();
  }

  private static String decode(String text) {
    try {
      return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw refuse("criteria-syntax", "the criteria are not well encoded");
    }
  }

  private static String cannot(String type, String name) {
    return type
        + "?"
        + name
        + " cannot be judged when a resource is written; see"
        + " docs/features/subscription.md for what can";
  }

  private static Refusal refuse(String reason, String sentence) {
    return Refusal.unprocessable("not-supported", reason, sentence).at("Subscription.criteria");
  }
}
