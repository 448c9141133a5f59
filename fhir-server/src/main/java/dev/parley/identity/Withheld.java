// SPDX-License-Identifier: Apache-2.0
package dev.parley.identity;

import dev.parley.store.Codes;
import org.hl7.fhir.r4.model.Coding;
import org.hl7.fhir.r4.model.Communication;

/** The mark by which sender and thread see that a message waits: a tag that only we set. */
final class Withheld {
  static final String SYSTEM = Codes.WITHHELD;
  static final String IDENTITY = "identity";

  private Withheld() {}

  static boolean is(Communication message) {
    return message.getMeta().getTag().stream().anyMatch(Withheld::isMark);
  }

  private static boolean isMark(Coding tag) {
    return SYSTEM.equals(tag.getSystem());
  }

  /** True if that changed anything. */
  static boolean mark(Communication message, boolean withheld) {
    if (is(message) == withheld) {
      return false;
    }
    if (withheld) {
      message
          .getMeta()
          .addTag()
          .setSystem(SYSTEM)
          .setCode(IDENTITY)
          .setDisplay("withheld: identity");
    } else {
      message.getMeta().getTag().removeIf(Withheld::isMark);
    }
    return true;
  }
}
