// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import dev.parley.access.Caller;
import dev.parley.store.Criterion.Modifier;
import dev.parley.store.References.Local;
import dev.parley.store.SearchParam.Kind;
import dev.parley.store.SearchParam.Presence;
import dev.parley.store.Visibility.Access;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
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
  private final ResourceTypes types;
  private final SearchParams params;
  private final ValueSets valueSets;
  private final Instant now;
  private final ReceiptCriteria receipts;
  private int aliases;

  SearchSql(
      Caller caller,
      Visibility visibility,
      Function<String, Map<String, Instant>> closed,
      ResourceTypes types,
      SearchParams params,
      ValueSets valueSets,
      Instant now) {
    this.receipts = new ReceiptCriteria(caller, now);
    this.caller = caller;
    this.visibility = visibility;
    this.closed = closed;
    this.types = types;
    this.params = params;
    this.valueSets = valueSets;
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
      long[] keys = positiveKeys(criterion);
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
      } else if (keys != null && keys.length == 1) {
        all.add(keys[0]);
      } else if (keys != null) {
        parts.add(check(any(alias, keys), driven));
      } else {
        parts.add(condition(alias, criterion, driven));
      }
    }
    if (!all.isEmpty()) {
      long[] keys = all.stream().mapToLong(Long::longValue).toArray();
      parts.add(check(Sql.of(alias + ".keys @> :keys", "keys", keys), driven));
    }
    return parts;
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

  /** The keys of which a row must have one, if that is all that the criterion asks. */
  private long[] positiveKeys(Criterion criterion) {
    if (criterion instanceof Criterion.Refers refers) {
      long key = refers.param().key();
      return LongStream.concat(
              refers.locals().stream().mapToLong(l -> key ^ l.self()),
              refers.elsewhere().stream().mapToLong(t -> key ^ Keys.of(t)))
          .distinct()
          .toArray();
    }
    if (criterion instanceof Criterion.Missing missing) {
      Presence kept = missing.param().presence();
      return kept == (missing.missing() ? Presence.PRESENT : Presence.ABSENT)
          ? null
          : new long[] {presence(missing.param(), missing.missing())};
    }
    if (criterion instanceof Criterion.PerType perType) {
      List<long[]> each = perType.criteria().stream().map(this::positiveKeys).toList();
      return each.stream().allMatch(k -> k != null)
          ? each.stream().flatMapToLong(Arrays::stream).toArray()
          : null;
    }
    return criterion instanceof Criterion.Plain plain ? keys(plain, plain.modifier()) : null;
  }

  private static long presence(SearchParam param, boolean missing) {
    return param.variant("missing") ^ (missing ? SearchIndexer.TRUE : SearchIndexer.FALSE);
  }

  private long[] keys(Criterion.Plain plain, Modifier modifier) {
    SearchParam param = plain.param();
    return switch (modifier) {
      case NONE ->
          switch (param.kind()) {
            case TOKEN -> of(param.key(), tokens(plain));
            case URI -> of(param.key(), texts(plain));
            case COMPOSITE ->
                param.parts().get(1).kind() == Kind.TOKEN
                    ? plain.values().stream()
                        .map(v -> (SearchValue.Pair) v)
                        .mapToLong(
                            p ->
                                CompositeIndex.key(param, p.first())
                                    ^ Keys.of(((SearchValue.Token) p.second()).form()))
                        .toArray()
                    : null;
            default -> null;
          };
      case EXACT -> of(param.variant("exact"), texts(plain));
      case OF_TYPE -> of(param.variant("of-type"), tokens(plain));
      case IDENTIFIER -> of(param.variant("identifier"), tokens(plain));
      case BELOW ->
          of(
              param.variant("below"),
              texts(plain)
                  .map(
                      t ->
                          param.kind() == Kind.TOKEN
                              ? t.toLowerCase(java.util.Locale.ROOT)
                              : t.endsWith("/") ? t.substring(0, t.length() - 1) : t));
      case ABOVE ->
          of(
              param.key(),
              texts(plain)
                  .flatMap(
                      t ->
                          param.kind() == Kind.TOKEN
                              ? Stream.of(t.toLowerCase(java.util.Locale.ROOT))
                              : Stream.concat(
                                  SearchForms.ancestors(t).stream()
                                      .flatMap(a -> Stream.of(a, a + "/")),
                                  SearchForms.versions(t).stream())));
      case IN -> of(param.key(), texts(plain).flatMap(t -> valueSets.forms(t).stream()));
      default -> null;
    };
  }

  private static long[] of(long key, Stream<String> forms) {
    return forms.mapToLong(f -> key ^ Keys.of(f)).distinct().toArray();
  }

  private static Stream<String> tokens(Criterion.Plain plain) {
    return plain.values().stream().map(v -> ((SearchValue.Token) v).form());
  }

  private static Stream<String> texts(Criterion.Plain plain) {
    return plain.values().stream().map(v -> ((SearchValue.Text) v).text());
  }

  private Sql condition(String r, Criterion criterion, boolean driven) {
    if (criterion instanceof Criterion.Plain plain) {
      return plain(r, plain);
    }
    if (criterion instanceof Criterion.Missing missing) {
      long key = presence(missing.param(), !missing.missing());
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
        return Sql.of("not " + r + ".keys && :keys", "keys", keys(plain, Modifier.NONE));
      case NOT_IN:
        return Sql.of("not " + r + ".keys && :keys", "keys", keys(plain, Modifier.IN));
      case CONTAINS:
        return strings(r, param.key(), texts(plain).map(SearchSql::contains));
      case TEXT:
        return param.kind() == Kind.TOKEN
            ? strings(r, param.variant("text"), texts(plain).map(SearchSql::startsWith))
            : strings(r, param.key(), texts(plain).map(SearchSql::words));
      default:
    }
    return switch (param.kind()) {
      case STRING -> strings(r, param.key(), texts(plain).map(SearchSql::startsWith));
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
          strings(r, key, Stream.of(startsWith(((SearchValue.Text) pair.second()).text())));
      case DATE -> dateRows(r, key, List.of(pair.second()));
      default -> number(r, key, pair.second());
    };
  }

  private static Sql strings(String r, long param, Stream<Sql> conditions) {
    return Sql.of(
        """
        exists (select from string_value s
                 where s.self = %s.self and s.param = :param and :value)"""
            .formatted(r),
        "param",
        param,
        "value",
        Sql.or(conditions.toList()));
  }

  private static Sql startsWith(String text) {
    String low = Words.normal(text);
    if (low.isEmpty()) {
      // Nothing but punctuation: that is no reason to find everything.
      return Sql.FALSE;
    }
    // Nothing sorts after the last code point.
    return Sql.of("s.value >= :low and s.value < :high", "low", low, "high", low + "\uDBFF\uDFFF");
  }

  private static Sql contains(String text) {
    String part = Words.normal(text);
    return part.isEmpty() ? Sql.FALSE : Sql.of("position(:part in s.value) > 0", "part", part);
  }

  private static Sql words(String text) {
    String words = Words.normal(text);
    if (words.isEmpty()) {
      return Sql.FALSE;
    }
    return Sql.and(
        Arrays.stream(words.split(" "))
            .map(w -> Sql.of("position(:word in ' ' || s.value) > 0", "word", " " + w))
            .toList());
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
