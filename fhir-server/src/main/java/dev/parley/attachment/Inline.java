// SPDX-License-Identifier: Apache-2.0
package dev.parley.attachment;

import dev.parley.access.Refusal;
import dev.parley.store.Change;
import java.util.Arrays;
import java.util.Set;
import org.hl7.fhir.r4.model.Attachment;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.Communication.CommunicationStatus;

/**
 * Bytes inside of a message: taken as they stand while they are few, so that a client that sends a
 * thumbnail or a note in base64 need not know of uploads. They are in the text of the message, and
 * so under all that holds for it; looked at by type like every file, but not by a virus scanner.
 *
 * @param scanned whether there is one: then nothing may pass it by
 */
record Inline(FileTypes types, boolean scanned) {
  static final int LIMIT = 1 << 16;

  /** What says nothing to anybody yet, or nothing any more. */
  private static final Set<CommunicationStatus> UNSENT =
      Set.of(
          CommunicationStatus.PREPARATION,
          CommunicationStatus.NOTDONE,
          CommunicationStatus.ENTEREDINERROR);

  /**
   * @throws Refusal 422 if it has to be uploaded, 415 for a type that is not taken
   */
  void check(Change change, Attachment attachment) {
    if (!attachment.hasData()
        || Files.of(change.before()).stream().anyMatch(attachment::equalsDeep)) {
      return;
    }
    if (scanned || attachment.getData().length > LIMIT) {
      throw Refusal.unprocessable(
              "business-rule",
              "attachment-inline",
              scanned
                  ? "Send the file to Binary first, where it is scanned, and refer to it by url"
                  : "More than %d bytes do not go into a message: send the file to Binary first, and"
                          .formatted(LIMIT)
                      + " refer to it by url")
          .at(change.type() + ".descendants().ofType(Attachment).data");
    }
    byte[] start =
        Arrays.copyOf(
            attachment.getData(), Math.min(attachment.getData().length, FileTypes.LOOKED_AT));
    types.decide(attachment.getContentType(), start);
  }

  /**
   * That what is sent names a file which can be found: not by a bare id, and not by nothing. What
   * was sent already stays as it is.
   *
   * @throws Refusal 422
   */
  static void requireFile(Change change, Attachment attachment) {
    if (!(change.after() instanceof Communication message)
        || UNSENT.contains(message.getStatus())
        || !pointsNowhere(attachment)
        || change.before() instanceof Communication before
            && !UNSENT.contains(before.getStatus())
            && Files.of(before).stream().anyMatch(attachment::equalsDeep)) {
      return;
    }
    throw Refusal.unprocessable(
            "value",
            "attachment-url",
            "An attachment needs its file: send it to Binary first, and refer to it as Binary/<id>"
                + " in the url, not by the id alone")
        .at("Communication.descendants().ofType(Attachment).url");
  }

  /** Whether an attachment has neither data nor an address; an id alone is none. */
  static boolean pointsNowhere(Attachment attachment) {
    return attachment.hasUrl()
        ? attachment.getUrl().matches("[A-Za-z0-9.-]{1,64}")
        : !attachment.hasData() && !attachment.getUrlElement().hasExtension();
  }
}
