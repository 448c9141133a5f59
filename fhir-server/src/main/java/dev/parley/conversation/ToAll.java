// SPDX-License-Identifier: Apache-2.0
package dev.parley.conversation;

import dev.parley.store.Codes;
import java.util.List;
import org.hl7.fhir.r4.model.Base;
import org.hl7.fhir.r4.model.BooleanType;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.Extension;
import org.hl7.fhir.r4.model.Reference;

/**
 * That a draft names no recipients: it is for whoever is in its thread when it is sent. Until then
 * those of today stand in it, for its author to see.
 */
final class ToAll {
  /** Written by the server, on drafts only. */
  private static final String URL = Codes.EXTENSIONS + "to-all";

  private ToAll() {}

  /**
   * Takes out who was filled in before.
   *
   * @param before the draft there was, or null
   * @return whether it is for all
   */
  static boolean clear(Communication before, Communication after) {
    after.getExtension().removeIf(e -> URL.equals(e.getUrl()));
    boolean all =
        !after.hasRecipient()
            || before != null
                && before.hasExtension(URL)
                && same(before.getRecipient(), after.getRecipient());
    if (all) {
      after.setRecipient(null);
    }
    return all;
  }

  static void mark(Communication draft) {
    draft.addExtension(new Extension(URL, new BooleanType(true)));
  }

  private static boolean same(List<Reference> these, List<Reference> those) {
    return Base.compareDeep(these, those, false);
  }
}
