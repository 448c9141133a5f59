// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import dev.parley.access.Refusal;
import dev.parley.config.Config;
import dev.parley.config.Setting;
import dev.parley.store.SearchRequest.Include;
import dev.parley.store.SearchRequest.Sort;
import dev.parley.store.SearchRequest.Used;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Reads the query of a search. Conditions are read by {@link CriterionParser}. */
final class SearchParser {
  /** Parameters that concern the answer's form and are acted upon elsewhere. */
  private static final Set<String> FORM = Set.of("_format", "_pretty", "_summary", "_elements");

  private static final Set<String> RESULT =
      Set.of(
          "_sort",
          "_count",
          "_total",
          "_summary",
          "_elements",
          "_contained",
          "_containedType",
          "_format",
          "_pretty",
          "_type",
          SearchRequest.CURSOR);

  private static final Set<String> SUMMARIES = Set.of("true", "text", "data", "count", "false");

  private final ResourceTypes types;
  private final SearchParams params;
  private final References references;
  private final CriterionParser criteria;
  private final Config config;

  SearchParser(ResourceTypes types, SearchParams params, Config config) {
    this.types = types;
    this.params = params;
    this.references = new References(config);
    this.criteria = new CriterionParser(types, params, references);
    this.config = config;
  }

  /**
   * Reads a query.
   *
   * @param type null for all types
   * @param compartment null for none
   * @param query names (with modifiers) and their values, percent-decoded
   * @param strict whether what is not known is refused, rather than ignored with a warning
   */
  SearchRequest parse(
      String type, References.Local compartment, Map<String, String[]> query, boolean strict) {
    return new Reading(type, compartment, strict).read(query);
  }

  /** One query being read. */
  private final class Reading {
    private final boolean strict;
    private final References.Local compartment;
    private List<String> wanted;
    private final List<Criterion> found = new ArrayList<>();
    private final List<Include> includes = new ArrayList<>();
    private final List<Used> used = new ArrayList<>();
    private final List<String> warnings = new ArrayList<>();
    private List<Sort> sorts = List.of();
    private int count = config.number(Setting.PARLEY_PAGE_DEFAULT);
    private boolean total;
    private String summary;
    private List<String> elements = List.of();
    private String cursor;

    Reading(String type, References.Local compartment, boolean strict) {
      this.wanted = type == null ? List.of() : List.of(type);
      this.compartment = compartment;
      this.strict = strict;
    }

    SearchRequest read(Map<String, String[]> query) {
      String[] listed = query.get("_type");
      if (listed != null) {
        wanted = typeList(listed);
      }
      query.forEach(
          (name, values) -> {
            if (RESULT.contains(name) && Arrays.stream(values).distinct().count() > 1) {
              throw Refusal.invalid("repeated-parameter", name + " may be given once");
            }
            for (String value : values) {
              // An empty value is as good as none.
              if (!value.isEmpty()) {
                take(name, value);
              }
            }
          });
      if (sorts.isEmpty()) {
        sorts = List.of(naturalOrder());
      }
      if ("count".equals(summary)) {
        count = 0;
      }
      return new SearchRequest(
          wanted,
          compartment,
          List.of(),
          List.copyOf(found),
          sorts,
          count,
          total || count == 0,
          List.copyOf(includes),
          summary,
          elements,
          cursor,
          List.copyOf(used),
          List.copyOf(warnings));
    }

    private List<String> typeList(String[] listed) {
      List<String> names = Arrays.stream(String.join(",", listed).split(",")).distinct().toList();
      for (String name : names) {
        if (!types.knows(name)) {
          throw Refusal.invalid("unknown-type", "_type names an unknown resource type");
        }
      }
      return wanted.isEmpty() || names.containsAll(wanted) && names.size() == 1 ? names : wanted;
    }

    /** Newest first by the date that matters for the type, else by the time of the last change. */
    private Sort naturalOrder() {
      SearchParam principal = wanted.size() == 1 ? params.principal(wanted.get(0)) : null;
      return principal == null
          ? new Sort("_lastUpdated", null, true)
          : new Sort(principal.code(), principal, true);
    }

    private void take(String name, String value) {
      boolean keep =
          switch (name) {
            case "_count" -> count(value);
            case "_sort" -> {
              sort(value);
              yield false;
            }
            case "_total" -> total(value);
            case "_summary" -> summary(value);
            case "_elements" -> {
              elements = Arrays.stream(value.split(",")).map(String::strip).toList();
              yield true;
            }
            case "_contained" -> contained(value);
            case SearchRequest.CURSOR -> {
              cursor = value;
              yield false;
            }
            case "_containedType", "_type" -> true;
            case "_query", "_list" ->
                throw Refusal.notSupported("parameter", name + " is not supported");
            default ->
                FORM.contains(name)
                    || (name.startsWith("_include") || name.startsWith("_revinclude")
                        ? include(name, value)
                        : criterion(name, value));
          };
      if (keep) {
        used.add(new Used(name, value));
      }
    }

    private boolean criterion(String name, String value) {
      if (ReceiptCriteria.CODES.contains(name) && wanted.equals(List.of("Communication"))) {
        found.add(ReceiptCriteria.of(name, value, references));
        return true;
      }
      try {
        Criterion criterion = criteria.parse(wanted, name, value);
        if (criterion != null) {
          found.add(criterion);
        }
        return criterion != null;
      } catch (CriterionParser.Unknown e) {
        return ignore(e.getMessage());
      }
    }

    private boolean ignore(String sentence) {
      if (strict) {
        throw Refusal.notSupported("unknown-parameter", sentence);
      }
      warnings.add(sentence + "; it was ignored");
      return false;
    }

    private boolean count(String value) {
      if (!value.matches("\\d{1,9}")) {
        throw Refusal.invalid("count", "_count is not a whole number of at least 0");
      }
      count = Math.min(Integer.parseInt(value), config.number(Setting.PARLEY_PAGE_LIMIT));
      return true;
    }

    private boolean total(String value) {
      if (!Set.of("none", "estimate", "accurate").contains(value)) {
        throw Refusal.invalid("total", "_total is not none, estimate or accurate");
      }
      total = !value.equals("none");
      return true;
    }

    private boolean summary(String value) {
      if (!SUMMARIES.contains(value)) {
        throw Refusal.invalid("summary", "_summary is not true, text, data, count or false");
      }
      summary = value;
      return true;
    }

    private boolean contained(String value) {
      if (!value.equals("false")) {
        throw Refusal.notSupported(
            "contained", "_contained is supported with the value false only");
      }
      return true;
    }

    private void sort(String value) {
      List<Sort> read = new ArrayList<>();
      Set<String> names = new HashSet<>();
      List<String> kept = new ArrayList<>();
      for (String part : value.split(",")) {
        boolean descending = part.startsWith("-");
        String code = descending ? part.substring(1) : part;
        SearchParam param = wanted.size() == 1 ? params.of(wanted.get(0)).get(code) : null;
        boolean column = code.equals("_id") || code.equals("_lastUpdated");
        if (!column && !SortKey.possible(param)) {
          ignore("_sort cannot sort by \"" + plain(code) + "\"");
        } else if (names.add(code)) {
          read.add(new Sort(code, column ? null : param, descending));
          kept.add(part);
        }
      }
      sorts = read;
      if (!kept.isEmpty()) {
        used.add(new Used("_sort", String.join(",", kept)));
      }
    }

    private boolean include(String name, String value) {
      String[] modifier = name.split(":", 2);
      boolean reverse = modifier[0].equals("_revinclude");
      if (!reverse && !modifier[0].equals("_include")) {
        return ignore("\"" + plain(name) + "\" is not a search parameter");
      }
      boolean iterate = modifier.length > 1;
      if (iterate && !modifier[1].equals("iterate") && !modifier[1].equals("recurse")) {
        throw Refusal.notSupported("modifier", plain(name) + " has an unknown modifier");
      }
      if (value.equals("*")) {
        if (reverse) {
          return ignore("_revinclude=* is too broad; name a type");
        }
        includes.add(new Include(false, iterate, null, "*", null));
        return true;
      }
      String[] parts = value.split(":", 3);
      if (parts.length < 2 || !types.knows(parts[0])) {
        return ignore(name + " is not Type:parameter[:Target]");
      }
      SearchParam param = params.of(parts[0]).get(parts[1]);
      if (!parts[1].equals("*") && (param == null || param.kind() != SearchParam.Kind.REFERENCE)) {
        return ignore(
            name + ": " + parts[0] + " has no reference parameter \"" + plain(parts[1]) + "\"");
      }
      if (parts.length == 3 && !types.knows(parts[2])) {
        return ignore(name + " names an unknown target type");
      }
      includes.add(
          new Include(reverse, iterate, parts[0], parts[1], parts.length == 3 ? parts[2] : null));
      return true;
    }
  }

  /** Whether a parameter decides which resources match, and in what order. */
  static boolean decides(String name) {
    return name.equals("_sort")
        || !RESULT.contains(name)
            && !name.startsWith("_include")
            && !name.startsWith("_revinclude");
  }

  /** A name from a request, safe and short enough to be put into a sentence. */
  static String plain(String name) {
    String clean = name.replaceAll("[^A-Za-z0-9_.:\\-]", "?");
    return clean.length() > 64 ? clean.substring(0, 64) : clean;
  }
}
