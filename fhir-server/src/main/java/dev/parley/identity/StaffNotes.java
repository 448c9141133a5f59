// SPDX-License-Identifier: Apache-2.0
package dev.parley.identity;

import java.util.ArrayList;
import java.util.Set;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.Communication.CommunicationStatus;

/**
 * The notes on messages and threads are among staff (c2): patients and proxies read the rest, which
 * says that it is less, and write it back without them.
 */
final class StaffNotes {
  private static final Set<CommunicationStatus> OWN =
      Set.of(CommunicationStatus.PREPARATION, CommunicationStatus.ONHOLD);

  private StaffNotes() {}

  /** Seen in the text, which our own writer has made: most have none. */
  static boolean mayBeIn(String json) {
    return json != null && json.contains("\"note\":[");
  }

  /** Whether it has any that somebody else may have written. */
  static boolean are(Communication message) {
    return message.hasNote() && !OWN.contains(message.getStatus());
  }

  /** Takes them out, and who else waits for the text. */
  static Communication without(Communication message) {
    message.setNote(new ArrayList<>());
    Withheld.mark(message, false);
    message
        .getMeta()
        .addTag()
        .setSystem(WithheldText.OBSERVATION_VALUES)
        .setCode(WithheldText.SUBSETTED);
    return message;
  }

  /** Puts those of the stored version into what was written from less. */
  static void keep(Communication before, Communication after) {
    after.setNote(new ArrayList<>(before.getNote()));
    after.getMeta().getTag().removeIf(t -> WithheldText.SUBSETTED.equals(t.getCode()));
  }
}
