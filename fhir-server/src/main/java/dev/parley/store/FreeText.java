// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import java.util.HashSet;
import java.util.Set;
import org.hl7.fhir.r4.model.Base;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.Extension;
import org.hl7.fhir.r4.model.Narrative;
import org.hl7.fhir.r4.model.PrimitiveType;
import org.hl7.fhir.r4.model.Property;
import org.hl7.fhir.r4.model.Reference;

/**
 * What a Communication says in words outside its payload, as the header of a thread may: topic,
 * note, reason, narrative, what is contained, extensions and names of codes. Names and identifiers
 * of people are none.
 */
public final class FreeText {
  private static final Set<String> NONE =
      Set.of("id", "meta", "identifier", "payload", "sender", "recipient", "subject");
  private static final Set<String> TEXT = Set.of("string", "markdown", "base64Binary");

  private FreeText() {}

  /** Each piece of it once. */
  public static Set<String> of(Communication message) {
    Set<String> words = new HashSet<>();
    for (Property property : message.children()) {
      if (!NONE.contains(property.getName()) && property.hasValues()) {
        property.getValues().forEach(value -> add(value, words));
      }
    }
    return words;
  }

  /** Whether an extension says anything in words. */
  public static boolean in(Extension extension) {
    Set<String> words = new HashSet<>();
    add(extension, words);
    return !words.isEmpty();
  }

  private static void add(Base value, Set<String> words) {
    String text =
        value instanceof Narrative narrative
            ? narrative.getDivAsString()
            : value instanceof PrimitiveType<?> primitive && TEXT.contains(value.fhirType())
                ? primitive.getValueAsString()
                : null;
    if (text != null && !text.isBlank()) {
      words.add(text);
    }
    boolean refers = value instanceof Reference;
    for (Property property : value.children()) {
      if (property.hasValues() && !(refers && property.getName().equals("reference"))) {
        property.getValues().forEach(each -> add(each, words));
      }
    }
  }
}
