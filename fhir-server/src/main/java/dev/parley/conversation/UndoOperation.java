// SPDX-License-Identifier: Apache-2.0
package dev.parley.conversation;

import ca.uhn.fhir.rest.annotation.IdParam;
import ca.uhn.fhir.rest.annotation.Operation;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import dev.parley.access.Refusal;
import dev.parley.store.Codes;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.IdType;

/** {@code $undo}: a message that waits for its time is its author's draft again. */
public final class UndoOperation {
  private final Sender sender;

  UndoOperation(Sender sender) {
    this.sender = sender;
  }

  /** Answers the draft; 422 {@code already-sent} if it is out. */
  @Operation(
      name = "$undo",
      typeName = "Communication",
      canonicalUrl = Codes.OPERATIONS + "message-undo")
  public Communication undo(@IdParam IdType id, RequestDetails request) {
    return sender.message(
        sender.change(
            request,
            id.getIdPart(),
            message -> {
              if (!MessageRule.isDraft(message)) {
                throw Refusal.unprocessable(
                    "business-rule",
                    "already-sent",
                    "Communication/%s has been sent; recall it".formatted(id.getIdPart()));
              }
              Scheduled.draft(message);
            }));
  }
}
