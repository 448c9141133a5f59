// SPDX-License-Identifier: Apache-2.0
package dev.parley.http;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.parser.DataFormatException;
import ca.uhn.fhir.parser.IParser;
import ca.uhn.fhir.rest.api.PatchTypeEnum;
import dev.parley.access.Caller;
import dev.parley.access.Refusal;
import dev.parley.store.Draft;
import dev.parley.store.StoredResource;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.r4.model.Binary;
import org.hl7.fhir.r4.model.DomainResource;
import org.hl7.fhir.r4.model.Narrative.NarrativeStatus;
import org.hl7.fhir.r4.model.Parameters;
import org.hl7.fhir.r4.model.Resource;

/** What a patch makes of a stored resource. */
final class Patches {
  private static final String JSON_PATCH = "application/json-patch+json";

  private final FhirContext fhir;
  private final FhirPathEdit fhirPathEdit;

  Patches(FhirContext fhir) {
    this.fhir = fhir;
    this.fhirPathEdit = new FhirPathEdit(fhir);
  }

  /**
   * The patched resource, to be checked and stored like any other.
   *
   * @throws Refusal 400 if the patch cannot be read, 403 if it asks what stands there and the
   *     caller may not read that, 415 for a form that is not known, 422 if it does not fit the
   *     stored version or its result is not valid
   */
  Draft apply(Caller caller, StoredResource stored, PatchTypeEnum kind, String patch) {
    return switch (kind) {
      case JSON_PATCH -> json(caller, stored, patch);
      case FHIR_PATCH_JSON -> fhirPath(caller, stored, parameters(fhir.newJsonParser(), patch));
      case FHIR_PATCH_XML -> fhirPath(caller, stored, parameters(fhir.newXmlParser(), patch));
      case XML_PATCH -> throw form();
    };
  }

  /** The same for a patch inside a Bundle: Parameters, or a Binary that holds a JSON Patch. */
  Draft apply(Caller caller, StoredResource stored, Resource patch) {
    if (patch instanceof Parameters parameters) {
      return fhirPath(caller, stored, parameters);
    }
    if (patch instanceof Binary binary && JSON_PATCH.equals(binary.getContentType())) {
      byte[] data = binary.getData() == null ? new byte[0] : binary.getData();
      return json(caller, stored, new String(data, StandardCharsets.UTF_8));
    }
    throw form();
  }

  private Draft json(Caller caller, StoredResource stored, String patch) {
    if (JsonEdit.tests(patch)) {
      Shown.requireRead(caller, stored.type());
    }
    String json = JsonEdit.apply(stored.json(), patch);
    Resource before = (Resource) fhir.newJsonParser().parseResource(stored.json());
    Resource after = result(json);
    keepIdentity(stored, before, after);
    return staleNarrative(before, after) ? Draft.of(after, fhir) : Draft.ofJson(after, json);
  }

  private Draft fhirPath(Caller caller, StoredResource stored, Parameters parameters) {
    if (tests(parameters)) {
      Shown.requireRead(caller, stored.type());
    }
    Resource before = (Resource) fhir.newJsonParser().parseResource(stored.json());
    Resource after = before.copy();
    after.setId(before.getIdElement());
    fhirPathEdit.apply(after, parameters);
    keepIdentity(stored, before, after);
    staleNarrative(before, after);
    return Draft.of(result(fhir.newJsonParser().encodeResourceToString(after)), fhir);
  }

  /** A path with a function, where(...) say, finds or does not: an answer to a question. */
  private static boolean tests(Parameters patch) {
    return patch.getParameter().stream()
        .flatMap(operation -> operation.getPart().stream())
        .filter(part -> "path".equals(part.getName()) && part.getValue() != null)
        .anyMatch(part -> String.valueOf(part.getValue().primitiveValue()).contains("("));
  }

  private Resource result(String json) {
    try {
      return (Resource) fhir.newJsonParser().parseResource(json);
    } catch (DataFormatException e) {
      throw Refusal.unprocessable(
          "structure",
          "patch-result",
          "The patched resource is not valid: " + ErrorInterceptor.plain(e));
    }
  }

  /** what the server sets is put back if it is left out, and refused if it is changed. */
  private static void keepIdentity(StoredResource stored, Resource before, Resource after) {
    if (!after.fhirType().equals(stored.type())
        || !stored.id().equals(after.getIdElement().getIdPart())
        || changed(before.getMeta().getVersionId(), after.getMeta().getVersionId())
        || changed(before.getMeta().getLastUpdated(), after.getMeta().getLastUpdated())) {
      throw identity();
    }
  }

  static Refusal identity() {
    return Refusal.unprocessable(
        "business-rule",
        "patch-identity",
        "A patch cannot change resourceType, id, meta.versionId or meta.lastUpdated");
  }

  private static boolean changed(Object before, Object after) {
    return after != null && !Objects.equals(before, after);
  }

  /** a generated narrative tells of the elements before the patch; it goes. */
  private static boolean staleNarrative(Resource before, Resource after) {
    if (before instanceof DomainResource old
        && after instanceof DomainResource now
        && now.hasText()
        && now.getText().equalsDeep(old.getText())
        && (now.getText().getStatus() == NarrativeStatus.GENERATED
            || now.getText().getStatus() == NarrativeStatus.EXTENSIONS)) {
      now.setText(null);
      return true;
    }
    return false;
  }

  private static Parameters parameters(IParser parser, String patch) {
    IBaseResource body;
    try {
      body = parser.parseResource(patch);
    } catch (DataFormatException e) {
      throw Refusal.invalid("malformed-patch", "The patch: " + ErrorInterceptor.plain(e));
    }
    if (body instanceof Parameters parameters) {
      return parameters;
    }
    throw Refusal.invalid("malformed-patch", "A FHIRPath Patch is a Parameters resource");
  }

  private static Refusal form() {
    return Refusal.of(
        415,
        "not-supported",
        "patch-format",
        "A patch is " + JSON_PATCH + ", or Parameters as application/fhir+json or fhir+xml");
  }
}
