// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import java.time.Instant;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import org.hl7.fhir.r4.model.BaseDateTimeType;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.Communication.CommunicationStatus;
import org.hl7.fhir.r4.model.Extension;

/** When a message is sent, of what its resource says. Who sends is for {@link Change#sends}. */
public final class Sending {
  /** Of what others do not get: not yet, or not any more. */
  public static final Set<CommunicationStatus> UNSENT =
      Collections.unmodifiableSet(
          EnumSet.of(
              CommunicationStatus.PREPARATION,
              CommunicationStatus.ONHOLD,
              CommunicationStatus.NOTDONE,
              CommunicationStatus.ENTEREDINERROR));

  private Sending() {}

  /** Whether it may still be sent. */
  public static boolean isWaiting(Communication message) {
    return message.getStatus() == CommunicationStatus.PREPARATION
        || message.getStatus() == CommunicationStatus.ONHOLD;
  }

  /** Whether it waits for a time that it says. */
  public static boolean isScheduled(Communication message) {
    return message.getStatus() == CommunicationStatus.ONHOLD && message.hasExtension(Codes.SEND_AT);
  }

  /** That time, if it says one. */
  public static Optional<Instant> at(Communication message) {
    Extension at = message.getExtensionByUrl(Codes.SEND_AT);
    return at != null && at.getValue() instanceof BaseDateTimeType time && time.getValue() != null
        ? Optional.of(time.getValue().toInstant())
        : Optional.empty();
  }

  /** Whether others get a message by this write that they did not have. */
  public static boolean begins(Change change) {
    return change.after() instanceof Communication after
        && after.hasPayload()
        && !UNSENT.contains(after.getStatus())
        && !(change.before() instanceof Communication before && !isWaiting(before));
  }
}
