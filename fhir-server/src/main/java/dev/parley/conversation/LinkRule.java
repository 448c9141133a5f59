// SPDX-License-Identifier: Apache-2.0
package dev.parley.conversation;

import dev.parley.access.Caller;
import dev.parley.access.Refusal;
import dev.parley.feature.Tools;
import dev.parley.store.Change;
import dev.parley.store.Chart;
import dev.parley.store.Codes;
import dev.parley.store.Rule;
import dev.parley.store.Transaction;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.hl7.fhir.r4.model.Coding;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.Communication.CommunicationPayloadComponent;
import org.hl7.fhir.r4.model.Extension;
import org.hl7.fhir.r4.model.Reference;

/**
 * What a message of a person points at: the message it answers or puts right is of its own thread,
 * whom it mentions gets it. What only operations write is taken off.
 */
final class LinkRule implements Rule {
  /** Of a message: somebody who gets it and is meant in particular. */
  static final String MENTION = Codes.MENTION;

  /** Of a message: an earlier one of the same sender that it puts right. */
  static final String REPLACES = Codes.EXTENSIONS + "replaces";

  /** Of a message: where its text was first; written by $forward. */
  static final String FORWARDED = Codes.EXTENSIONS + "forwarded-from";

  private static final Set<String> OURS =
      Set.of(
          FORWARDED,
          Reactions.URL,
          Edits.URL,
          Recalled.URL,
          MoveOperation.MOVED_BY,
          ScheduleRule.NOT_SENT);

  /** What stands on messages only. */
  private static final Set<String> OF_MESSAGES =
      Set.of(Numbered.NUMBER, Scheduled.AUTHOR, Codes.HELD, Codes.RECEIPT);

  private static final Coding NOTIFICATION = Codes.notification().getCodingFirstRep();

  private static final String BY_MACHINES = Codes.EXTENSIONS + "automatic";

  private static final String TAKEN = "parley.message.taken";

  private final Tools tools;

  LinkRule(Tools tools) {
    this.tools = tools;
  }

  private static boolean concerns(Change change) {
    return !change.caller().isSystem()
        && !change.byOperation()
        && change.after() instanceof Communication message
        && !ThreadRule.isThread(message)
        && (change.before() == null || MessageRule.isDraft((Communication) change.before()));
  }

  /** Something that its sender makes anew, or a thread: of a sent message everything is kept. */
  private static boolean isWritten(Change change) {
    return change.sends()
        && !change.byOperation()
        && change.after() instanceof Communication message
        && (ThreadRule.isThread(message)
            || !(change.before() instanceof Communication before)
            || MessageRule.isDraft(before));
  }

  @Override
  public boolean needsTransaction(Change change) {
    return isWritten(change);
  }

  @Override
  public boolean completes(Change change) {
    return change.after() != null && change.after().getUserData(TAKEN) != null;
  }

  @Override
  public void beforeWrite(Change change, Transaction transaction) throws SQLException {
    if (!isWritten(change)) {
      return;
    }
    Communication message = (Communication) change.after();
    boolean taken = message.getExtension().removeIf(e -> isForged(change, e));
    for (CommunicationPayloadComponent part : message.getPayload()) {
      taken |= part.getExtension().removeIf(e -> Edits.isForwarded(e) && !was(change, e));
    }
    if (MessageRule.isDraft(message)) {
      // Who is meant is said when it is sent.
      for (Reference recipient : message.getRecipient()) {
        taken |= recipient.getExtension().removeIf(e -> TeamRule.MEMBER.equals(e.getUrl()));
      }
    }
    taken |= !change.caller().isSystem() && unlessAutomatic(message);
    taken |= isFromPatient(change, message) && answerable(message);
    if (taken) {
      message.setUserData(TAKEN, true);
    }
    if (concerns(change)) {
      mentions(message);
    }
  }

  /** Only machines send by themselves. */
  private static boolean unlessAutomatic(Communication message) {
    return message.getExtension().removeIf(e -> BY_MACHINES.equals(e.getUrl()))
        | without(message, c -> Codes.AUTOMATIC.equals(c.getSystem()));
  }

  /** What a patient writes is answered, whatever it calls itself. */
  private static boolean answerable(Communication message) {
    return without(
        message,
        c ->
            Codes.AUTOMATIC.equals(c.getSystem())
                || NOTIFICATION.getSystem().equals(c.getSystem())
                    && NOTIFICATION.getCode().equals(c.getCode()));
  }

  private boolean isFromPatient(Change change, Communication message) {
    return change.caller().isSystem()
        ? tools.chart().local(message.getSender()).filter(Chart::isPatientSide).isPresent()
        : change.caller().kind() != Caller.Kind.STAFF;
  }

  private static boolean without(Communication message, Predicate<Coding> coding) {
    return message.getCategory().removeIf(c -> c.getCoding().stream().anyMatch(coding));
  }

  private static boolean isForged(Change change, Extension extension) {
    return Codes.OF_ANSWERS.contains(extension.getUrl())
        || OF_MESSAGES.contains(extension.getUrl())
            && ThreadRule.isThread((Communication) change.after())
        || change.caller().isSystem() && Scheduled.AUTHOR.equals(extension.getUrl())
        || TeamRule.MEMBER.equals(extension.getUrl())
        || OURS.contains(extension.getUrl()) && !was(change, extension);
  }

  /** When all of a transaction is written: a message may answer one that came along with it. */
  @Override
  public void beforeCommit(List<Change> changes, Transaction transaction) throws SQLException {
    for (Change change : changes) {
      if (!concerns(change)) {
        continue;
      }
      Communication message = (Communication) change.after();
      for (Reference answered : message.getInResponseTo()) {
        inThread(message, answered, "inResponseTo", transaction);
      }
      for (Reference replaced : references(message, REPLACES)) {
        Optional<Communication> other = inThread(message, replaced, "replaces", transaction);
        if (other.isEmpty()
            || !tools
                .chart()
                .local(other.get().getSender())
                .equals(tools.chart().local(message.getSender()))) {
          throw Refusal.unprocessable(
              "business-rule", "replaces-own", "A message puts right one of the same sender");
        }
      }
    }
  }

  /** A draft that an operation has made keeps its marks. */
  private static boolean was(Change change, Extension extension) {
    return change.before() instanceof Communication before
        && Stream.concat(
                before.getExtension().stream(),
                before.getPayload().stream().flatMap(p -> p.getExtension().stream()))
            .anyMatch(extension::equalsDeep);
  }

  private void mentions(Communication message) {
    Set<String> people =
        Stream.concat(Stream.of(message.getSender()), message.getRecipient().stream())
            .flatMap(r -> tools.chart().local(r).stream())
            .collect(Collectors.toSet());
    for (Reference each : references(message, MENTION)) {
      if (tools.chart().local(each).filter(people::contains).isEmpty()) {
        throw Refusal.unprocessable(
                "business-rule",
                "mention-not-recipient",
                "Who is mentioned must get the message; add them to the thread first")
            .at("Communication.extension");
      }
    }
  }

  /**
   * Empty for one of another server. What is elsewhere is refused like what is nowhere: nobody
   * learns whether a message is there that they may not see.
   */
  private Optional<Communication> inThread(
      Communication message, Reference to, String what, Transaction transaction)
      throws SQLException {
    Optional<String> reference =
        tools.chart().local(to).filter(r -> r.startsWith("Communication/"));
    if (reference.isEmpty() || !message.hasPartOf()) {
      return Optional.empty();
    }
    Optional<Communication> other =
        tools.chart().find(transaction.connection(), reference.get(), Communication.class);
    String thread = threads(message).stream().findFirst().orElse(null);
    if (other.isEmpty()
        || !reference.get().equals(thread) && !threads(other.get()).contains(thread)) {
      throw Refusal.unprocessable(
              "business-rule",
              "other-thread",
              "%s is not in this thread; forward it there first".formatted(to.getReference()))
          .at("Communication." + what);
    }
    return other;
  }

  private List<String> threads(Communication message) {
    return message.getPartOf().stream().flatMap(r -> tools.chart().local(r).stream()).toList();
  }

  private static List<Reference> references(Communication message, String url) {
    List<Reference> found = new ArrayList<>();
    for (Extension each : message.getExtensionsByUrl(url)) {
      if (!(each.getValue() instanceof Reference reference) || !reference.hasReference()) {
        throw Refusal.unprocessable(
                "value", "extension-value", "The extension %s holds a reference".formatted(url))
            .at("Communication.extension");
      }
      found.add(reference);
    }
    return found;
  }
}
