// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import java.math.BigDecimal;

/** The prefixes of A-87 over a row [n.low, n.high] of {@code number_value}. */
final class NumberSql {
  private NumberSql() {}

  static Sql condition(SearchValue.Number number) {
    BigDecimal value = number.value();
    String text =
        switch (number.prefix()) {
          case EQ -> "n.low >= :low and n.high < :high";
          case NE -> "not (n.low >= :low and n.high < :high)";
          case GT -> "n.high > :value";
          case LT -> "n.low < :value";
          case GE -> "n.high >= :value";
          case LE -> "n.low <= :value";
          case SA -> "n.low > :value";
          case EB -> "n.high < :value";
          case AP -> "n.high >= :value - :tenth and n.low <= :value + :tenth";
        };
    Sql condition =
        Sql.of(
            text,
            "low",
            number.low(),
            "high",
            number.high(),
            "value",
            value,
            "tenth",
            value.abs().movePointLeft(1));
    if (number.unit() == null) {
      return condition;
    }
    return Sql.of(
        "(:range) and n.units @> :unit",
        "range",
        condition,
        "unit",
        new long[] {Keys.of(number.unit())});
  }
}
