// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import dev.parley.store.Criterion.Modifier;
import dev.parley.store.SearchParam.Kind;
import dev.parley.store.SearchParam.Presence;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/** What a criterion asks of {@code resource.keys}, for those that it answers. */
final class CriterionKeys {
  private final ValueSets valueSets;

  CriterionKeys(ValueSets valueSets) {
    this.valueSets = valueSets;
  }

  /** The keys of which a row must have one, if that is all that the criterion asks. */
  long[] positive(Criterion criterion) {
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
      List<long[]> each = perType.criteria().stream().map(this::positive).toList();
      return each.stream().allMatch(k -> k != null)
          ? each.stream().flatMapToLong(Arrays::stream).toArray()
          : null;
    }
    return criterion instanceof Criterion.Plain plain ? of(plain, plain.modifier()) : null;
  }

  static long presence(SearchParam param, boolean missing) {
    return param.variant("missing") ^ (missing ? SearchIndexer.TRUE : SearchIndexer.FALSE);
  }

  /** The keys of which a row must have one for a value, or null if keys do not say it. */
  long[] of(Criterion.Plain plain, Modifier modifier) {
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
                              ? t.toLowerCase(Locale.ROOT)
                              : t.endsWith("/") ? t.substring(0, t.length() - 1) : t));
      case ABOVE ->
          of(
              param.key(),
              texts(plain)
                  .flatMap(
                      t ->
                          param.kind() == Kind.TOKEN
                              ? Stream.of(t.toLowerCase(Locale.ROOT))
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

  static Stream<String> texts(Criterion.Plain plain) {
    return plain.values().stream().map(v -> ((SearchValue.Text) v).text());
  }
}
