// SPDX-License-Identifier: Apache-2.0
package dev.parley.http;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.parser.DataFormatException;
import ca.uhn.fhir.parser.LenientErrorHandler;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import ca.uhn.fhir.validation.ValidationResult;
import dev.parley.access.Refusal;
import dev.parley.store.ResourceStore;
import dev.parley.store.ResourceText;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.hl7.fhir.r4.model.IdType;
import org.hl7.fhir.r4.model.OperationOutcome;
import org.hl7.fhir.r4.model.Parameters;
import org.hl7.fhir.r4.model.Parameters.ParametersParameterComponent;
import org.hl7.fhir.r4.model.PrimitiveType;
import org.hl7.fhir.r4.model.Resource;

/**
 * {@code $validate}: 200 with an OperationOutcome, whatever it says. The first call takes
 * seconds, see {@link FullValidation}.
 */
final class ValidateOperation {
  static final String CANONICAL = "http://hl7.org/fhir/OperationDefinition/Resource-validate";

  private final FhirContext fhir;
  private final ResourceStore store;
  private final FullValidation validation;

  ValidateOperation(FhirContext fhir, ResourceStore store, FullValidation validation) {
    this.fhir = fhir;
    this.store = store;
    this.validation = validation;
  }

  /**
   * Of the body, as a resource of this type or the next version of this resource; without a body,
   * of what is stored.
   */
  OperationOutcome answer(IdType id, RequestDetails request) {
    return answer(request.getResourceName(), id == null ? null : id.getIdPart(), request);
  }

  private OperationOutcome answer(String type, String id, RequestDetails request) {
    Question question = Question.of(request, this);
    if (question.mode().equals("delete")) {
      store
          .as(Interactions.caller(request), Interactions.origin(request))
          .read(type, required(id, "mode=delete"));
      return fine("Nothing stands against a delete");
    }
    String text = question.text();
    if (text == null) {
      text =
          store
              .as(Interactions.caller(request), Interactions.origin(request))
              .read(type, required(id, "no body"))
              .json();
    }
    ValidationResult result = validation.check(text, question.profiles());
    OperationOutcome outcome = (OperationOutcome) result.toOperationOutcome();
    also(outcome, type, id, question);
    return outcome.hasIssue() ? outcome : fine("No issues");
  }

  /** What the validator cannot know: where the resource was sent. */
  private void also(OperationOutcome outcome, String type, String id, Question question) {
    Resource resource = question.text() == null ? null : parsed(question.text());
    if (resource == null) {
      return;
    }
    if (!resource.fhirType().equals(type)) {
      error(outcome, "The resource is a " + resource.fhirType() + ", the URL says " + type);
    }
    if (id != null && resource.hasIdElement() && !id.equals(resource.getIdElement().getIdPart())) {
      error(outcome, "The resource has another id than the URL");
    }
  }

  private static void error(OperationOutcome outcome, String sentence) {
    outcome
        .addIssue()
        .setSeverity(OperationOutcome.IssueSeverity.ERROR)
        .setCode(OperationOutcome.IssueType.INVALID)
        .setDiagnostics(sentence);
  }

  private static OperationOutcome fine(String sentence) {
    OperationOutcome outcome = new OperationOutcome();
    outcome
        .addIssue()
        .setSeverity(OperationOutcome.IssueSeverity.INFORMATION)
        .setCode(OperationOutcome.IssueType.INFORMATIONAL)
        .setDiagnostics(sentence);
    return outcome;
  }

  private static String required(String id, String why) {
    if (id == null) {
      throw Refusal.invalid(
          "nothing-to-validate", "With " + why + " $validate needs the URL of a resource");
    }
    return id;
  }

  private Resource parsed(String text) {
    try {
      return (Resource)
          (text.stripLeading().startsWith("<") ? fhir.newXmlParser() : fhir.newJsonParser())
              .setParserErrorHandler(new LenientErrorHandler(false).setErrorOnInvalidValue(false))
              .parseResource(text);
    } catch (DataFormatException | IllegalArgumentException e) {
      return null;
    }
  }

  /** What is asked: from the URL, and from the body, which is the resource or Parameters. */
  private record Question(String text, String mode, List<String> profiles) {
    static Question of(RequestDetails request, ValidateOperation operation) {
      byte[] body = request.loadRequestContents();
      String text = body == null ? "" : new String(body, StandardCharsets.UTF_8);
      String mode = first(request, "mode");
      List<String> profiles =
          request.getParameters().containsKey("profile")
              ? List.of(request.getParameters().get("profile"))
              : List.of();
      if (text.isBlank()) {
        return new Question(null, mode, profiles);
      }
      if (!text.stripLeading().startsWith("<")) {
        // Refuses what is not JSON, where the validator would fail.
        ResourceText.of(text, request.getResourceName(), Map.of());
      }
      if (!(operation.parsed(text) instanceof Parameters parameters)
          || "Parameters".equals(request.getResourceName())) {
        return new Question(text, mode, profiles);
      }
      boolean xml = text.stripLeading().startsWith("<");
      List<String> texts = xml ? List.of() : EntryTexts.of(text, "parameter");
      String resource = null;
      for (int i = 0; i < parameters.getParameter().size(); i++) {
        ParametersParameterComponent parameter = parameters.getParameter().get(i);
        switch (String.valueOf(parameter.getName())) {
          case "resource" ->
              resource =
                  xml
                      ? operation
                          .fhir
                          .newJsonParser()
                          .encodeResourceToString(parameter.getResource())
                      : texts.get(i);
          case "mode" -> mode = value(parameter);
          case "profile" -> profiles = List.of(value(parameter));
          default -> {}
        }
      }
      return new Question(resource, mode, profiles);
    }

    private static String first(RequestDetails request, String name) {
      String[] values = request.getParameters().get(name);
      return values == null || values.length == 0 ? "" : values[0];
    }

    private static String value(ParametersParameterComponent parameter) {
      return parameter.getValue() instanceof PrimitiveType<?> value && value.hasValue()
          ? value.getValueAsString()
          : "";
    }
  }
}
