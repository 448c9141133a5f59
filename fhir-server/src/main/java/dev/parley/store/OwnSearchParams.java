// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import dev.parley.store.SearchParam.Kind;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Function;
import org.hl7.fhir.r4.model.Enumerations.PublicationStatus;
import org.hl7.fhir.r4.model.Enumerations.SearchParamType;
import org.hl7.fhir.r4.model.SearchParameter;

/** What R4 has no parameter for and messages, consents and verifications are looked for by. */
enum OwnSearchParams {
  PARTICIPANT(
      Kind.REFERENCE,
      "Communication.sender | Communication.recipient",
      "Who sends or receives the message"),
  TOPIC(Kind.TOKEN, "Communication.topic", "What the message is about, coded or as text"),
  PRIORITY(Kind.TOKEN, "Communication.priority", "routine, urgent, asap or stat"),
  IN_RESPONSE_TO(Kind.REFERENCE, "Communication.inResponseTo", "The message that this one answers"),
  ABOUT(Kind.REFERENCE, "Communication.about", "The resources that the message is about"),
  MENTION(
      Kind.REFERENCE,
      "Communication.extension.where(url='" + Codes.MENTION + "').value",
      "Whom the message mentions"),
  UNREAD_BY(
      Kind.SPECIAL,
      "",
      "Not read by this person, role, team or pool: a reference; about others only systems find any"),
  ACKNOWLEDGED(
      Kind.SPECIAL,
      "",
      "true: somebody has acknowledged the message; false: nobody has; of what one may know it of"),
  VERIFIED(
      "Consent",
      Kind.TOKEN,
      "Consent.verification.verified",
      "Whether the decision was confirmed with the patient: true or false"),
  STATUS(
      "VerificationResult",
      Kind.TOKEN,
      "VerificationResult.status",
      "attested, validated, in-process, req-revalid, val-fail or reval-fail");

  static final String CANONICAL = "https://parley.dev/fhir/SearchParameter/";

  private final String type;
  private final Kind kind;
  private final String expression;
  private final String sentence;

  OwnSearchParams(Kind kind, String expression, String sentence) {
    this("Communication", kind, expression, sentence);
  }

  OwnSearchParams(String type, Kind kind, String expression, String sentence) {
    this.type = type;
    this.kind = kind;
    this.expression = expression;
    this.sentence = sentence;
  }

  private String code() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** Its own, as a resource: the code of what is about messages. */
  private String id() {
    return type.equals("Communication") ? code() : type.toLowerCase(Locale.ROOT) + "-" + code();
  }

  private Set<String> targets(Function<String, SearchParam> standard) {
    return switch (this) {
      case PARTICIPANT, MENTION -> standard.apply("recipient").targets();
      case IN_RESPONSE_TO -> Set.of("Communication");
      default -> Set.of();
    };
  }

  /** Those of a type, given the standard ones of that type. */
  static List<SearchParam> of(String type, Function<String, SearchParam> standard) {
    return Arrays.stream(values())
        .filter(p -> p.type.equals(type))
        .map(
            p ->
                new SearchParam(
                    type,
                    p.code(),
                    p.kind,
                    Keys.param(type, p.code()),
                    p.expression.isEmpty() ? null : p.expression,
                    p.expression.isEmpty() ? null : SearchPath.parse(p.expression),
                    p.targets(standard),
                    CANONICAL + p.id(),
                    p.sentence,
                    Set.of(),
                    p == PARTICIPANT,
                    List.of()))
        .toList();
  }

  static List<SearchParameter> all() {
    return Arrays.stream(values()).map(OwnSearchParams::resource).toList();
  }

  private SearchParameter resource() {
    SearchParameter resource = new SearchParameter();
    resource.setId(id());
    resource.setUrl(CANONICAL + id());
    resource.setVersion("1.0.0");
    resource.setName(type + "_" + name().toLowerCase(Locale.ROOT));
    resource.setStatus(PublicationStatus.ACTIVE);
    resource.setDescription(sentence);
    resource.setCode(code());
    resource.addBase(type);
    resource.setType(SearchParamType.valueOf(kind.name()));
    if (!expression.isEmpty()) {
      resource.setExpression(expression);
    }
    if (this == IN_RESPONSE_TO) {
      resource.addTarget("Communication");
    } else if (this == PARTICIPANT || this == MENTION) {
      List.of(
              "CareTeam",
              "Device",
              "Group",
              "HealthcareService",
              "Organization",
              "Patient",
              "Practitioner",
              "PractitionerRole",
              "RelatedPerson")
          .forEach(resource::addTarget);
    } else if (kind == Kind.REFERENCE) {
      resource.addTarget("Resource");
    }
    return resource;
  }
}
