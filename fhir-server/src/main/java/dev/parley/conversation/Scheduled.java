// SPDX-License-Identifier: Apache-2.0
package dev.parley.conversation;

import dev.parley.access.Refusal;
import dev.parley.feature.Moment;
import dev.parley.store.Codes;
import dev.parley.store.Moments;
import dev.parley.store.Sending;
import java.time.Duration;
import java.time.Instant;
import org.hl7.fhir.r4.model.BaseDateTimeType;
import org.hl7.fhir.r4.model.BooleanType;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.Communication.CommunicationStatus;
import org.hl7.fhir.r4.model.Extension;
import org.hl7.fhir.r4.model.Reference;

/**
 * A message that waits for its time: on-hold, with when it is to be sent and who has written it. It
 * is its author's draft until then.
 */
final class Scheduled {
  static final String SEND_AT = Codes.SEND_AT;

  /** The person in whose name it is sent; written by the server. */
  static final String AUTHOR = Codes.EXTENSIONS + "scheduled-by";

  /** Asks for some seconds in which the message can be taken back unseen; never stored. */
  static final String UNDO = Codes.EXTENSIONS + "undo";

  private static final Duration MOST = Duration.ofDays(366);

  private Scheduled() {}

  static boolean is(Communication message) {
    return Sending.isScheduled(message) && message.hasExtension(AUTHOR);
  }

  /** When it is due. */
  static Instant time(Communication message) {
    return Sending.at(message).orElse(null);
  }

  static String author(Communication message) {
    return message.getExtensionByUrl(AUTHOR).getValue() instanceof Reference who
        ? who.getReference()
        : null;
  }

  /**
   * Of what somebody writes: undo becomes a time, and a time is checked.
   *
   * @param before the draft there was, or null
   * @throws Refusal 422 for a time that is past, or too far away
   */
  static void write(
      Communication before, Communication after, String author, Duration undo, Instant now) {
    after.getExtension().removeIf(e -> AUTHOR.equals(e.getUrl()));
    boolean holds =
        after.getExtension().stream()
            .anyMatch(e -> UNDO.equals(e.getUrl()) && isTrue(e.getValue()));
    after.getExtension().removeIf(e -> UNDO.equals(e.getUrl()));
    if (holds && after.hasPayload() && !MessageRule.isDraft(after)) {
      after.setStatus(CommunicationStatus.ONHOLD);
      after.getExtension().removeIf(e -> SEND_AT.equals(e.getUrl()));
      after.addExtension(new Extension(SEND_AT, Moments.utc(now.plus(undo))));
    }
    if (!MessageRule.isDraft(after)) {
      after.getExtension().removeIf(e -> ScheduleRule.NOT_SENT.equals(e.getUrl()));
    }
    if (!after.hasExtension(SEND_AT)) {
      return;
    }
    if (after.getStatus() != CommunicationStatus.ONHOLD) {
      after.getExtension().removeIf(e -> SEND_AT.equals(e.getUrl()));
      return;
    }
    Instant time = time(after);
    boolean same =
        before != null && Scheduled.is(before) && time != null && time.equals(time(before));
    if (!after.hasPayload()
        || time == null
        || !same && !time.isAfter(now)
        || time.isAfter(now.plus(MOST))) {
      throw Refusal.unprocessable(
              "value",
              "send-at",
              "A message is scheduled for a time within a year from now: on-hold, with the extension"
                  + " send-at as valueDateTime")
          .at("Communication.extension");
    }
    Moment.of((BaseDateTimeType) after.getExtensionByUrl(SEND_AT).getValue(), "send-at");
    after.addExtension(new Extension(AUTHOR, new Reference(author)));
  }

  private static boolean isTrue(Object value) {
    return value instanceof BooleanType flag && Boolean.TRUE.equals(flag.getValue());
  }

  /** To be sent now. */
  static void send(Communication message) {
    clear(message);
    message.setStatus(CommunicationStatus.INPROGRESS);
  }

  /** To be looked at by its author again. */
  static void draft(Communication message) {
    clear(message);
    message.setStatus(CommunicationStatus.PREPARATION);
  }

  private static void clear(Communication message) {
    message.getExtension().removeIf(e -> SEND_AT.equals(e.getUrl()) || AUTHOR.equals(e.getUrl()));
  }
}
