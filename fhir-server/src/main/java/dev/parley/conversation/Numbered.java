// SPDX-License-Identifier: Apache-2.0
package dev.parley.conversation;

import dev.parley.store.Codes;
import dev.parley.store.Moments;
import java.time.Instant;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.DateTimeType;
import org.hl7.fhir.r4.model.Extension;
import org.hl7.fhir.r4.model.PositiveIntType;
import org.hl7.fhir.r4.model.Resource;

/** The number and the times of a message, as they stand on it. */
final class Numbered {
  /** Its number in its thread: valuePositiveInt. */
  static final String NUMBER = Codes.MESSAGE_NUMBER;

  /** When the client says that it was sent: valueDateTime. */
  static final String CLIENT_SENT = Codes.CLIENT_SENT;

  private static final String MARKED = "parley.numbered";
  private static final String CLIENT = "parley.client-sent";

  private Numbered() {}

  static boolean is(Communication message) {
    return message.hasExtension(NUMBER);
  }

  /** Whether anything of this was changed on it. */
  static boolean isMarked(Resource message) {
    return message.getUserData(MARKED) != null;
  }

  /**
   * Puts aside what the client says of the time, before the server gives its own. A write that is
   * tried again finds the server's there; what was put aside first stays.
   */
  static void putAside(Communication message) {
    if (message.getUserData(CLIENT) == null) {
      message.setUserData(
          CLIENT, message.hasSent() ? message.getSentElement().copy() : Boolean.FALSE);
    }
  }

  /** What the client says of it goes. */
  static void clear(Communication message) {
    if (message.getExtension().removeIf(e -> NUMBER.equals(e.getUrl()))) {
      message.setUserData(MARKED, true);
    }
  }

  /**
   * @param theirs whether what the client says of the time holds, if it is not yet to come
   */
  static void give(Communication message, int number, Instant at, boolean theirs) {
    putAside(message);
    message.addExtension(new Extension(NUMBER, new PositiveIntType(number)));
    message.setUserData(MARKED, true);
    DateTimeType said = message.getUserData(CLIENT) instanceof DateTimeType time ? time : null;
    if (theirs && said != null && !said.getValue().toInstant().isAfter(at)) {
      message.setSentElement(said.copy());
      return;
    }
    if (said != null) {
      message.getExtension().removeIf(e -> CLIENT_SENT.equals(e.getUrl()));
      message.addExtension(new Extension(CLIENT_SENT, said.copy()));
    }
    message.setSentElement(Moments.utc(at));
  }

  /**
   * A new version keeps what the one before has.
   *
   * @param withTime false for what systems write
   */
  static void keep(Communication before, Communication after, boolean withTime) {
    Extension number = before.getExtensionByUrl(NUMBER);
    Extension there = after.getExtensionByUrl(NUMBER);
    if (there == null || !there.equalsDeep(number) || after.getExtensionsByUrl(NUMBER).size() > 1) {
      clear(after);
      after.addExtension(number.copy());
      after.setUserData(MARKED, true);
    }
    if (withTime && !before.getSentElement().equalsDeep(after.getSentElement())) {
      after.setSentElement(before.getSentElement().copy());
      after.setUserData(MARKED, true);
    }
  }
}
