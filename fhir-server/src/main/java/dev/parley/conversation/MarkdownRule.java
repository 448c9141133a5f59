// SPDX-License-Identifier: Apache-2.0
package dev.parley.conversation;

import dev.parley.store.Change;
import dev.parley.store.Rule;
import dev.parley.store.Transaction;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.Communication.CommunicationPayloadComponent;
import org.hl7.fhir.r4.model.Extension;
import org.hl7.fhir.r4.model.MarkdownType;
import org.hl7.fhir.r4.model.Narrative.NarrativeStatus;
import org.hl7.fhir.r4.model.StringType;

/**
 * Makes the narrative of a person's message whose text is marked as Markdown. The string is what
 * counts: the mark says the same, and the narrative is made of it anew with every change.
 */
final class MarkdownRule implements Rule {
  /** HL7's extension of a string. */
  static final String URL = "http://hl7.org/fhir/StructureDefinition/rendering-markdown";

  private static boolean concerns(Change change) {
    return !change.caller().isSystem()
        && change.after() instanceof Communication message
        && message.getPayload().stream().anyMatch(MarkdownRule::isMarked);
  }

  private static boolean isMarked(CommunicationPayloadComponent part) {
    return part.getContent() instanceof StringType text && text.hasExtension(URL);
  }

  @Override
  public boolean needsTransaction(Change change) {
    return concerns(change);
  }

  @Override
  public boolean completes(Change change) {
    return concerns(change);
  }

  @Override
  public void beforeWrite(Change change, Transaction transaction) {
    if (!concerns(change)) {
      return;
    }
    Communication message = (Communication) change.after();
    StringBuilder div = new StringBuilder("<div xmlns=\"http://www.w3.org/1999/xhtml\">");
    for (CommunicationPayloadComponent part : message.getPayload()) {
      if (part.getContent() instanceof StringType text && text.hasValue()) {
        if (isMarked(part)) {
          text.getExtension().removeIf(e -> URL.equals(e.getUrl()));
          text.addExtension(new Extension(URL, new MarkdownType(text.getValue())));
          div.append(Markdown.xhtml(text.getValue()));
        } else {
          div.append("<p>").append(escaped(text.getValue())).append("</p>");
        }
      }
    }
    message.getText().setStatus(NarrativeStatus.GENERATED);
    message.getText().setDivAsString(div.append("</div>").toString());
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }
}
