// SPDX-License-Identifier: Apache-2.0
package dev.parley.expectation;

import dev.parley.access.Refusal;
import dev.parley.duty.Hours;
import dev.parley.duty.HoursOf;
import dev.parley.store.Codes;
import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.hl7.fhir.r4.model.Extension;
import org.hl7.fhir.r4.model.HealthcareService;
import org.hl7.fhir.r4.model.Reference;

/**
 * What a HealthcareService says of its hours and answers.
 *
 * @param name for people
 * @param ladder what happens when an answer is late; empty for the usual
 * @param emergencyText what to do if it cannot wait; or null
 * @param afterHoursText what is said outside the hours; or null
 */
record Service(
    String name,
    Hours hours,
    List<Promise> promises,
    List<Ladders.Rung> ladder,
    String emergencyText,
    String afterHoursText) {
  static final String LADDER = Codes.EXTENSIONS + "escalation";
  static final String PROMISE = Codes.EXTENSIONS + "response-promise";
  static final String AFTER_HOURS = Codes.EXTENSIONS + "after-hours-text";
  static final String ZONE = "http://hl7.org/fhir/StructureDefinition/timezone";

  /**
   * A first answer within so much service time.
   *
   * @param category of the message; null for any
   * @param priority of the message; null for any
   */
  record Promise(String category, String priority, Duration within) {
    private boolean covers(Set<String> categories, String asked) {
      return (category == null || categories.contains(category))
          && (priority == null || priority.equals(asked));
    }

    private int precision() {
      return (category == null ? 0 : 2) + (priority == null ? 0 : 1);
    }
  }

  /**
   * Reads it.
   *
   * @param fallback the time zone if it names none
   * @throws Refusal 422 promise-invalid, naming what is wrong
   */
  static Service of(HealthcareService service, ZoneId fallback) {
    ZoneId zone = zone(service, fallback);
    List<Promise> promises = new ArrayList<>();
    service.getExtensionsByUrl(PROMISE).forEach(e -> promises.add(promise(e)));
    return new Service(
        service.hasName() ? service.getName() : "The service",
        HoursOf.service(service, zone),
        List.copyOf(promises),
        service.getExtensionsByUrl(LADDER).stream()
            .map(Service::rung)
            .sorted(Comparator.comparing(Ladders.Rung::after))
            .toList(),
        service.getExtensionString(Codes.EMERGENCY_TEXT),
        service.getExtensionString(AFTER_HOURS));
  }

  /**
   * The promise for such a message: what names its category goes before what names its priority.
   */
  Optional<Promise> promise(Set<String> categories, String priority) {
    return promises.stream()
        .filter(p -> p.covers(categories, priority))
        .min(Comparator.comparing(Promise::precision).reversed().thenComparing(Promise::within));
  }

  private static Promise promise(Extension extension) {
    Extension within = extension.getExtensionByUrl("within");
    if (within == null
        || !(within.getValue() instanceof org.hl7.fhir.r4.model.Duration time)
        || !time.hasValue()
        || time.getValue().signum() < 0) {
      throw invalid("A response-promise has \"within\", a Duration");
    }
    return new Promise(code(extension, "category"), code(extension, "priority"), duration(time));
  }

  private static Ladders.Rung rung(Extension extension) {
    Extension after = extension.getExtensionByUrl("after");
    Extension to = extension.getExtensionByUrl("to");
    if (after == null
        || to == null
        || !(after.getValue() instanceof org.hl7.fhir.r4.model.Duration time)
        || !time.hasValue()) {
      throw invalid("An escalation has \"after\", a Duration, and \"to\"");
    }
    String whom =
        to.getValue() instanceof Reference who
            ? who.getReference()
            : to.getValue().primitiveValue();
    if (whom == null || !whom.matches("owner|on-call|team-lead|[A-Z][A-Za-z]+/\\S+")) {
      throw invalid("An escalation goes to owner, on-call, team-lead or a reference");
    }
    return new Ladders.Rung(whom, duration(time));
  }

  private static String code(Extension extension, String name) {
    Extension part = extension.getExtensionByUrl(name);
    return part == null || part.getValue() == null ? null : part.getValue().primitiveValue();
  }

  /** In minutes or hours of service time; a day could mean several things. */
  static Duration duration(org.hl7.fhir.r4.model.Duration time) {
    BigDecimal seconds =
        switch (String.valueOf(time.hasCode() ? time.getCode() : time.getUnit())) {
          case "min" -> BigDecimal.valueOf(60);
          case "h" -> BigDecimal.valueOf(3_600);
          default -> throw invalid("A time to answer is in min or h");
        };
    return Duration.ofSeconds(time.getValue().multiply(seconds).longValue());
  }

  private static ZoneId zone(HealthcareService service, ZoneId fallback) {
    Extension named = service.getExtensionByUrl(ZONE);
    if (named == null || named.getValue() == null) {
      return fallback;
    }
    try {
      return ZoneId.of(named.getValue().primitiveValue());
    } catch (DateTimeException e) {
      throw invalid("The time zone is not one of IANA's, as Europe/Berlin");
    }
  }

  private static Refusal invalid(String sentence) {
    return Refusal.unprocessable("value", "promise-invalid", sentence);
  }
}
