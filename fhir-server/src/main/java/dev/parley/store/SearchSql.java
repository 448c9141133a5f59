// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import dev.parley.access.Caller;
import dev.parley.store.Criterion.Modifier;
import dev.parley.store.References.Local;
import dev.parley.store.SearchParam.Kind;
import dev.parley.store.Visibility.Access;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * The conditions of one search as SQL over rows of {@code resource}. Every row that is looked at on
 * the way - a chain's target, a {@code _has}' referrer - must be visible to the caller.
 */
final class SearchSql {
  // A Patient stands for the records that are merged with it: one found by its number, say.
  private static final String MERGED_ALL =
      """
      %1$s.keys && array(
        select one.self # :param from resource %2$s cross join lateral (
          select %2$s.self union all select m.other from patient_merge m where m.self = %2$s.self) one
        where :where)""";

  private static final String MERGED_EACH =
      """
      exists (
        select from unnest(%1$s.keys) k cross join lateral (
          select k # :param as self
          union all select m.other from patient_merge m where m.self = k # :param) one
        join resource %2$s on %2$s.self = one.self where :where)""";

  private final Caller caller;
  private final Visibility visibility;
  private final Function<String, Map<String, Instant>> closed;
  private final BooleanSupplier wordless;
  private final ResourceTypes types;
  private final SearchParams params;
  private final CriterionKeys keys;
  private final Instant now;
  private final ReceiptCriteria receipts;
  private int aliases;

  SearchSql(
      Caller caller,
      Visibility visibility,
      Function<String, Map<String, Instant>> closed,
      BooleanSupplier wordless,
      ResourceTypes types,
      SearchParams params,
      ValueSets valueSets,
      Instant now) {
    this.receipts = new ReceiptCriteria(caller, now);
    this.caller = caller;
    this.visibility = visibility;
    this.closed = closed;
    this.wordless = wordless;
    this.types = types;
    this.params = params;
    this.keys = new CriterionKeys(valueSets);
    this.now = now;
  }

  /**
   * Rows of a type (null: of any) that live, are visible and meet all criteria.
   *
   * @param driven whether an index range outside finds the rows: then a chain is looked up row by
   *     row, else its targets are collected first
   */
  Sql where(String alias, String type, List<Criterion> criteria, boolean driven) {
    return Sql.and(parts(alias, type, criteria, driven));
  }

  private Sql visible(String type, String alias) {
    return visibility.condition(caller, Access.SEARCH, type, alias);
  }

  /** Whether the caller may not see all of a type: how much, PostgreSQL cannot know. */
  boolean hides(String type) {
    return visible(type, "r") != Sql.TRUE;
  }

  List<Sql> parts(String alias, String type, List<Criterion> criteria, boolean driven) {
    List<Sql> parts = new ArrayList<>();
    if (type != null) {
      Sql is = Sql.of(alias + ".type = :type", "type", types.code(type));
      // Ids are looked up by the primary key: PostgreSQL 18 would rather skip through all of a
      // type.
      boolean known = criteria.stream().anyMatch(c -> c instanceof Criterion.Ids ids && !ids.not());
      parts.add(check(is, known));
    }
    parts.add(Sql.of(alias + ".body is not null"));
    Sql visible = visible(type, alias);
    if (visible != Sql.TRUE) {
      parts.add(Sql.of("(:visible)", "visible", visible));
    }
    closed
        .apply(type)
        .forEach(
            (each, since) -> {
              if (!since.equals(Instant.MAX)) {
                parts.add(open(alias, each, since));
              }
            });
    List<Long> all = new ArrayList<>();
    for (Criterion criterion : criteria) {
      if (isWords(criterion) && wordless.getAsBoolean()) {
        parts.add(Sql.FALSE);
        continue;
      }
      long[] either = keys.positive(criterion);
      if (criterion instanceof Criterion.Ids ids && !ids.not()) {
        long[] selfs =
            ids.ids().stream()
                .flatMapToLong(
                    id ->
                        type != null
                            ? LongStream.of(Keys.self(type, id))
                            : types.names().stream().mapToLong(t -> Keys.self(t, id)))
                .toArray();
        parts.add(Sql.of(alias + ".self = any(:selfs)", "selfs", selfs));
      } else if (either != null && either.length == 1) {
        all.add(either[0]);
      } else if (either != null) {
        parts.add(check(any(alias, either), driven));
      } else {
        parts.add(condition(alias, criterion, driven));
      }
    }
    if (!all.isEmpty()) {
      long[] each = all.stream().mapToLong(Long::longValue).toArray();
      parts.add(check(Sql.of(alias + ".keys @> :keys", "keys", each), driven));
    }
    return parts;
  }

  /** Whether it looks for what a message says in words, which may wait for its reader. */
  private static boolean isWords(Criterion criterion) {
    if (criterion instanceof Criterion.PerType perType) {
      return perType.criteria().stream().anyMatch(SearchSql::isWords);
    }
    return criterion instanceof Criterion.Plain plain
            && plain.param().type().equals("Communication")
            && plain.modifier() == Criterion.Modifier.TEXT
        || criterion instanceof Criterion.Plain topic && topic.param().isTopic()
        || criterion instanceof Criterion.Missing missing && missing.param().isTopic();
  }

  /** Rows of another type, or that are not kept from being found ({@link Redaction}). */
  private Sql open(String r, String type, Instant since) {
    Sql open = opened(r, since);
    if (type.equals("Observation")) {
      // A report's results wait with it.
      String d = "d" + ++aliases;
      open =
          Sql.of(
              "(:open and not exists (select from resource %1$s where %1$s.keys && array[%2$s.self # :result] and %1$s.body is not null and not :report))"
                  .formatted(d, r),
              "open",
              open,
              "result",
              Keys.param("DiagnosticReport", "result"),
              "report",
              opened(d, since));
    }
    return Sql.of(
        "(%s.type <> :type or :open)".formatted(r), "type", types.code(type), "open", open);
  }

  /** No message that the caller gets is about it, or one of them is from before. */
  private Sql opened(String r, Instant since) {
    String m = "m" + ++aliases;
    Sql messages =
        Sql.of(
            """
            select from resource %1$s where %1$s.keys && array[%2$s.self # :about] and %1$s.body is not null
              and not %1$s.keys && :own and (:seen)"""
                .formatted(m, r),
            "about",
            Keys.param("Communication", "about"),
            "own",
            new long[] {Keys.param("Communication", "sender") ^ Keys.of(caller.reference())},
            "seen",
            visibility.condition(caller, Access.REFER, "Communication", m));
    return since.equals(Instant.MIN)
        ? Sql.of("(not exists (:messages))", "messages", messages)
        : Sql.of(
            "(not exists (:messages) or exists (:messages and coalesce(%1$s.at, %1$s.updated) < :since))"
                .formatted(m),
            "messages",
            messages,
            "since",
            since);
  }

  /**
   * Where an index range finds the rows, the condition on keys only sorts some out of them: "is
   * true" keeps the planner from asking the GIN index as well, which costs more than the page.
   */
  static Sql check(Sql condition, boolean driven) {
    return driven ? Sql.of("(:it) is true", "it", condition) : condition;
  }

  static Sql any(String alias, long[] keys) {
    return keys.length == 0 ? Sql.FALSE : Sql.of(alias + ".keys && :keys", "keys", keys);
  }

  private Sql condition(String r, Criterion criterion, boolean driven) {
    if (criterion instanceof Criterion.Plain plain) {
      return plain(r, plain);
    }
    if (criterion instanceof Criterion.Missing missing) {
      long key = CriterionKeys.presence(missing.param(), !missing.missing());
      return Sql.of("not " + r + ".keys @> :keys", "keys", new long[] {key});
    }
    if (criterion instanceof Criterion.Ids ids) {
      return Sql.of(
          r + (ids.not() ? ".id <> all(:ids)" : ".id = any(:ids)"),
          "ids",
          ids.ids().toArray(String[]::new));
    }
    if (criterion instanceof Criterion.Updated updated) {
      return Sql.or(
          updated.values().stream()
              .map(v -> DateSql.overPoint((SearchValue.Date) v, r + ".updated", now))
              .toList());
    }
    if (criterion instanceof Criterion.Chain chain) {
      List<Sql> targets = new ArrayList<>();
      for (int i = 0; i < chain.types().size(); i++) {
        Criterion inner = chain.targets().get(i);
        targets.add(target(r, chain.reference(), chain.types().get(i), inner, driven));
        Criterion contained = inContained(chain.reference(), inner);
        if (contained != null) {
          targets.add(contained(r, chain.reference().type(), contained, driven));
        }
      }
      return Sql.or(targets);
    }
    if (criterion instanceof Criterion.UnreadBy unread) {
      return receipts.unreadBy(unread, r);
    }
    if (criterion instanceof Criterion.Acknowledged acknowledged) {
      return receipts.acknowledged(acknowledged.is(), r);
    }
    if (criterion instanceof Criterion.Has has) {
      return referrer(r, has);
    }
    if (criterion instanceof Criterion.PerType perType) {
      List<Sql> each = new ArrayList<>();
      for (int i = 0; i < perType.types().size(); i++) {
        each.add(
            Sql.of(
                "(:both)",
                "both",
                where(r, perType.types().get(i), List.of(perType.criteria().get(i)), driven)));
      }
      return Sql.or(each);
    }
    throw new IllegalStateException(criterion.toString());
  }

  private Sql target(
      String r, SearchParam reference, String type, Criterion inner, boolean driven) {
    String t = "t" + ++aliases;
    Sql where = where(t, type, List.of(inner), false);
    String text =
        type.equals("Patient")
            ? driven ? MERGED_EACH : MERGED_ALL
            : driven
                ? """
                  exists (select from unnest(%1$s.keys) k join resource %2$s on %2$s.self = k # :param
                           where :where)"""
                : "%1$s.keys && array(select %2$s.self # :param from resource %2$s where :where)";
    return Sql.of(text.formatted(r, t), "param", reference.key(), "where", where);
  }

  /** The same condition on what the resource itself contains, or null if it goes further. */
  private static Criterion inContained(SearchParam reference, Criterion inner) {
    if (inner instanceof Criterion.Plain plain && plain.param().kind() != Kind.COMPOSITE) {
      SearchParam param = plain.param().inside(reference);
      return new Criterion.Plain(param, plain.modifier(), plain.values());
    }
    if (inner instanceof Criterion.Refers refers) {
      SearchParam param = refers.param().inside(reference);
      return new Criterion.Refers(param, refers.locals(), refers.elsewhere());
    }
    return null;
  }

  private Sql contained(String r, String type, Criterion criterion, boolean driven) {
    if (driven) {
      return where(r, type, List.of(criterion), true);
    }
    String c = "i" + ++aliases;
    // Collected first, so that the other side of the "or" can still use its index.
    return Sql.of(
        "%1$s.self = any(array(select %2$s.self from resource %2$s where :where))".formatted(r, c),
        "where",
        where(c, type, List.of(criterion), false));
  }

  private Sql referrer(String r, Criterion.Has has) {
    String c = "c" + ++aliases;
    return Sql.of(
        "%1$s.self in (select k # :param from resource %2$s, unnest(%2$s.keys) k where :where)"
            .formatted(r, c),
        "param",
        has.reference().key(),
        "where",
        where(c, has.reference().type(), List.of(has.inner()), false));
  }

  private Sql plain(String r, Criterion.Plain plain) {
    SearchParam param = plain.param();
    switch (plain.modifier()) {
      case NOT:
        return Sql.of("not " + r + ".keys && :keys", "keys", keys.of(plain, Modifier.NONE));
      case NOT_IN:
        return Sql.of("not " + r + ".keys && :keys", "keys", keys.of(plain, Modifier.IN));
      case CONTAINS:
        return StringSql.any(r, param.key(), CriterionKeys.texts(plain).map(StringSql::contains));
      case TEXT:
        return param.kind() == Kind.TOKEN
            ? StringSql.any(
                r, param.variant("text"), CriterionKeys.texts(plain).map(StringSql::startsWith))
            : StringSql.any(r, param.key(), CriterionKeys.texts(plain).map(StringSql::words));
      default:
    }
    return switch (param.kind()) {
      case STRING ->
          StringSql.any(r, param.key(), CriterionKeys.texts(plain).map(StringSql::startsWith));
      case DATE -> dates(r, plain);
      case NUMBER, QUANTITY ->
          Sql.or(plain.values().stream().map(v -> number(r, param.key(), v)).toList());
      case COMPOSITE ->
          Sql.or(plain.values().stream().map(v -> second(r, param, (SearchValue.Pair) v)).toList());
      default -> throw new IllegalStateException(param.code());
    };
  }

  private Sql second(String r, SearchParam composite, SearchValue.Pair pair) {
    long key = CompositeIndex.key(composite, pair.first());
    return switch (composite.parts().get(1).kind()) {
      case STRING ->
          StringSql.any(
              r, key, Stream.of(StringSql.startsWith(((SearchValue.Text) pair.second()).text())));
      case DATE -> dateRows(r, key, List.of(pair.second()));
      default -> number(r, key, pair.second());
    };
  }

  private Sql dates(String r, Criterion.Plain plain) {
    SearchParam param = plain.param();
    Sql rows = dateRows(r, param.key(), plain.values());
    if (param != params.principal(param.type())) {
      return rows;
    }
    Sql point =
        Sql.or(
            plain.values().stream()
                .map(v -> DateSql.overPoint((SearchValue.Date) v, r + ".at", now))
                .toList());
    if (params.dates(param.type()) == SearchParams.Dates.POINTS) {
      return point;
    }
    Sql exact =
        Sql.of(
            "(not %s.keys @> :span and :point or :rows)".formatted(r),
            "span",
            span(param),
            "point",
            point,
            "rows",
            rows);
    // A bound for the index on "at", where there is one.
    Sql bound =
        plain.values().size() == 1
            ? DateSql.necessary((SearchValue.Date) plain.values().get(0), r + ".at", now)
            : null;
    return bound == null ? exact : Sql.and(List.of(bound, exact));
  }

  /** The key of resources whose date is not a single point in time. */
  static long[] span(SearchParam principal) {
    return new long[] {principal.variant("span") ^ SearchIndexer.TRUE};
  }

  private Sql dateRows(String r, long param, List<SearchValue> values) {
    return Sql.of(
        "exists (select from date_value d where d.self = %s.self and d.param = :param and :value)"
            .formatted(r),
        "param",
        param,
        "value",
        Sql.or(
            values.stream()
                .map(v -> DateSql.overRange((SearchValue.Date) v, "d.low", "d.high", now))
                .toList()));
  }

  private static Sql number(String r, long param, SearchValue value) {
    return Sql.of(
        "exists (select from number_value n where n.self = %s.self and n.param = :param and :value)"
            .formatted(r),
        "param",
        param,
        "value",
        NumberSql.condition((SearchValue.Number) value));
  }

  /** Rows of one compartment: those that a membership parameter ties to its owner. */
  Sql compartment(String r, Local owner, List<String> over) {
    List<String> each = over.isEmpty() ? types.names() : over;
    long[] keys =
        each.stream()
            .flatMap(t -> params.of(t).values().stream())
            .filter(p -> p.owners().contains(owner.type()))
            .mapToLong(p -> p.key() ^ owner.self())
            .toArray();
    List<Sql> either = new ArrayList<>();
    either.add(any(r, keys));
    if (each.contains(owner.type())) {
      either.add(Sql.of(r + ".self = :self", "self", owner.self()));
    }
    Sql inside = visibility.compartment(owner, r);
    return inside == Sql.TRUE ? Sql.or(either) : Sql.and(List.of(Sql.or(either), inside));
  }
}
