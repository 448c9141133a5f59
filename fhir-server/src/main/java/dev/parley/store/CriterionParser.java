// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import dev.parley.access.Refusal;
import dev.parley.store.Criterion.Modifier;
import dev.parley.store.References.Local;
import dev.parley.store.SearchParam.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads {@code name[:modifier]=values}, chains and {@code _has} included. */
final class CriterionParser {
  private static final Map<String, Modifier> MODIFIERS =
      Map.ofEntries(
          Map.entry("exact", Modifier.EXACT),
          Map.entry("contains", Modifier.CONTAINS),
          Map.entry("text", Modifier.TEXT),
          Map.entry("not", Modifier.NOT),
          Map.entry("above", Modifier.ABOVE),
          Map.entry("below", Modifier.BELOW),
          Map.entry("in", Modifier.IN),
          Map.entry("not-in", Modifier.NOT_IN),
          Map.entry("of-type", Modifier.OF_TYPE),
          Map.entry("ofType", Modifier.OF_TYPE),
          Map.entry("identifier", Modifier.IDENTIFIER));

  /** Links of a chain or of nested {@code _has}, and types that it may branch into. */
  private static final int LINKS = 5;

  private static final int BRANCHES = 60;

  private static final List<String> COMMON =
      List.of("_id", "_lastUpdated", "_tag", "_profile", "_security", "_source");

  /** A parameter that is not known: refused or ignored, as the client wants it. */
  static final class Unknown extends RuntimeException {
    Unknown(String sentence) {
      super(sentence, null, false, false);
    }
  }

  private final ResourceTypes types;
  private final SearchParams params;
  private final References references;

  CriterionParser(ResourceTypes types, SearchParams params, References references) {
    this.types = types;
    this.params = params;
    this.references = references;
  }

  /**
   * The condition over resources of the given types (empty: all).
   *
   * @throws Unknown if a parameter is not known for them
   * @throws Refusal if a modifier or a value is wrong
   */
  Criterion parse(List<String> over, String name, String value) {
    int links = name.split("\\.|_has:", -1).length - 1;
    if (links > LINKS) {
      throw Refusal.invalid("chain", "A chain may have %d links at the most".formatted(LINKS));
    }
    if (over.size() == 1) {
      Criterion criterion = parse(over.get(0), name, value);
      if (size(criterion) > BRANCHES) {
        throw Refusal.invalid("chain", "A chain over so many types is too broad; name the types");
      }
      return criterion;
    }
    String code = name.split("[:.]", 2)[0];
    if (over.isEmpty() && !COMMON.contains(code)) {
      throw new Unknown(
          "\"" + SearchParser.plain(name) + "\" is not a search parameter of every type");
    }
    List<String> each = over.isEmpty() ? types.names() : over;
    List<Criterion> criteria = each.stream().map(t -> parse(t, name, value)).toList();
    Criterion first = criteria.get(0);
    return first == null || first instanceof Criterion.Ids || first instanceof Criterion.Updated
        ? first
        : new Criterion.PerType(each, criteria);
  }

  private static int size(Criterion criterion) {
    return criterion instanceof Criterion.Chain chain
        ? chain.targets().stream().mapToInt(CriterionParser::size).sum()
        : criterion instanceof Criterion.Has has ? 1 + size(has.inner()) : 1;
  }

  /** The same over one type. */
  Criterion parse(String type, String name, String value) {
    if (name.startsWith("_has:")) {
      return has(type, name, value);
    }
    int dot = name.indexOf('.');
    if (dot > 0) {
      return chain(type, name.substring(0, dot), name.substring(dot + 1), value);
    }
    int colon = name.indexOf(':');
    String code = colon < 0 ? name : name.substring(0, colon);
    String modifier = colon < 0 ? null : name.substring(colon + 1);
    SearchParam param = param(type, code);
    try {
      if (code.equals("_id")) {
        return ids(param, modifier, value);
      }
      if (code.equals("_lastUpdated")) {
        refuseUnless(modifier == null, param, modifier);
        return new Criterion.Updated(
            SearchValue.split(value, ',').stream().map(v -> SearchValue.parse(param, v)).toList());
      }
      if ("missing".equals(modifier) && param.kind() != Kind.COMPOSITE) {
        return missing(param, value);
      }
      return param.kind() == Kind.REFERENCE
          ? reference(param, modifier, value)
          : plain(param, modifier, value);
    } catch (SearchValue.Malformed e) {
      throw Refusal.invalid("search-value", "A value of " + param.code() + " " + e.getMessage());
    }
  }

  private SearchParam param(String type, String code) {
    SearchParam param = params.of(type).get(code);
    if (param == null || param.kind() == Kind.SPECIAL) {
      throw new Unknown(type + " has no search parameter \"" + SearchParser.plain(code) + "\"");
    }
    return param;
  }

  private static void refuseUnless(boolean fine, SearchParam param, String modifier) {
    if (!fine) {
      throw Refusal.notSupported(
          "modifier",
          param.code() + " does not take the modifier :" + SearchParser.plain(modifier));
    }
  }

  private static List<String> values(String value) {
    // An empty alternative ("a,,b") says nothing.
    return SearchValue.split(value, ',').stream().filter(v -> !v.isEmpty()).toList();
  }

  private static Criterion ids(SearchParam param, String modifier, String value) {
    refuseUnless(modifier == null || modifier.equals("not"), param, modifier);
    return new Criterion.Ids(
        values(value).stream()
            .map(SearchValue::unescape)
            .filter(id -> id.matches("[A-Za-z0-9.\\-]{1,64}"))
            .toList(),
        modifier != null);
  }

  private static Criterion missing(SearchParam param, String value) {
    if (!value.equals("true") && !value.equals("false")) {
      throw new SearchValue.Malformed("with :missing is not true or false");
    }
    return new Criterion.Missing(param, value.equals("true"));
  }

  private static Criterion plain(SearchParam param, String name, String value) {
    Modifier modifier = name == null ? Modifier.NONE : MODIFIERS.get(name);
    refuseUnless(modifier != null && allows(param.kind(), modifier), param, name);
    List<SearchValue> values = new ArrayList<>();
    for (String raw : values(value)) {
      values.add(
          switch (modifier) {
            case OF_TYPE -> SearchValue.ofType(raw);
            case TEXT, IN, NOT_IN -> new SearchValue.Text(SearchValue.unescape(raw));
            case ABOVE, BELOW -> new SearchValue.Text(SearchValue.unescape(raw));
            default -> SearchValue.parse(param, raw);
          });
    }
    return values.isEmpty() ? null : new Criterion.Plain(param, modifier, values);
  }

  private static boolean allows(Kind kind, Modifier modifier) {
    return switch (modifier) {
      case NONE -> true;
      case EXACT, CONTAINS -> kind == Kind.STRING;
      case TEXT -> kind == Kind.STRING || kind == Kind.TOKEN;
      case NOT, IN, NOT_IN, OF_TYPE -> kind == Kind.TOKEN;
      case BELOW, ABOVE -> kind == Kind.URI || kind == Kind.TOKEN;
      case IDENTIFIER -> false;
    };
  }

  private Criterion reference(SearchParam param, String modifier, String value) {
    if ("identifier".equals(modifier)) {
      return new Criterion.Plain(
          param,
          Modifier.IDENTIFIER,
          values(value).stream().<SearchValue>map(SearchValue::token).toList());
    }
    if ("below".equals(modifier) || "above".equals(modifier)) {
      return new Criterion.Plain(
          param,
          MODIFIERS.get(modifier),
          values(value).stream()
              .<SearchValue>map(v -> new SearchValue.Text(SearchValue.unescape(v)))
              .toList());
    }
    String only = modifier;
    if (only != null) {
      refuseUnless(types.knows(only), param, modifier);
    }
    List<Local> locals = new ArrayList<>();
    List<String> elsewhere = new ArrayList<>();
    for (String raw : values(value)) {
      String text = SearchValue.unescape(raw);
      Optional<Local> local = references.local(text);
      if (local.isPresent()) {
        if (only == null || only.equals(local.get().type())) {
          locals.add(local.get());
        }
      } else if (text.matches("[A-Za-z0-9.\\-]{1,64}")) {
        targets(param, only).forEach(t -> locals.add(new Local(t, text)));
      } else {
        elsewhere.add(text);
      }
    }
    return new Criterion.Refers(param, locals, elsewhere);
  }

  private List<String> targets(SearchParam param, String only) {
    if (only != null) {
      return List.of(only);
    }
    return param.targets().isEmpty() ? types.names() : List.copyOf(param.targets());
  }

  private Criterion chain(String type, String first, String rest, String value) {
    int colon = first.indexOf(':');
    SearchParam reference = param(type, colon < 0 ? first : first.substring(0, colon));
    String only = colon < 0 ? null : first.substring(colon + 1);
    if (reference.kind() != Kind.REFERENCE) {
      throw Refusal.invalid(
          "chain", reference.code() + " is not a reference, so that nothing can follow it");
    }
    if (only != null && !types.knows(only)) {
      refuseUnless(false, reference, only);
    }
    if (only == null && reference.targets().isEmpty()) {
      throw Refusal.invalid(
          "chain",
          "%s may refer to any type; say which: %s:Type.%s"
              .formatted(reference.code(), reference.code(), SearchParser.plain(rest)));
    }
    List<String> targets = new ArrayList<>();
    List<Criterion> inner = new ArrayList<>();
    for (String target : targets(reference, only)) {
      try {
        Criterion criterion = parse(target, rest, value);
        if (criterion == null) {
          return null;
        }
        inner.add(criterion);
        targets.add(target);
      } catch (Unknown e) {
        // Another of the target types may have it.
      }
    }
    if (inner.isEmpty()) {
      throw new Unknown(
          "No type that "
              + reference.code()
              + " refers to has \""
              + SearchParser.plain(rest)
              + "\"");
    }
    return new Criterion.Chain(reference, inner, targets);
  }

  private Criterion has(String type, String name, String value) {
    String[] parts = name.split(":", 4);
    if (parts.length < 4 || !types.knows(parts[1])) {
      throw Refusal.invalid("has", "_has is not _has:Type:reference:parameter");
    }
    SearchParam reference = param(parts[1], parts[2]);
    if (reference.kind() != Kind.REFERENCE || !reference.mayTarget(type)) {
      throw Refusal.invalid(
          "has", parts[1] + "." + reference.code() + " does not refer to " + type);
    }
    Criterion inner = parse(parts[1], parts[3], value);
    return inner == null ? null : new Criterion.Has(reference, inner);
  }
}
