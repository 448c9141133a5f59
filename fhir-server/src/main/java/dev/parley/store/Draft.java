// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import ca.uhn.fhir.context.FhirContext;
import java.util.Map;
import org.hl7.fhir.r4.model.Base;
import org.hl7.fhir.r4.model.Resource;

/**
 * A resource that a client wants stored.
 *
 * @param resource parsed by HAPI's strict parser; rules and index look at this
 * @param text what will be stored, see {@link ResourceText}
 */
public record Draft(Resource resource, String text) {
  static final String OPERATION = "parley.operation";
  private static final String QUOTED = "parley.quoted";

  /** From the JSON of a request. */
  public static Draft ofJson(Resource resource, String json) {
    return new Draft(resource, ResourceText.of(json, resource.fhirType(), Map.of()));
  }

  /** From XML, a patch or our own code: the text is HAPI's encoding. */
  public static Draft of(Resource resource, FhirContext fhir) {
    return ofJson(resource, fhir.newJsonParser().encodeResourceToString(resource));
  }

  /** What one of our operations writes, having made sure itself that its caller may. */
  public static Draft byOperation(Resource resource, FhirContext fhir) {
    resource.setUserData(OPERATION, true);
    return of(resource, fhir);
  }

  /** The same by the same hand, with this resource in place of its own. */
  public Draft with(Resource other, FhirContext fhir) {
    return resource.getUserData(OPERATION) == null ? of(other, fhir) : byOperation(other, fhir);
  }

  /** Says of a part of a resource that somebody else has written it, at another time. */
  public static <T extends Base> T quoted(T part) {
    part.setUserData(QUOTED, true);
    return part;
  }

  public static boolean isQuoted(Base part) {
    return part.getUserData(QUOTED) != null;
  }

  public String type() {
    return resource.fhirType();
  }
}
