// SPDX-License-Identifier: Apache-2.0
package dev.parley.conversation;

import dev.parley.access.Caller;
import dev.parley.feature.Tools;
import dev.parley.store.Change;
import dev.parley.store.Draft;
import dev.parley.store.Lookup;
import dev.parley.store.Rule;
import dev.parley.store.Sending;
import dev.parley.store.Step;
import dev.parley.store.StoredResource;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.Identifier;
import org.hl7.fhir.r4.model.Reference;

/**
 * Finds the thread of a message that names none: that of the message it answers, or a new one. An
 * EHR can just POST a Communication. And a message that its sender has sent already is not sent
 * again.
 */
final class OpeningRule implements Rule {
  /** Identifier system: what the sender's client calls the message. */
  static final String CLIENT_MESSAGE = "https://parley.dev/fhir/client-message-id";

  private final Tools tools;

  OpeningRule(Tools tools) {
    this.tools = tools;
  }

  @Override
  public List<Step> instead(Caller caller, Step step) {
    if (!step.type().equals("Communication")
        || step.kind() == Change.Kind.DELETE
        || !Change.sends(caller, step)
        || step.kind() == Change.Kind.UPDATE && step.criteria() != null) {
      return List.of(step);
    }
    return step.kind() == Change.Kind.CREATE
        ? created(caller, unlessSent(caller, step))
        : updated(caller, step);
  }

  private List<Step> created(Caller caller, Step step) {
    Communication message = (Communication) step.draft().resource();
    Optional<Communication> placed = place(caller, message);
    if (placed.isEmpty()) {
      return List.of(step);
    }
    if (placed.get().hasPartOf()) {
      return List.of(step.with(step.draft().with(placed.get(), tools.fhir())));
    }
    Step header = header(caller, message);
    placed.get().addPartOf(new Reference("Communication/" + header.id()));
    return List.of(header, step.with(step.draft().with(placed.get(), tools.fhir())));
  }

  /** A draft that was in no thread, and is sent by this. */
  private List<Step> updated(Caller caller, Step step) {
    if (step.draft() != null && !isUnplaced((Communication) step.draft().resource())) {
      return List.of(step);
    }
    Optional<Communication> asked = becomes(step);
    Optional<Communication> placed =
        asked.isEmpty() ? Optional.empty() : place(caller, asked.get());
    if (placed.isEmpty()) {
      return List.of(step);
    }
    Step header = placed.get().hasPartOf() ? null : header(caller, asked.get());
    Reference thread =
        header == null
            ? placed.get().getPartOfFirstRep()
            : new Reference("Communication/" + header.id());
    Step message =
        step.draft() == null
            ? step.with(draft -> into(thread, draft))
            : step.with(into(thread, step.draft()));
    return header == null ? List.of(message) : List.of(header, message);
  }

  private Draft into(Reference thread, Draft draft) {
    Communication message = (Communication) draft.resource();
    if (!isUnplaced(message)) {
      return draft;
    }
    Communication placed = message.copy();
    placed.addPartOf(thread.copy());
    return draft.with(placed, tools.fhir());
  }

  /** What would be stored, if that sends a draft. */
  private Optional<Communication> becomes(Step step) {
    Optional<StoredResource> stored =
        tools.database().with(connection -> Lookup.one(connection, "Communication/" + step.id()));
    if (stored.isEmpty()
        || !MessageRule.isDraft(tools.chart().parse(stored.get(), Communication.class))) {
      return Optional.empty();
    }
    try {
      Draft draft = step.draft() == null ? step.patch().apply(stored.get()) : step.draft();
      return Optional.of((Communication) draft.resource()).filter(OpeningRule::isUnplaced);
    } catch (RuntimeException e) {
      // Said again, to somebody who may know of it, when it is carried out.
      return Optional.empty();
    }
  }

  private static boolean isUnplaced(Communication message) {
    return !message.hasPartOf()
        && message.hasPayload()
        && message.hasStatus()
        && !Sending.UNSENT.contains(message.getStatus());
  }

  /** A copy that is in the thread of what it answers, or in none yet; empty if it needs none. */
  private Optional<Communication> place(Caller caller, Communication message) {
    if (!isUnplaced(message)) {
      return Optional.empty();
    }
    Communication placed = message.copy();
    answered(message).ifPresent(placed::addPartOf);
    boolean toSomebody = placed.hasPartOf() || message.hasRecipient();
    return toSomebody ? Optional.of(placed) : Optional.empty();
  }

  private Optional<Reference> answered(Communication message) {
    for (Reference each : message.getInResponseTo()) {
      Optional<String> local = tools.chart().local(each);
      Optional<Communication> found =
          local.isEmpty()
              ? Optional.empty()
              : tools
                  .database()
                  .with(
                      connection ->
                          tools.chart().find(connection, local.get(), Communication.class));
      if (found.isPresent() && found.get().hasPartOf()) {
        return Optional.of(found.get().getPartOfFirstRep().copy());
      }
      if (found.isPresent() && ThreadRule.isThread(found.get())) {
        return Optional.of(new Reference(local.get()));
      }
    }
    return Optional.empty();
  }

  private Step header(Caller caller, Communication message) {
    Communication header = Header.of(message, caller, tools.chart());
    return Step.create(Draft.of(header, tools.fhir()), null).on(tools.own().newId());
  }

  /** The sender's own name for it is as good as a condition. */
  private Step unlessSent(Caller caller, Step step) {
    Communication message = (Communication) step.draft().resource();
    Optional<Identifier> named =
        message.getIdentifier().stream()
            .filter(i -> CLIENT_MESSAGE.equals(i.getSystem()) && i.hasValue())
            .findFirst();
    if (step.criteria() != null
        || named.isEmpty()
        || !caller.scopes().allows("Communication", 's')) {
      return step;
    }
    String sender =
        message.hasSender()
            ? tools.chart().local(message.getSender()).orElse("")
            : caller.isSystem() ? "" : caller.reference();
    return step.unless(
        "identifier="
            + CLIENT_MESSAGE
            + "%7C"
            + value(named.get().getValue())
            + (sender.isEmpty() ? "" : "&sender=" + sender));
  }

  /** What is a sign in a search is none here. */
  private static String value(String text) {
    return URLEncoder.encode(text.replaceAll("([\\\\,|$])", "\\\\$1"), StandardCharsets.UTF_8);
  }
}
