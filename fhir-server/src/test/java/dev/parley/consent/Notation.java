// SPDX-License-Identifier: Apache-2.0
package dev.parley.consent;

import dev.parley.store.Codes;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.hl7.fhir.r4.model.CodeableConcept;
import org.hl7.fhir.r4.model.Coding;
import org.hl7.fhir.r4.model.Consent;
import org.hl7.fhir.r4.model.Consent.ConsentProvisionType;
import org.hl7.fhir.r4.model.Consent.ConsentState;
import org.hl7.fhir.r4.model.Consent.ProvisionComponent;
import org.hl7.fhir.r4.model.DateTimeType;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.StringType;

/** Reads the shorthand of docs/features/consent-cases.md. */
final class Notation {
  private static final List<String> STATES =
      Arrays.stream(ConsentState.values())
          .filter(s -> s != ConsentState.NULL)
          .map(ConsentState::toCode)
          .toList();

  private Notation() {}

  static List<Agreement> consents(String text) {
    return text.isBlank()
        ? List.of()
        : Arrays.stream(text.split(" \\+ ")).map(t -> consent(t.strip())).toList();
  }

  private static Agreement consent(String text) {
    Consent consent = new Consent().setStatus(ConsentState.ACTIVE);
    consent.setDateTimeElement(new DateTimeType("2026-01-10"));
    boolean signed = true;
    String record = "Patient/a";
    Instant recorded = Instant.parse("2026-05-01T00:00:00Z");
    List<String> kinds = new ArrayList<>();
    for (String word : words(text)) {
      String value = word.substring(word.indexOf(':') + 1);
      if (word.matches("\\d{4}.*")) {
        consent.setDateTimeElement(new DateTimeType(word));
      } else if (STATES.contains(word)) {
        consent.setStatus(ConsentState.fromCode(word));
      } else if (word.startsWith("OPT")) {
        consent.setPolicyRule(new CodeableConcept().addCoding(new Coding().setCode(word)));
      } else if (word.startsWith("org:")) {
        consent.addOrganization(new Reference("Organization/" + value));
      } else if (word.startsWith("record:")) {
        record = "Patient/" + value;
      } else if (word.startsWith("kind:")) {
        kinds.add(value);
      } else if (word.startsWith("recorded:")) {
        recorded = Instant.parse(value + "T00:00:00Z");
      } else if (word.matches("(permit|deny|root).*")) {
        consent.setProvision(provision(word));
      } else if (word.equals("unsigned")) {
        signed = false;
      } else if (word.equals("odd")) {
        consent.addModifierExtension().setUrl("https://example.org/x").setValue(new StringType(""));
      } else if (!word.equals("policy:none")) {
        throw new IllegalArgumentException(word);
      }
    }
    (kinds.isEmpty() ? List.of("secure-messaging") : kinds)
        .forEach(kind -> consent.addCategory(Codes.ours("consent-kind", kind)));
    return new Agreement(consent, record, signed, recorded);
  }

  private static ProvisionComponent provision(String text) {
    int brace = text.indexOf('{');
    String head = brace < 0 ? text : text.substring(0, brace);
    ProvisionComponent provision = new ProvisionComponent();
    String type = head.replaceAll("\\[.*", "");
    if (!type.equals("root")) {
      provision.setType(ConsentProvisionType.fromCode(type));
    }
    if (head.contains("[")) {
      String[] condition = head.replaceAll(".*\\[|\\]", "").split("=");
      for (String value : condition[1].split(",")) {
        condition(provision, condition[0], value);
      }
    }
    if (brace >= 0) {
      words(text.substring(brace + 1, text.length() - 1))
          .forEach(inner -> provision.addProvision(provision(inner)));
    }
    return provision;
  }

  private static void condition(ProvisionComponent provision, String name, String value) {
    Coding coding = new Coding().setCode(value);
    switch (name) {
      case "period" -> {
        String[] ends = value.split("/", -1);
        provision.getPeriod().setStartElement(new DateTimeType(ends[0]));
        if (!ends[1].isEmpty()) {
          provision.getPeriod().setEndElement(new DateTimeType(ends[1]));
        }
      }
      case "code" -> provision.addCode(new CodeableConcept().setText(value));
      case "actor" -> provision.addActor().setReference(new Reference(value));
      case "purpose" -> provision.addPurpose(coding);
      case "class" -> provision.addClass_(coding);
      case "label" -> provision.addSecurityLabel(coding);
      case "data" -> provision.addData().setReference(new Reference(value));
      case "action" -> provision.addAction(new CodeableConcept().addCoding(coding));
      default -> throw new IllegalArgumentException(name);
    }
  }

  static Ask message(String text) {
    Set<String> organizations = new HashSet<>(Set.of("Organization/clinic"));
    String kind = "secure-messaging";
    String channel = Channel.APP;
    Set<String> topic = Set.of();
    Set<String> purposes = Set.of("treat");
    Set<String> labels = Set.of();
    Set<String> data = Set.of();
    Set<String> parties = new HashSet<>(Set.of("Practitioner/a"));
    for (String word : words(text)) {
      String value = word.substring(word.indexOf(':') + 1);
      switch (word.replaceAll(":.*", "")) {
        case "org" -> organizations.clear();
        case "of" -> organizations.add("Organization/" + value);
        case "kind" -> kind = value;
        case "topic" -> topic = Forms.of(new CodeableConcept().setText(value));
        case "purpose" -> purposes = Set.of(Forms.lower(value));
        case "label" -> labels = Set.of(Forms.lower(value));
        case "about" -> data = Set.of(value);
        case "by" -> {
          parties.clear();
          parties.add(value);
        }
        case "team" -> parties.add(value);
        default -> channel = word;
      }
    }
    Instant noon = Instant.parse("2026-06-01T12:00:00Z");
    return new Ask(organizations, kind, channel, topic, parties, purposes, labels, data, noon);
  }

  /** Splits at spaces that are in no braces. */
  private static List<String> words(String text) {
    List<String> words = new ArrayList<>();
    int depth = 0;
    StringBuilder word = new StringBuilder();
    for (char c : (text + " ").toCharArray()) {
      depth += c == '{' ? 1 : c == '}' ? -1 : 0;
      if (c != ' ' || depth > 0) {
        word.append(c);
      } else if (!word.isEmpty()) {
        words.add(word.toString());
        word.setLength(0);
      }
    }
    return words;
  }
}
