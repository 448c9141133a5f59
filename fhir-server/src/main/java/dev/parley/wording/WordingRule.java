// SPDX-License-Identifier: Apache-2.0
package dev.parley.wording;

import dev.parley.access.Caller;
import dev.parley.access.Notice;
import dev.parley.access.Refusal;
import dev.parley.store.Change;
import dev.parley.store.Codes;
import dev.parley.store.Draft;
import dev.parley.store.Rule;
import dev.parley.store.Sending;
import dev.parley.store.Transaction;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.hl7.fhir.r4.model.Base;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.Communication.CommunicationPayloadComponent;
import org.hl7.fhir.r4.model.Communication.CommunicationPriority;
import org.hl7.fhir.r4.model.Extension;
import org.hl7.fhir.r4.model.StringType;

/**
 * Tells staff, and systems that send for them, what of their message may be read wrongly. By
 * setting a routine message of staff is held up for it; nobody else's ever is: what is urgent goes
 * out, and patients write as they write.
 */
final class WordingRule implements Rule {

  static final String CODE = "wording";
  private static final int TOLD = 10;
  private final Supplier<WordingList> list;
  private final String mode;

  /**
   * @param mode advise, confirm or refuse
   */
  WordingRule(Supplier<WordingList> list, String mode) {
    this.list = list;
    this.mode = mode;
  }

  @Override
  public void beforeWrite(Change change, Transaction transaction) {
    if (!(change.after() instanceof Communication message)
        || !isComposed(change)
        || !isSent(message, change.before())) {
      return;
    }
    List<Finding> all = new ArrayList<>();
    for (int i = 0; i < message.getPayload().size(); i++) {
      CommunicationPayloadComponent payload = message.getPayload().get(i);
      if (payload.getContent() instanceof StringType text
          && text.hasValue()
          && !Draft.isQuoted(payload)) {
        List<Finding> found = Checker.check(list.get(), text.getValue(), message.getLanguage());
        String where = "Communication.payload[%d].content".formatted(i);
        for (Finding finding : found) {
          if (all.size() < TOLD) {
            change.tell(new Notice(finding.entry().severity(), CODE, finding.sentence(), where));
          }
          all.add(finding);
        }
      }
    }
    if (change.caller().kind() == Caller.Kind.STAFF && isRoutine(message)) {
      hold(message, all);
    }
  }

  private void hold(Communication message, List<Finding> found) {
    if (mode.equals("advise") || found.stream().noneMatch(Finding::isWarning)) {
      return;
    }
    if (mode.equals("refuse")) {
      throw Refusal.unprocessable(
              "business-rule",
              "wording-refused",
              "Some of the message may be read wrongly: change what the warnings name")
          .at("Communication.payload");
    }
    if (!isConfirmed(message)) {
      throw Refusal.unprocessable(
              "business-rule",
              "wording-confirm",
              "Some of the message may be read wrongly: change what the warnings name, or send it"
                  + " again with the extension %s, valueCode wording".formatted(Codes.CONFIRMED))
          .at("Communication.payload");
    }
  }

  private static boolean isConfirmed(Communication message) {
    return message.getExtension().stream()
        .filter(e -> Codes.CONFIRMED.equals(e.getUrl()))
        .map(Extension::getValue)
        .anyMatch(value -> value != null && CODE.equals(value.primitiveValue()));
  }

  /** By staff, or by a system that sends: what records say, and the server, is not looked at. */
  private static boolean isComposed(Change change) {
    Caller caller = change.caller();
    return caller.kind() == Caller.Kind.STAFF || caller.isSystem() && change.sends();
  }

  /**
   * Whether it is sent by this, or says something else than before. What is to be sent later is
   * looked at now, while its writer can still change it, and not again.
   */
  private static boolean isSent(Communication message, Base before) {
    return message.hasPayload()
        && goesOut(message)
        && !(before instanceof Communication earlier
            && goesOut(earlier)
            && Base.compareDeep(earlier.getPayload(), message.getPayload(), true));
  }

  private static boolean goesOut(Communication message) {
    return !Sending.UNSENT.contains(message.getStatus()) || Sending.isScheduled(message);
  }

  private static boolean isRoutine(Communication message) {
    return !message.hasPriority() || message.getPriority() == CommunicationPriority.ROUTINE;
  }
}
