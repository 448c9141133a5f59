// SPDX-License-Identifier: Apache-2.0
package dev.parley.conversation;

import dev.parley.access.Refusal;
import java.util.ArrayList;
import java.util.Date;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.Communication.CommunicationStatus;

/**
 * What can become of a message once it is sent. Everything but the one allowed step is kept from
 * storage, never taken from the body: clients write back what they were shown, which may be less.
 */
final class SentMessage {
  private SentMessage() {}

  /**
   * Leaves in the new version what may change.
   *
   * @throws Refusal 403 for somebody who neither sent nor received it; 422 if it has been recalled
   */
  static void change(Communication before, Communication after, Membership me, Date now) {
    CommunicationStatus asked = after.getStatus();
    boolean receipt =
        me.receives(before)
            && asked != CommunicationStatus.ENTEREDINERROR
            && (after.hasReceived() || asked == CommunicationStatus.COMPLETED);
    boolean recall = me.is(before.getSender()) && asked == CommunicationStatus.ENTEREDINERROR;
    if (before.getStatus() == CommunicationStatus.ENTEREDINERROR) {
      throw Refusal.unprocessable("business-rule", "recalled", "The message has been recalled");
    }
    if (!receipt && !recall) {
      throw Refusal.forbidden(
          "sent-is-final",
          "A sent message does not change: its recipients may acknowledge it (received), its sender"
              + " may recall it (entered-in-error); send a correction as a new message");
    }
    Date received = after.getReceived();
    empty(after);
    before.copyValues(after);
    if (recall) {
      after.setStatus(CommunicationStatus.ENTEREDINERROR);
    } else {
      after.setStatus(
          asked == CommunicationStatus.COMPLETED
              ? CommunicationStatus.COMPLETED
              : before.getStatus());
      if (!before.hasReceived()) {
        // The server's time: a client's clock may be wrong, and says nothing to others.
        after.setReceived(received == null || received.after(now) ? now : received);
      }
    }
  }

  private static void empty(Communication after) {
    after.setExtension(new ArrayList<>());
    after.setModifierExtension(new ArrayList<>());
    after.setContained(new ArrayList<>());
    after.setIdentifier(new ArrayList<>());
    after.setInstantiatesCanonical(new ArrayList<>());
    after.setInstantiatesUri(new ArrayList<>());
    after.setBasedOn(new ArrayList<>());
    after.setPartOf(new ArrayList<>());
    after.setInResponseTo(new ArrayList<>());
    after.setCategory(new ArrayList<>());
    after.setMedium(new ArrayList<>());
    after.setAbout(new ArrayList<>());
    after.setRecipient(new ArrayList<>());
    after.setReasonCode(new ArrayList<>());
    after.setReasonReference(new ArrayList<>());
    after.setPayload(new ArrayList<>());
    after.setNote(new ArrayList<>());
    after.setMeta(null);
    after.setText(null);
    after.setStatusReason(null);
    after.setPriorityElement(null);
    after.setSubject(null);
    after.setTopic(null);
    after.setEncounter(null);
    after.setSentElement(null);
    after.setReceivedElement(null);
    after.setSender(null);
  }
}
