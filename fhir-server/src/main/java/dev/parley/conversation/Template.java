// SPDX-License-Identifier: Apache-2.0
package dev.parley.conversation;

import ca.uhn.fhir.rest.annotation.IdParam;
import ca.uhn.fhir.rest.annotation.Operation;
import ca.uhn.fhir.rest.annotation.OperationParam;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import dev.parley.access.Refusal;
import dev.parley.feature.Tools;
import dev.parley.store.Codes;
import dev.parley.store.Draft;
import dev.parley.store.Step;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.hl7.fhir.r4.model.ActivityDefinition;
import org.hl7.fhir.r4.model.ActivityDefinition.ActivityDefinitionKind;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.Communication.CommunicationPayloadComponent;
import org.hl7.fhir.r4.model.Communication.CommunicationStatus;
import org.hl7.fhir.r4.model.Enumerations.PublicationStatus;
import org.hl7.fhir.r4.model.IdType;
import org.hl7.fhir.r4.model.Parameters;
import org.hl7.fhir.r4.model.Parameters.ParametersParameterComponent;
import org.hl7.fhir.r4.model.Patient;
import org.hl7.fhir.r4.model.Practitioner;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.StringType;

/**
 * {@code ActivityDefinition/x/$apply-message}: a draft of one's own from a template, its
 * placeholders filled from what the caller may see and from what they give.
 */
public final class Template {
  private static final Pattern PLACEHOLDER = Pattern.compile("\\{\\{\\s*([\\w.-]{1,64})\\s*}}");

  private final Sender sender;
  private final Tools tools;
  private final Zones zones;

  Template(Sender sender, Zones zones) {
    this.zones = zones;
    this.sender = sender;
    this.tools = sender.tools();
  }

  /**
   * Answers the draft.
   *
   * @param thread into which it is to go; its patient is the subject
   * @param values parts whose names are those of placeholders
   */
  @Operation(
      name = "$apply-message",
      typeName = "ActivityDefinition",
      canonicalUrl = Codes.OPERATIONS + "apply-message")
  public Communication apply(
      @IdParam IdType id,
      @OperationParam(name = "thread") Reference thread,
      @OperationParam(name = "values") Parameters values,
      RequestDetails request) {
    ActivityDefinition template =
        tools
            .chart()
            .parse(
                tools.as(request).read("ActivityDefinition", id.getIdPart()),
                ActivityDefinition.class);
    if (template.getKind() != ActivityDefinitionKind.COMMUNICATIONREQUEST
        || template.getStatus() != PublicationStatus.ACTIVE
        || !template.hasDescription()) {
      throw Refusal.unprocessable(
          "business-rule",
          "no-template",
          "A template is an active ActivityDefinition of kind CommunicationRequest; its description"
              + " is the text");
    }
    Communication header = sender.thread(request, thread);
    Communication draft = new Communication().setStatus(CommunicationStatus.PREPARATION);
    draft.addPartOf(new Reference(header.getIdElement().toUnqualifiedVersionless()));
    if (template.hasUrl()) {
      draft.addInstantiatesCanonical(
          template.getUrl() + (template.hasVersion() ? "|" + template.getVersion() : ""));
    }
    if (template.hasPriority()) {
      draft.setPriority(
          Communication.CommunicationPriority.fromCode(template.getPriority().toCode()));
    }
    String text = fill(template.getDescription(), known(header, values, request));
    draft.addPayload(new CommunicationPayloadComponent(new StringType(text)));
    return sender.message(
        tools.as(request).write(Step.create(Draft.of(draft, tools.fhir()), null)));
  }

  private static String fill(String text, Map<String, String> known) {
    Set<String> missing = new TreeSet<>();
    Matcher each = PLACEHOLDER.matcher(text);
    StringBuilder filled = new StringBuilder();
    while (each.find()) {
      String value = known.get(each.group(1));
      if (value == null || value.isBlank()) {
        missing.add(each.group(1));
      }
      each.appendReplacement(filled, Matcher.quoteReplacement(String.valueOf(value)));
    }
    if (!missing.isEmpty()) {
      throw Refusal.unprocessable(
          "required",
          "placeholder-missing",
          "Nothing is known for %s; give them in \"values\"".formatted(String.join(", ", missing)));
    }
    return each.appendTail(filled).toString();
  }

  private Map<String, String> known(
      Communication header, Parameters values, RequestDetails request) {
    Map<String, String> known = new LinkedHashMap<>();
    List<Reference> people =
        Stream.concat(Stream.of(header.getSender()), header.getRecipient().stream()).toList();
    ZoneId zone = sender.inside(connection -> zones.of(connection, people));
    known.put("date", LocalDate.ofInstant(tools.clock().instant(), zone).toString());
    tools
        .chart()
        .local(header.getSubject())
        .filter(s -> s.startsWith("Patient/"))
        .flatMap(s -> tools.as(request).find("Patient", s.substring("Patient/".length())))
        .filter(stored -> !stored.deleted())
        .map(stored -> tools.chart().parse(stored, Patient.class))
        .ifPresent(patient -> about(patient, known));
    String me = tools.caller().apply(request).reference();
    if (me.startsWith("Practitioner/")) {
      tools
          .as(request)
          .find("Practitioner", me.substring("Practitioner/".length()))
          .filter(stored -> !stored.deleted())
          .map(stored -> tools.chart().parse(stored, Practitioner.class))
          .ifPresent(p -> known.put("sender.name", p.getNameFirstRep().getNameAsSingleString()));
    }
    if (values != null) {
      for (ParametersParameterComponent each : values.getParameter()) {
        if (each.getValue() != null && each.getValue().isPrimitive()) {
          known.put(each.getName(), each.getValue().primitiveValue());
        }
      }
    }
    return known;
  }

  private static void about(Patient patient, Map<String, String> known) {
    known.put("patient.name", patient.getNameFirstRep().getNameAsSingleString());
    known.put("patient.given", patient.getNameFirstRep().getGivenAsSingleString());
    known.put("patient.family", patient.getNameFirstRep().getFamily());
    if (patient.hasBirthDate()) {
      known.put("patient.birthDate", patient.getBirthDateElement().getValueAsString());
    }
  }
}
