// SPDX-License-Identifier: Apache-2.0
package dev.parley.conversation;

import ca.uhn.fhir.rest.annotation.IdParam;
import ca.uhn.fhir.rest.annotation.Operation;
import ca.uhn.fhir.rest.annotation.OperationParam;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import dev.parley.access.Caller;
import dev.parley.access.Refusal;
import dev.parley.feature.Tools;
import dev.parley.store.Codes;
import dev.parley.store.Moments;
import dev.parley.store.Step;
import java.util.Date;
import java.util.List;
import java.util.Set;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.Extension;
import org.hl7.fhir.r4.model.IdType;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.StringType;

/**
 * {@code $react}: an emoji of somebody who takes part, or takes it back. It is an extension of the
 * message, so that whoever shows the message has it, and its change is an event of the thread.
 */
public final class Reactions {
  /** Of a message: who, emoji, at. */
  static final String URL = Codes.EXTENSIONS + "reaction";

  private final Sender sender;
  private final Tools tools;
  private final Set<String> emojis;

  Reactions(Sender sender, Set<String> emojis) {
    this.sender = sender;
    this.tools = sender.tools();
    this.emojis = emojis;
  }

  /** Answers the message; the same emoji of the same person again is taken off. */
  @Operation(
      name = "$react",
      typeName = "Communication",
      canonicalUrl = Codes.OPERATIONS + "message-react")
  public Communication react(
      @IdParam IdType id,
      @OperationParam(name = "emoji") StringType emoji,
      RequestDetails request) {
    if (emoji == null || !emojis.contains(emoji.getValue())) {
      throw Refusal.unprocessable(
          "value", "emoji", "A reaction is one of " + String.join(" ", emojis));
    }
    Caller caller = tools.caller().apply(request);
    Communication message = sender.read(request, id.getIdPart());
    if (ThreadRule.isThread(message) || MessageRule.isDraft(message)) {
      throw Refusal.unprocessable(
          "business-rule", "not-a-message", "Only a message that was sent has reactions");
    }
    sender.requireParticipant(message, caller);
    Date now = Date.from(tools.clock().instant());
    return sender.message(
        tools
            .as(request)
            .write(
                Step.byOperation(
                    tools.fhir(),
                    Communication.class,
                    id.getIdPart(),
                    current -> {
                      if (Recalled.is(current)) {
                        throw Refusal.unprocessable(
                            "business-rule", "recalled", "The message has been recalled");
                      }
                      toggle(current, caller.reference(), emoji.getValue(), now);
                    })));
  }

  private static void toggle(Communication message, String who, String emoji, Date now) {
    List<Extension> all = message.getExtension();
    if (all.removeIf(e -> is(e, who, emoji))) {
      return;
    }
    Extension reaction = new Extension(URL);
    reaction.addExtension("who", new Reference(who));
    reaction.addExtension("emoji", new StringType(emoji));
    reaction.addExtension("at", Moments.utc(now));
    all.add(reaction);
  }

  private static boolean is(Extension extension, String who, String emoji) {
    return URL.equals(extension.getUrl())
        && emoji.equals(extension.getExtensionString("emoji"))
        && extension.getExtensionByUrl("who") != null
        && extension.getExtensionByUrl("who").getValue() instanceof Reference by
        && who.equals(by.getReference());
  }
}
