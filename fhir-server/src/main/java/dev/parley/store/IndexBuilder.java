// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import dev.parley.store.IndexValues.Amount;
import dev.parley.store.IndexValues.Span;
import dev.parley.store.IndexValues.Text;
import dev.parley.store.References.Local;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Collects the index values of one resource. */
final class IndexBuilder {
  private long[] keys = new long[64];
  private int count;
  final Set<Long> who = new LinkedHashSet<>(8);
  final List<Local> owners = new ArrayList<>(8);
  final Set<Text> strings = new LinkedHashSet<>(4);
  final Set<Span> dates = new LinkedHashSet<>(4);
  private static final int MOST_DIGITS = 500;
  final List<Amount> numbers = new ArrayList<>(2);
  final Set<String> required = new LinkedHashSet<>(4);

  void owner(Local owner) {
    if (who.add(owner.self())) {
      owners.add(owner);
    }
  }

  void key(long key) {
    if (count == keys.length) {
      keys = Arrays.copyOf(keys, count * 2);
    }
    keys[count++] = key;
  }

  void text(long param, String value) {
    String normal = Words.normal(value);
    if (!normal.isEmpty()) {
      strings.add(new Text(param, normal));
    }
  }

  void span(long param, TimeRange range) {
    dates.add(new Span(param, range.low(), range.high()));
  }

  void amount(long param, BigDecimal low, BigDecimal high, List<Long> units) {
    numbers.add(new Amount(param, bounded(low), bounded(high), units));
  }

  /** Beyond what any search can name, and what PostgreSQL can hold: the text keeps its digits. */
  private static BigDecimal bounded(BigDecimal value) {
    int digits = value.precision() - value.scale();
    if (digits > MOST_DIGITS) {
      return BigDecimal.ONE
          .movePointRight(MOST_DIGITS)
          .multiply(BigDecimal.valueOf(value.signum()));
    }
    if (digits < -MOST_DIGITS) {
      return BigDecimal.ZERO;
    }
    return value.scale() > 2 * MOST_DIGITS
        ? value.setScale(2 * MOST_DIGITS, RoundingMode.HALF_EVEN)
        : value;
  }

  /** The collected keys, sorted and distinct. */
  long[] keys() {
    Arrays.sort(keys, 0, count);
    int distinct = 0;
    for (int i = 0; i < count; i++) {
      if (i == 0 || keys[i] != keys[i - 1]) {
        keys[distinct++] = keys[i];
      }
    }
    return Arrays.copyOf(keys, distinct);
  }
}
