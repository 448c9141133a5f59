// SPDX-License-Identifier: Apache-2.0
package dev.parley.conversation;

import dev.parley.access.Refusal;
import java.util.List;
import org.hl7.fhir.r4.model.BooleanType;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.Extension;
import org.hl7.fhir.r4.model.Reference;

/**
 * What a person wishes of a message and has not said in the right form. Whatever is left out
 * without a word would be sent as something else than they meant.
 */
final class Wish {
  private static final List<String> FLAGS = List.of(Acknowledgement.URL, Scheduled.UNDO);

  private Wish() {}

  /**
   * @param before the draft there was, or null
   * @throws Refusal 422 naming the form
   */
  static void check(Communication before, Communication after) {
    for (Extension each : after.getExtension()) {
      if (FLAGS.contains(each.getUrl()) && !(each.getValue() instanceof BooleanType)) {
        throw Refusal.unprocessable(
                "value",
                "extension-flag",
                "The extension %s is true or false, as valueBoolean".formatted(each.getUrl()))
            .at("Communication.extension");
      }
    }
    for (Reference each : after.getRecipient()) {
      String reference = each.getReference();
      if (!each.hasIdentifier() && (reference == null || !reference.contains("/"))) {
        throw Refusal.unprocessable(
                "value",
                "recipient-reference",
                "A recipient is named by type and id, as Practitioner/<id>")
            .at("Communication.recipient");
      }
    }
    if (MessageRule.isDraft(after)) {
      return;
    }
    if (before == null && after.hasExtension(Scheduled.SEND_AT)) {
      throw Refusal.unprocessable(
              "business-rule", "send-at", "What is sent later is written with the status on-hold")
          .at("Communication.status");
    }
    if (!after.hasPayload() && (after.hasPartOf() || !after.getPayload().isEmpty())) {
      throw Refusal.unprocessable(
              "required", "no-text", "A message has a text or a file in payload")
          .at("Communication.payload");
    }
  }
}
