// SPDX-License-Identifier: Apache-2.0
package dev.parley.conversation;

import dev.parley.store.Codes;
import dev.parley.store.Keys;
import dev.parley.store.Moments;
import java.util.ArrayList;
import java.util.Date;
import java.util.Set;
import org.hl7.fhir.r4.model.CodeableConcept;
import org.hl7.fhir.r4.model.Coding;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.Communication.CommunicationStatus;
import org.hl7.fhir.r4.model.Extension;

/** What is left of a message that was taken back: who, to whom, when and why; nothing it said. */
final class Recalled {
  /** Of the message: when it was taken back. */
  static final String URL = Codes.EXTENSIONS + "recalled";

  static final String REASONS = Codes.SYSTEMS + "recall-reason";

  /** The reasons after which a privacy officer looks at it. */
  static final Set<String> WRONG = Set.of("wrong-recipient", "wrong-patient");

  static final String MISTAKE = "mistake";

  /** Written by a $move; its own reason, so that a client can show where it went. */
  static final String MOVED = "moved";

  /** A Communication that stands as an error is found by this. */
  static final long KEY = Keys.param("Communication", "status") ^ Keys.of("entered-in-error");

  // The number of the message stays where it was, so that the others' have no gap.
  private static final Set<String> STAYS = Set.of(Codes.MESSAGE_NUMBER, URL);

  private Recalled() {}

  static boolean is(Communication message) {
    return message.getStatus() == CommunicationStatus.ENTEREDINERROR && message.hasExtension(URL);
  }

  static CodeableConcept reason(String code) {
    return new CodeableConcept(new Coding(REASONS, code, null));
  }

  /** The code of the reason, or null. */
  static String code(Communication message) {
    return message.getStatusReason().getCoding().stream()
        .filter(c -> REASONS.equals(c.getSystem()))
        .map(Coding::getCode)
        .findFirst()
        .orElse(null);
  }

  /** Takes what it says out of the message. */
  static void recall(Communication message, CodeableConcept reason, Date now) {
    strip(message);
    message.addExtension(new Extension(URL, Moments.utc(now)));
    message.setStatus(CommunicationStatus.ENTEREDINERROR);
    message.setStatusReason(reason);
  }

  /** Everything in which something can be said; people, thread and times stay. */
  static void strip(Communication message) {
    message.getExtension().removeIf(e -> !STAYS.contains(e.getUrl()));
    message.setModifierExtension(new ArrayList<>());
    message.setContained(new ArrayList<>());
    message.setPayload(new ArrayList<>());
    message.setNote(new ArrayList<>());
    message.setReasonCode(new ArrayList<>());
    message.setReasonReference(new ArrayList<>());
    message.setAbout(new ArrayList<>());
    message.setBasedOn(new ArrayList<>());
    message.setText(null);
    message.setTopic(null);
  }
}
