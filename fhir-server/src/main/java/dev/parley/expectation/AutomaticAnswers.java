// SPDX-License-Identifier: Apache-2.0
package dev.parley.expectation;

import dev.parley.access.Caller;
import dev.parley.access.Refusal;
import dev.parley.access.Scopes;
import dev.parley.feature.Tools;
import dev.parley.store.Codes;
import dev.parley.store.Draft;
import dev.parley.store.Keys;
import dev.parley.store.Lookup;
import dev.parley.store.Moments;
import dev.parley.store.Step;
import dev.parley.store.StoredResource;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Optional;
import org.hl7.fhir.r4.model.BooleanType;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.Communication.CommunicationStatus;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.StringType;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a service answers by itself while it is closed: when it reads messages, and what to do in an
 * emergency. Nothing of the message, nothing of the patient. At most once in a window for each
 * conversation, and not while people are answering.
 */
final class AutomaticAnswers {
  static final String KIND = "automatic-answer";
  static final String IDENTIFIER = "https://parley.dev/fhir/automatic-answer";
  private static final Logger LOG = LoggerFactory.getLogger(AutomaticAnswers.class);
  private static final int LOOKED_AT = 20;

  /** A message may be taken back, or be followed by another, before it is answered. */
  private static final Duration PAUSE = Duration.ofSeconds(10);

  /** Consent is asked for it as for any system's message. */
  private static final Caller SENDER =
      Caller.system("parley", Scopes.parse("messaging system/*.cruds"));

  // The conversation is locked; the row says who was first among those with no header, too.
  private static final String TAKE =
      """
      insert into automatic_answer as a (thread, at) values (?, ?)
      on conflict (thread) do update set at = excluded.at where a.at <= ?""";

  private final Tools tools;
  private final Pools pools;
  private final Duration window;

  AutomaticAnswers(Tools tools, Pools pools, Duration window) {
    this.tools = tools;
    this.pools = pools;
    this.window = window;
  }

  /** Notes in the transaction of the message that it is to be answered. */
  void consider(AnswerRule.Asked asked, Connection connection) throws SQLException {
    if (asked.expectation() == null
        || asked.expectation().isOpen()
        || !asked.pool().reference().startsWith("HealthcareService/")
        || isAnswered(asked.sent().thread(), asked.at().minus(window), connection)) {
      return;
    }
    try (PreparedStatement take = connection.prepareStatement(TAKE)) {
      take.setLong(1, Keys.of(asked.sent().thread()));
      take.setObject(2, asked.at().atOffset(ZoneOffset.UTC));
      take.setObject(3, asked.at().minus(window).atOffset(ZoneOffset.UTC));
      if (take.executeUpdate() == 1) {
        String about = asked.sent().reference() + " " + asked.pool().reference();
        tools.agenda().at(connection, KIND, about, asked.at().plus(PAUSE));
      }
    }
  }

  private boolean isAnswered(String thread, Instant since, Connection connection)
      throws SQLException {
    for (StoredResource each : Lookup.newest(connection, thread, LOOKED_AT)) {
      Communication message = tools.chart().parse(each, Communication.class);
      Optional<String> sender = tools.chart().local(message.getSender());
      if (message.hasSent()
          && !message.getSent().toInstant().isBefore(since)
          && message.getStatus() != CommunicationStatus.PREPARATION
          && sender.filter(who -> Sent.isByStaff(message, who)).isPresent()) {
        return true;
      }
    }
    return false;
  }

  /** Sends it, unless somebody has answered or taken back the message meanwhile. */
  void send(String about) {
    tools.database().run(connection -> send(about, connection));
  }

  private void send(String about, Connection connection) throws SQLException {
    String[] parts = about.split(" ");
    Optional<Communication> found = tools.chart().find(connection, parts[0], Communication.class);
    Optional<Service> service = pools.service(parts[1], connection);
    if (found.isEmpty()
        || service.isEmpty()
        || found.get().getStatus() == CommunicationStatus.ENTEREDINERROR) {
      return;
    }
    Communication trigger = found.get();
    Instant sent = trigger.hasSent() ? trigger.getSent().toInstant() : tools.clock().instant();
    String thread =
        trigger.getPartOf().stream()
            .flatMap(r -> tools.chart().local(r).stream())
            .findFirst()
            .orElse(parts[0]);
    if (isAnswered(thread, sent, connection)) {
      return;
    }
    Sent asked = new Sent(parts[0], "", thread, trigger);
    String text =
        Expectation.of(service.get(), asked.categories(), asked.priority(), sent).advice();
    send(answer(trigger, parts[0], parts[1], text), parts[0]);
  }

  private void send(Communication answer, String trigger) {
    try {
      tools
          .store()
          .get()
          .as(SENDER)
          .write(
              Step.create(
                  Draft.of(answer, tools.fhir()), "identifier=" + IDENTIFIER + "|" + trigger));
    } catch (Refusal refusal) {
      if (refusal.status() >= 500 || refusal.status() == 409 || refusal.status() == 429) {
        // The agenda tries it again.
        throw refusal;
      }
      // A consent that was withdrawn in between, say: it would be refused again.
      LOG.info("no automatic answer to {}: {}", trigger, refusal.reason());
    }
  }

  private Communication answer(
      Communication trigger, String reference, String service, String text) {
    Communication answer = new Communication().setStatus(CommunicationStatus.COMPLETED);
    answer.addExtension(Sent.AUTOMATIC, new BooleanType(true));
    answer.addIdentifier().setSystem(IDENTIFIER).setValue(reference);
    trigger.getPartOf().forEach(part -> answer.addPartOf(part.copy()));
    answer.addInResponseTo(new Reference(reference));
    answer.addCategory(Codes.notification());
    answer.addCategory(Codes.ours("automatic", "out-of-hours"));
    // Fixed words of the service: whoever may write to it may read them, verified or not.
    answer.addCategory(Codes.ours("content-class", "greeting"));
    answer.setSubject(trigger.getSubject().copy());
    answer.setSender(new Reference(service));
    answer.addRecipient(trigger.getSender().copy());
    answer.setSentElement(Moments.utc(tools.clock().instant()));
    answer.addPayload().setContent(new StringType("Automatic answer: " + text));
    return answer;
  }
}
