// SPDX-License-Identifier: Apache-2.0
package dev.parley.http;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.DefaultProfileValidationSupport;
import ca.uhn.fhir.validation.FhirValidator;
import ca.uhn.fhir.validation.ResultSeverityEnum;
import ca.uhn.fhir.validation.SingleValidationMessage;
import ca.uhn.fhir.validation.ValidationOptions;
import ca.uhn.fhir.validation.ValidationResult;
import dev.parley.access.Refusal;
import java.util.List;
import org.hl7.fhir.common.hapi.validation.support.CommonCodeSystemsTerminologyService;
import org.hl7.fhir.common.hapi.validation.support.InMemoryTerminologyServerValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.ValidationSupportChain;
import org.hl7.fhir.common.hapi.validation.validator.FhirInstanceValidator;

/**
 * HAPI's validator with the definitions, value sets and code systems of R4. They take seconds and a
 * good hundred megabytes, so they are loaded when someone first asks.
 */
final class FullValidation {
  private final FhirContext fhir;
  private FhirValidator validator;

  FullValidation(FhirContext fhir) {
    this.fhir = fhir;
  }

  /** All that is to say about a resource as it was sent (JSON or XML), against these profiles. */
  ValidationResult check(String text, List<String> profiles) {
    ValidationOptions options = new ValidationOptions();
    profiles.forEach(options::addProfile);
    return validator().validateWithResult(text, options);
  }

  /**
   * Refuses what has an error.
   *
   * @throws Refusal 422 that names the first place and the validator's rule, and no content
   */
  void require(String json) {
    List<SingleValidationMessage> errors =
        check(json, List.of()).getMessages().stream()
            .filter(m -> m.getSeverity().ordinal() >= ResultSeverityEnum.ERROR.ordinal())
            .toList();
    if (!errors.isEmpty()) {
      SingleValidationMessage first = errors.get(0);
      throw Refusal.unprocessable(
              "invariant",
              "not-conformant",
              "%d errors, the first at %s (%s); $validate tells them all"
                  .formatted(errors.size(), first.getLocationString(), first.getMessageId()))
          .at(first.getLocationString());
    }
  }

  private synchronized FhirValidator validator() {
    if (validator == null) {
      ValidationSupportChain support =
          new ValidationSupportChain(
              new DefaultProfileValidationSupport(fhir),
              new CommonCodeSystemsTerminologyService(fhir),
              new InMemoryTerminologyServerValidationSupport(fhir));
      FhirInstanceValidator instance = new FhirInstanceValidator(support);
      instance.setAnyExtensionsAllowed(true);
      instance.setErrorForUnknownProfiles(true);
      validator = fhir.newValidator().registerValidatorModule(instance);
    }
    return validator;
  }
}
