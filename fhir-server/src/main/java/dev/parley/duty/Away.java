// SPDX-License-Identifier: Apache-2.0
package dev.parley.duty;

import dev.parley.store.Codes;
import java.time.Instant;
import java.util.Optional;
import java.util.stream.Stream;
import org.hl7.fhir.r4.model.Basic;
import org.hl7.fhir.r4.model.DateTimeType;
import org.hl7.fhir.r4.model.Extension;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.Resource;

/**
 * That somebody does not want to be disturbed: a Basic of its own, so that no update of the
 * directory drops it.
 *
 * @param until it ends by itself then
 * @param note for those who would write; or null
 * @param delegate who is asked to stand in; or null
 */
public record Away(Instant until, String note, String delegate) {
  public static final String CODE = "availability";
  private static final String SYSTEM = Codes.SYSTEMS + "basic";
  private static final String UNTIL = Codes.EXTENSIONS + "do-not-disturb-until";
  private static final String NOTE = Codes.EXTENSIONS + "availability-note";
  private static final String DELEGATE = Codes.EXTENSIONS + "delegate";

  public static boolean is(Resource resource) {
    return resource instanceof Basic basic && Codes.has(basic.getCode(), "basic", CODE);
  }

  /** The search by which a person's is found. */
  public static String search(String person) {
    return "code=%s|%s&subject=%s".formatted(SYSTEM, CODE, person);
  }

  /** What it says at this moment; empty if they can be reached. */
  static Optional<Away> of(Basic basic, Instant now) {
    Extension until = basic.getExtensionByUrl(UNTIL);
    if (!(until != null && until.getValue() instanceof DateTimeType moment)
        || !moment.getValue().toInstant().isAfter(now)) {
      return Optional.empty();
    }
    Extension delegate = basic.getExtensionByUrl(DELEGATE);
    return Optional.of(
        new Away(
            moment.getValue().toInstant(),
            basic.getExtensionString(NOTE),
            delegate != null && delegate.getValue() instanceof Reference who
                ? who.getReference()
                : null));
  }

  /** As it is stored. */
  public Basic basic(String person, DateTimeType untilElement) {
    Basic basic = new Basic();
    basic.setCode(Codes.of(SYSTEM, CODE));
    basic.setSubject(new Reference(person)).setAuthor(new Reference(person));
    basic.addExtension(UNTIL, untilElement);
    Stream.of(note)
        .filter(n -> n != null && !n.isBlank())
        .forEach(n -> basic.addExtension(NOTE, new org.hl7.fhir.r4.model.StringType(n.strip())));
    if (delegate != null) {
      basic.addExtension(DELEGATE, new Reference(delegate));
    }
    return basic;
  }
}
