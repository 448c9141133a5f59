// SPDX-License-Identifier: Apache-2.0
package dev.parley.http;

import ca.uhn.fhir.context.FhirContext;
import dev.parley.config.Config;
import dev.parley.config.Setting;
import dev.parley.store.Draft;

/** How a resource is checked before it is stored: at the level of PARLEY_VALIDATION. */
final class Validation {
  private final Elements elements;
  private final JsonShape shape;
  private final FullValidation full;
  private final boolean always;

  Validation(Config config, FhirContext fhir, FullValidation full) {
    this.elements = new Elements(fhir);
    this.shape = new JsonShape(fhir);
    this.full = full;
    this.always = config.text(Setting.PARLEY_VALIDATION).equals("full");
  }

  /**
   * The draft, if nothing stands against it.
   *
   * @throws dev.parley.access.Refusal 400 for another form than FHIR's, 422 for broken rules
   */
  Draft checked(Draft draft) {
    shape.check(draft.text(), draft.type());
    elements.check(draft.resource());
    if (always) {
      full.require(draft.text());
    }
    return draft;
  }
}
