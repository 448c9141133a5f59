// SPDX-License-Identifier: Apache-2.0
package dev.parley.conversation;

import ca.uhn.fhir.rest.annotation.IdParam;
import ca.uhn.fhir.rest.annotation.Operation;
import ca.uhn.fhir.rest.annotation.OperationParam;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import dev.parley.access.Refusal;
import dev.parley.store.Codes;
import java.util.ArrayList;
import java.util.List;
import org.hl7.fhir.r4.model.BooleanType;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.Communication.CommunicationPayloadComponent;
import org.hl7.fhir.r4.model.IdType;
import org.hl7.fhir.r4.model.StringType;

/** {@code $edit}: another text for a message of one's own, while it is fresh. */
public final class EditOperation {
  private final Sender sender;

  EditOperation(Sender sender) {
    this.sender = sender;
  }

  /**
   * Answers the message; its text is in place of the first of their own that there was.
   *
   * @param confirmed that the caller means it as it is, whatever is read wrongly in it
   */
  @Operation(
      name = "$edit",
      typeName = "Communication",
      canonicalUrl = Codes.OPERATIONS + "message-edit")
  public Communication edit(
      @IdParam IdType id,
      @OperationParam(name = "text") StringType text,
      @OperationParam(name = "confirmed") BooleanType confirmed,
      RequestDetails request) {
    if (text == null || text.isEmpty() || text.getValue().isBlank()) {
      throw Refusal.invalid("text-missing", "Say in \"text\" what the message is to say");
    }
    return sender.message(
        sender.change(
            request,
            id.getIdPart(),
            message -> {
              say(message, text.getValue());
              Confirmed.write(message, confirmed);
            }));
  }

  private static void say(Communication message, String text) {
    List<CommunicationPayloadComponent> parts = message.getPayload();
    for (CommunicationPayloadComponent part : parts) {
      if (Edits.isOwn(message, part)) {
        part.setContent(new StringType(text));
        return;
      }
    }
    List<CommunicationPayloadComponent> all = new ArrayList<>(parts);
    all.add(0, new CommunicationPayloadComponent(new StringType(text)));
    message.setPayload(all);
  }
}
