// SPDX-License-Identifier: Apache-2.0
package dev.parley.conversation;

import dev.parley.access.Refusal;
import dev.parley.store.Chart;
import dev.parley.store.Codes;
import dev.parley.store.Lookup;
import dev.parley.store.Moments;
import dev.parley.store.StoredResource;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import org.hl7.fhir.r4.model.Base;
import org.hl7.fhir.r4.model.BooleanType;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.Communication.CommunicationPayloadComponent;
import org.hl7.fhir.r4.model.Extension;
import org.hl7.fhir.r4.model.StringType;
import org.hl7.fhir.r4.model.Task;

/** A sent message's text, put right by its sender while it is fresh. */
final class Edits {
  /** Of the message: when its text was changed last. */
  static final String URL = Codes.EXTENSIONS + "edited";

  /** Of a part of a forwarded message: somebody else's words. */
  private static final String FORWARDED = Codes.EXTENSIONS + "forwarded-part";

  private final Chart chart;
  private final Duration time;

  /**
   * @param time for which a message may be edited
   */
  Edits(Chart chart, Duration time) {
    this.chart = chart;
    this.time = time;
  }

  /** Whether the sender's own text is all that the payload of the new version has changed. */
  static boolean isEdit(Communication before, Communication after) {
    return before.hasPayload()
        && texts(after).stream().anyMatch(t -> !t.isBlank())
        && !Base.compareDeep(before.getPayload(), after.getPayload(), true)
        && Base.compareDeep(kept(before, before), kept(before, after), true);
  }

  /** Marks what somebody else has written. */
  static CommunicationPayloadComponent forwarded(CommunicationPayloadComponent part) {
    part.getExtension().removeIf(e -> FORWARDED.equals(e.getUrl()));
    part.addExtension(new Extension(FORWARDED, new BooleanType(true)));
    return part;
  }

  static boolean isForwarded(Extension extension) {
    return FORWARDED.equals(extension.getUrl());
  }

  /** Whether a part is text of the sender's own. In a forward without marks nothing is. */
  static boolean isOwn(Communication message, CommunicationPayloadComponent part) {
    return part.getContent() instanceof StringType
        && !part.hasExtension(FORWARDED)
        && (!message.hasExtension(LinkRule.FORWARDED)
            || message.getPayload().stream().anyMatch(p -> p.hasExtension(FORWARDED)));
  }

  private static List<CommunicationPayloadComponent> kept(
      Communication said, Communication message) {
    return message.getPayload().stream().filter(p -> !isOwn(said, p)).toList();
  }

  private static List<String> texts(Communication message) {
    return message.getPayload().stream()
        .filter(p -> p.getContent() instanceof StringType)
        .map(p -> p.getContent().primitiveValue())
        .toList();
  }

  /** Puts the new text into the message as it is stored. */
  static void edit(Communication message, List<CommunicationPayloadComponent> payload, Date now) {
    message.setPayload(payload);
    message.setText(null);
    message.getExtension().removeIf(e -> URL.equals(e.getUrl()));
    message.addExtension(new Extension(URL, Moments.utc(now)));
  }

  /**
   * @param id of the message, which is locked
   * @param me its sender
   * @throws Refusal 403 if it is too late, or for who has gone out of the thread
   */
  void check(Communication before, String id, Membership me, Instant now, Connection connection)
      throws SQLException {
    if (!me.mayWrite(Header.over(before, chart, connection))) {
      throw Refusal.forbidden(
          "not-a-participant",
          "Who has left a thread changes nothing there, and may recall theirs");
    }
    if (!before.hasSent() || now.isAfter(before.getSent().toInstant().plus(time))) {
      throw Refusal.forbidden(
          "sent-is-final",
          "Communication/%s can be edited no longer: %d minutes after it was sent it is final. Send a"
                  .formatted(id, time.toMinutes())
              + " correction as a new message with the extension replaces, or recall it");
    }
    for (StoredResource task :
        Lookup.referring(connection, "Task", "focus", List.of("Communication/" + id))) {
      if (Acknowledgement.isGiven(chart.parse(task, Task.class))) {
        throw Refusal.forbidden(
            "acknowledged-is-final",
            "Communication/%s has been acknowledged as it is; send a correction as a new message"
                .formatted(id));
      }
    }
  }
}
