// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import java.math.BigDecimal;
import java.time.DateTimeException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.hl7.fhir.r4.model.Address;
import org.hl7.fhir.r4.model.Base;
import org.hl7.fhir.r4.model.BaseDateTimeType;
import org.hl7.fhir.r4.model.BooleanType;
import org.hl7.fhir.r4.model.CodeableConcept;
import org.hl7.fhir.r4.model.Coding;
import org.hl7.fhir.r4.model.ContactPoint;
import org.hl7.fhir.r4.model.Enumeration;
import org.hl7.fhir.r4.model.HumanName;
import org.hl7.fhir.r4.model.Identifier;
import org.hl7.fhir.r4.model.Money;
import org.hl7.fhir.r4.model.Period;
import org.hl7.fhir.r4.model.PrimitiveType;
import org.hl7.fhir.r4.model.Quantity;
import org.hl7.fhir.r4.model.Range;
import org.hl7.fhir.r4.model.SampledData;
import org.hl7.fhir.r4.model.StringType;
import org.hl7.fhir.r4.model.Timing;

/** What an element means to a search parameter of each kind. Pure: elements in, values out. */
final class ElementIndex {
  /** Stand for "no limit" where a range is open. */
  static final BigDecimal LOWEST = new BigDecimal("-1E+30");

  static final BigDecimal HIGHEST = new BigDecimal("1E+30");

  private ElementIndex() {}

  /** The token forms of an element (see {@link SearchForms#token}); empty if it is no token. */
  static List<String> tokens(Base element) {
    if (element instanceof CodeableConcept concept) {
      return concept.getCoding().stream()
          .flatMap(c -> SearchForms.token(c.getSystem(), c.getCode()).stream())
          .toList();
    }
    if (element instanceof Coding coding) {
      return SearchForms.token(coding.getSystem(), coding.getCode());
    }
    if (element instanceof Identifier identifier) {
      return SearchForms.token(identifier.getSystem(), identifier.getValue());
    }
    if (element instanceof ContactPoint contact) {
      return SearchForms.token(null, contact.getValue());
    }
    if (element instanceof BooleanType flag) {
      return SearchForms.token(SearchForms.BOOLEANS, flag.getValueAsString());
    }
    if (element instanceof Enumeration<?> code && code.getValue() != null) {
      return SearchForms.token(code.getSystem(), code.getValueAsString());
    }
    return SearchForms.token(null, element.primitiveValue());
  }

  /** What {@code :text} looks at: text and displays. */
  static List<String> texts(Base element) {
    if (element instanceof CodeableConcept concept) {
      return Stream.concat(
              Stream.ofNullable(concept.getText()),
              concept.getCoding().stream().map(Coding::getDisplay).filter(Objects::nonNull))
          .distinct()
          .toList();
    }
    if (element instanceof Coding coding) {
      return Stream.ofNullable(coding.getDisplay()).toList();
    }
    if (element instanceof Identifier identifier) {
      return texts(identifier.getType());
    }
    return element instanceof StringType text
        ? Stream.ofNullable(text.getValue()).toList()
        : List.of();
  }

  /** The strings of an element: itself, or the parts of a name or an address. */
  static List<String> strings(Base element) {
    if (element instanceof HumanName name) {
      return values(
          List.of(name.getTextElement(), name.getFamilyElement()),
          name.getGiven(),
          name.getPrefix(),
          name.getSuffix());
    }
    if (element instanceof Address address) {
      return values(
          List.of(
              address.getTextElement(),
              address.getCityElement(),
              address.getDistrictElement(),
              address.getStateElement(),
              address.getPostalCodeElement(),
              address.getCountryElement()),
          address.getLine());
    }
    if (element instanceof CodeableConcept concept) {
      return texts(concept);
    }
    return Stream.ofNullable(element.primitiveValue()).toList();
  }

  @SafeVarargs
  private static List<String> values(List<StringType>... lists) {
    return Stream.of(lists)
        .flatMap(List::stream)
        .map(StringType::getValue)
        .filter(Objects::nonNull)
        .toList();
  }

  /** The interval of a date, Period or Timing; null if it has none. */
  static TimeRange time(Base element) {
    try {
      if (element instanceof BaseDateTimeType date) {
        return date.hasValue() ? TimeRange.ofElement(date.getValueAsString()) : null;
      }
      if (element instanceof Period period) {
        TimeRange start = time(period.getStartElement());
        TimeRange end = time(period.getEndElement());
        return start == null && end == null ? null : TimeRange.between(start, end);
      }
      return element instanceof Timing timing ? outline(timing) : null;
    } catch (DateTimeException e) {
      // HAPI lets a few through that no calendar knows (leap seconds); they are just not found.
      return null;
    }
  }

  private static TimeRange outline(Timing timing) {
    List<TimeRange> ranges = new ArrayList<>();
    timing.getEvent().forEach(e -> ranges.add(time(e)));
    if (timing.getRepeat().getBounds() instanceof Period bounds) {
      ranges.add(time(bounds));
    }
    ranges.removeIf(Objects::isNull);
    if (ranges.size() < 2) {
      return ranges.isEmpty() ? null : ranges.get(0);
    }
    return new TimeRange(
        ranges.stream().map(TimeRange::low).min(Comparable::compareTo).orElseThrow(),
        ranges.stream().map(TimeRange::high).max(Comparable::compareTo).orElseThrow(),
        false);
  }

  /** A number or an amount with the texts of its unit. */
  record Measure(BigDecimal low, BigDecimal high, List<String> units) {}

  /** The measure of a number, Quantity, Money, Range or SampledData; null if it has none. */
  static Measure measure(Base element) {
    if (element instanceof Quantity quantity) {
      return quantity.getValue() != null ? measure(quantity) : null;
    }
    if (element instanceof Money money) {
      return money.getValue() != null
          ? new Measure(
              money.getValue(),
              money.getValue(),
              units(SearchForms.CURRENCIES, money.getCurrency(), null))
          : null;
    }
    if (element instanceof Range range) {
      Quantity either = range.hasLow() ? range.getLow() : range.getHigh();
      return new Measure(
          range.getLow().getValue() != null ? range.getLow().getValue() : LOWEST,
          range.getHigh().getValue() != null ? range.getHigh().getValue() : HIGHEST,
          units(either.getSystem(), either.getCode(), either.getUnit()));
    }
    if (element instanceof SampledData data) {
      Quantity origin = data.getOrigin();
      return new Measure(
          data.getLowerLimit() != null ? data.getLowerLimit() : LOWEST,
          data.getUpperLimit() != null ? data.getUpperLimit() : HIGHEST,
          units(origin.getSystem(), origin.getCode(), origin.getUnit()));
    }
    if (element instanceof PrimitiveType<?> number && number.hasValue()) {
      BigDecimal value = new BigDecimal(number.getValueAsString());
      return new Measure(value, value, List.of());
    }
    return null;
  }

  private static Measure measure(Quantity quantity) {
    BigDecimal value = quantity.getValue();
    List<String> units = units(quantity.getSystem(), quantity.getCode(), quantity.getUnit());
    if (quantity.getComparator() == null) {
      return new Measure(value, value, units);
    }
    return switch (quantity.getComparator()) {
      case LESS_THAN, LESS_OR_EQUAL -> new Measure(LOWEST, value, units);
      case GREATER_THAN, GREATER_OR_EQUAL -> new Measure(value, HIGHEST, units);
      default -> new Measure(value, value, units);
    };
  }

  private static List<String> units(String system, String code, String unit) {
    List<String> units = new ArrayList<>(3);
    if (code != null) {
      units.add(code);
      units.add((system == null ? "" : system) + "|" + code);
    }
    if (unit != null && !unit.equals(code)) {
      units.add(unit);
    }
    return units;
  }
}
