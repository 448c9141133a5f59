// SPDX-License-Identifier: Apache-2.0
package dev.parley.consent;

import dev.parley.store.Codes;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.hl7.fhir.r4.model.CodeType;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.Communication.CommunicationStatus;
import org.hl7.fhir.r4.model.Extension;
import org.hl7.fhir.r4.model.Identifier;
import org.hl7.fhir.r4.model.Resource;

/**
 * A patient's text that waits for a consent: their draft, with what it takes to send it. The
 * client's own identifiers wait in the extension, so that a resend finds the sent message only.
 */
final class HeldDraft {
  static final String URL = Codes.HELD;

  private static final Set<String> OF_SENT = Set.of(Codes.MESSAGE_NUMBER, Codes.CLIENT_SENT);

  /** Identifier system: which text it is, so that a repeated attempt makes no second draft. */
  static final String TEXT = "https://parley.dev/fhir/held-text";

  /** Identifier system: a patient whose consent it waits for. */
  static final String FOR = "https://parley.dev/fhir/held-for";

  private static final Set<String> OURS = Set.of(TEXT, FOR, WhatStays.REFUSED);

  private HeldDraft() {}

  static boolean is(Communication message) {
    return message.getStatus() == CommunicationStatus.PREPARATION && message.hasExtension(URL);
  }

  /** Whether it has anything that only the server writes. */
  static boolean isMarked(Resource resource) {
    return resource instanceof Communication message
        && (message.hasExtension(URL) || message.getIdentifier().stream().anyMatch(i -> isOurs(i)));
  }

  private static boolean isOurs(Identifier identifier) {
    return identifier.hasSystem() && OURS.contains(identifier.getSystem());
  }

  /** Leaves only what the server had written there before; true if that changed anything. */
  static boolean keep(Resource resource, Resource before) {
    if (!(resource instanceof Communication message)) {
      return false;
    }
    Communication old = before instanceof Communication b ? b : new Communication();
    boolean changed =
        message
            .getIdentifier()
            .removeIf(i -> isOurs(i) && old.getIdentifier().stream().noneMatch(i::equalsDeep));
    return message
            .getExtension()
            .removeIf(
                e -> URL.equals(e.getUrl()) && old.getExtension().stream().noneMatch(e::equalsDeep))
        || changed;
  }

  /** The draft of a message that may not pass. */
  static Communication of(Communication message, String hash, Set<String> patients) {
    Communication draft = message.copy();
    draft.setId((String) null);
    // What it was given for a moment: its number and time go to others.
    draft.getExtension().removeIf(e -> URL.equals(e.getUrl()) || OF_SENT.contains(e.getUrl()));
    draft.setSentElement(null);
    Extension held = draft.addExtension().setUrl(URL);
    held.addExtension(
        "status", new CodeType(message.hasStatus() ? message.getStatus().toCode() : "unknown"));
    own(message).forEach(identifier -> held.addExtension("identifier", identifier));
    draft.setIdentifier(null);
    draft.addIdentifier().setSystem(TEXT).setValue(hash);
    patients.forEach(p -> draft.addIdentifier().setSystem(FOR).setValue(p));
    draft.setStatus(CommunicationStatus.PREPARATION);
    return draft;
  }

  /** The message, to be sent now. */
  static Communication sent(Communication draft) {
    Communication message = draft.copy();
    Extension held = message.getExtensionByUrl(URL);
    message.setStatus(CommunicationStatus.fromCode(held.getExtensionString("status")));
    message.setIdentifier(new ArrayList<>(own(message)));
    message.getExtension().removeIf(e -> URL.equals(e.getUrl()));
    message.setSentElement(null);
    return message;
  }

  /** What the client calls it. */
  private static List<Identifier> own(Communication message) {
    Extension held = message.getExtensionByUrl(URL);
    return held == null
        ? message.getIdentifier().stream()
            .filter(i -> !TEXT.equals(i.getSystem()) && !FOR.equals(i.getSystem()))
            .toList()
        : held.getExtensionsByUrl("identifier").stream()
            .map(e -> (Identifier) e.getValue())
            .toList();
  }
}
