// SPDX-License-Identifier: Apache-2.0
package dev.parley.audit;

import dev.parley.access.Refusal;
import dev.parley.store.ResourceTypes;
import dev.parley.store.SearchRequest.Used;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.hl7.fhir.r4.model.Coding;

/** A search for AuditEvents, read (G-11): SQL conditions over {@code audit a} and their values. */
final class AuditQuery {
  private static final Set<String> ABOUT_THE_ANSWER = Set.of("_format", "_pretty", "_elements");
  private static final Pattern DATE = Pattern.compile("(eq|ne|ge|gt|le|lt|sa|eb)?(\\d{4}.*)");
  private static final Pattern EVENT =
      Pattern.compile("(\\d{6})-(\\d{1,18})-(\\d{1,9})-(\\d{1,9})");

  final List<String> conditions = new ArrayList<>();
  final List<Object> values = new ArrayList<>();
  final List<Used> used = new ArrayList<>();
  final List<String> warnings = new ArrayList<>();
  final List<String[]> keys = new ArrayList<>();
  final Set<String> patients = new LinkedHashSet<>();
  final Set<String> agents = new LinkedHashSet<>();
  final Set<Integer> parts = new LinkedHashSet<>();
  int count;
  boolean total;
  Place after;

  private final ResourceTypes types;
  private final BiFunction<String, String, List<String>> byIdentifier;
  private final String host;

  /** Where a page ends: the event with this number was the last. */
  record Place(long segment, int position, int part) {
    static Place parse(String text) {
      String[] words = text.split("-");
      try {
        return new Place(
            Long.parseLong(words[0]), Integer.parseInt(words[1]), Integer.parseInt(words[2]));
      } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
        throw Refusal.of(
            410, "not-found", "page-expired", "This page link is no longer good; search again");
      }
    }

    @Override
    public String toString() {
      return segment + "-" + position + "-" + part;
    }
  }

  /**
   * @param byIdentifier the ids of a type's resources that have this identifier
   * @param host of this server, which is the source of all events
   */
  AuditQuery(
      int count,
      ResourceTypes types,
      BiFunction<String, String, List<String>> byIdentifier,
      String host) {
    this.count = count;
    this.types = types;
    this.byIdentifier = byIdentifier;
    this.host = host;
  }

  /** The row and the part of an id, if it has the form of ours. */
  static Matcher event(String id) {
    return EVENT.matcher(id);
  }

  AuditQuery read(Map<String, String[]> query, boolean strict, int most) {
    query.forEach(
        (name, given) -> {
          for (String value : given) {
            if (!value.isEmpty()) {
              add(name, value, strict, most);
            }
          }
        });
    return this;
  }

  private void add(String name, String value, boolean strict, int most) {
    List<String> any = Arrays.asList(value.split(","));
    switch (name) {
      case "_id" -> ids(any);
      case "date", "_lastUpdated" -> dates(value);
      case "patient", "entity.patient" -> patients(any);
      case "patient.identifier" -> patients(found("Patient", any));
      case "agent" -> agents(any);
      case "agent.identifier" -> agentIdentifiers(any);
      case "entity" -> entities(any);
      case "entity.identifier" -> anyOf("a.request", any);
      case "entity-type" -> any(any.stream().map(v -> entityType(code(v))).toList());
      case "entity-role" -> any(any.stream().map(v -> entityRole(code(v))).toList());
      case "address" -> anyOf("a.address", any);
      case "policy" ->
          anyOf(
              "a.session",
              any.stream().map(v -> v.replace("urn:ietf:params:oauth:jti:", "")).toList());
      // Of R4, and never there in ours.
      case "agent-name", "agent-role", "altid", "entity-name", "site", "source" ->
          conditions.add("false");
      case "source.identifier" -> conditions.add(String.valueOf(any.contains(host)));
      case "type" -> kinds(kind -> any.stream().anyMatch(v -> is(kind.type(), v)));
      case "subtype" ->
          kinds(
              kind -> kind.subtypes().stream().anyMatch(c -> any.stream().anyMatch(v -> is(c, v))));
      case "action" -> kinds(kind -> any.contains(kind.letter()));
      case "outcome" -> anyOf("a.outcome::text", any.stream().map(AuditQuery::code).toList());
      case "_count" -> count = Math.min(number(value), most);
      case "_summary" -> count = value.equals("count") ? 0 : count;
      case "_total" -> total = value.equals("accurate");
      case "_sort" -> {
        if (!value.equals("-date") && !value.equals("-_lastUpdated")) {
          throw Refusal.notSupported("sort", "AuditEvents come newest first: _sort=-date");
        }
      }
      case "_cursor" -> {
        after = Place.parse(value);
        return;
      }
      default -> {
        if (!ABOUT_THE_ANSWER.contains(name)) {
          unknown(name, strict);
          return;
        }
      }
    }
    used.add(new Used(name, value));
  }

  private void unknown(String name, boolean strict) {
    String sentence = "AuditEvents are not searched by " + name + "; see docs/features/audit.md";
    if (strict) {
      throw Refusal.notSupported("unknown-parameter", sentence);
    }
    warnings.add(sentence);
  }

  private void ids(List<String> ids) {
    List<String> some = new ArrayList<>();
    for (String id : ids) {
      Matcher event = event(id);
      if (event.matches()) {
        some.add("(a.month = ? and a.segment = ? and a.position = ?)");
        values.add(Integer.valueOf(event.group(1)));
        values.add(Long.valueOf(event.group(2)));
        values.add(Integer.valueOf(event.group(3)));
        parts.add(Integer.valueOf(event.group(4)));
      }
    }
    any(some);
  }

  private void patients(List<String> references) {
    List<String> ids = references.stream().map(r -> r.replaceFirst("^.*Patient/", "")).toList();
    patients.addAll(ids);
    keys.add(ids.stream().map(id -> "patient " + id).toArray(String[]::new));
    conditions.add("a.patients && ?");
    values.add(ids.toArray(String[]::new));
  }

  private void agents(List<String> references) {
    List<String> people =
        references.stream().map(r -> r.replaceFirst("^.*/([A-Za-z]+/[^/]+)$", "$1")).toList();
    agents.addAll(people);
    keys.add(people.stream().map(person -> "agent " + person).toArray(String[]::new));
  }

  private void agentIdentifiers(List<String> identifiers) {
    List<String> people = new ArrayList<>();
    for (String type : List.of("Practitioner", "Patient", "RelatedPerson")) {
      found(type, identifiers).forEach(id -> people.add(type + "/" + id));
    }
    conditions.add("(a.client = any(?) or a.agent = any(?))");
    values.add(identifiers.stream().map(AuditQuery::code).toArray(String[]::new));
    values.add(people.toArray(String[]::new));
  }

  private List<String> found(String type, List<String> identifiers) {
    return identifiers.stream().flatMap(i -> byIdentifier.apply(type, i).stream()).toList();
  }

  private void entities(List<String> references) {
    List<String> wanted = new ArrayList<>();
    List<String> precise = new ArrayList<>();
    for (String reference : references) {
      String[] words = reference.split("/");
      boolean versioned = words.length == 4 && words[2].equals("_history");
      if (words.length != 2 && !versioned || !types.knows(words[0])) {
        throw Refusal.invalid("wrong-value", "entity is like Communication/m1");
      }
      wanted.add("entity " + types.code(words[0]) + " " + words[1]);
      values.add(words[0]);
      values.add(words[1]);
      if (versioned) {
        values.add(number(words[3]));
      }
      precise.add("(t.name = ? and a.id = ?" + (versioned ? " and a.version = ?)" : ")"));
    }
    keys.add(wanted.toArray(String[]::new));
    any(precise);
  }

  private String entityType(String code) {
    return switch (code) {
      case "1" -> "cardinality(a.patients) > 0";
      case "2" -> "(a.id is not null or a.query is not null)";
      default -> "false";
    };
  }

  private String entityRole(String code) {
    return switch (code) {
      case "1" -> "cardinality(a.patients) > 0";
      case "4" -> "a.id is not null";
      case "24" -> "a.query is not null";
      default -> "false";
    };
  }

  private void kinds(Predicate<Kind> wanted) {
    List<Kind> kinds = Kind.all().stream().filter(wanted).toList();
    conditions.add("(a.outcome <> 8 and a.action = any(?) or a.outcome = 8 and a.action = any(?))");
    values.add(words(kinds, false));
    values.add(words(kinds, true));
  }

  private static String[] words(List<Kind> kinds, boolean denied) {
    return kinds.stream()
        .filter(kind -> kind.denied() == denied)
        .map(kind -> kind.action().word())
        .toArray(String[]::new);
  }

  private static boolean is(Coding coding, String token) {
    int bar = token.indexOf('|');
    return coding.getCode().equals(token.substring(bar + 1))
        && (bar < 0 || coding.getSystem().equals(token.substring(0, bar)));
  }

  private static String code(String token) {
    return token.substring(token.indexOf('|') + 1);
  }

  private void anyOf(String column, List<String> wanted) {
    conditions.add(column + " = any(?)");
    values.add(wanted.toArray(String[]::new));
  }

  private void any(List<String> some) {
    conditions.add(some.isEmpty() ? "false" : "(" + String.join(" or ", some) + ")");
  }

  private Integer number(String text) {
    if (!text.matches("\\d{1,9}")) {
      throw Refusal.invalid("wrong-value", "A whole number was expected");
    }
    return Integer.valueOf(text);
  }

  /** A condition by a date with a prefix: against the whole of a day, a month, a year. */
  private void dates(String value) {
    Matcher matcher = DATE.matcher(value);
    if (!matcher.matches()) {
      throw wrongDate();
    }
    Range range = range(matcher.group(2));
    switch (matcher.group(1) == null ? "eq" : matcher.group(1)) {
      case "ge" -> when("a.at >= ?", range.low());
      case "gt", "sa" -> when("a.at >= ?", range.high());
      case "le" -> when("a.at < ?", range.high());
      case "lt", "eb" -> when("a.at < ?", range.low());
      case "ne" -> {
        when("(a.at < ?", range.low());
        String first = conditions.remove(conditions.size() - 1);
        when(first + " or a.at >= ?)", range.high());
      }
      default -> {
        when("a.at >= ?", range.low());
        when("a.at < ?", range.high());
      }
    }
  }

  private void when(String condition, Instant at) {
    conditions.add(condition);
    values.add(at.atOffset(ZoneOffset.UTC));
  }

  /** The high end is excluded. */
  private record Range(Instant low, Instant high) {}

  private static Range range(String text) {
    try {
      if (text.length() == 4) {
        return days(
            LocalDate.of(Integer.parseInt(text), 1, 1),
            LocalDate.of(Integer.parseInt(text) + 1, 1, 1));
      }
      if (text.length() == 7) {
        YearMonth month = YearMonth.parse(text);
        return days(month.atDay(1), month.plusMonths(1).atDay(1));
      }
      if (text.length() == 10) {
        LocalDate day = LocalDate.parse(text);
        return days(day, day.plusDays(1));
      }
      String zoned = text.replace(' ', '+');
      OffsetDateTime at =
          OffsetDateTime.parse(zoned.matches(".*(Z|[+-]\\d\\d:\\d\\d)") ? zoned : zoned + "Z");
      return new Range(at.toInstant(), at.toInstant().plusMillis(text.contains(".") ? 1 : 1000));
    } catch (DateTimeException | NumberFormatException e) {
      throw wrongDate();
    }
  }

  private static Range days(LocalDate low, LocalDate high) {
    return new Range(
        low.atStartOfDay(ZoneOffset.UTC).toInstant(),
        high.atStartOfDay(ZoneOffset.UTC).toInstant());
  }

  private static Refusal wrongDate() {
    return Refusal.invalid("wrong-value", "date is like ge2026-11-22 or 2026-11-22T10:00:00Z");
  }
}
