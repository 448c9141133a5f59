// SPDX-License-Identifier: Apache-2.0
package dev.parley.http;

import dev.parley.config.Config;
import dev.parley.config.Setting;
import dev.parley.store.Draft;

/** How a resource is checked before it is stored: at the level of PARLEY_VALIDATION. */
final class Validation {
  private final Elements elements;
  private final FullValidation full;
  private final boolean always;

  Validation(Config config, Elements elements, FullValidation full) {
    this.elements = elements;
    this.full = full;
    this.always = config.text(Setting.PARLEY_VALIDATION).equals("full");
  }

  /**
   * The draft, if nothing stands against it.
   *
   * @throws dev.parley.access.Refusal 422
   */
  Draft checked(Draft draft) {
    elements.check(draft.resource());
    if (always) {
      full.require(draft.text());
    }
    return draft;
  }
}
