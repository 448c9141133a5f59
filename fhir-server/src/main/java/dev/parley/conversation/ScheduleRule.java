// SPDX-License-Identifier: Apache-2.0
package dev.parley.conversation;

import dev.parley.access.Caller;
import dev.parley.access.Refusal;
import dev.parley.access.Scopes;
import dev.parley.feature.Tools;
import dev.parley.store.Change;
import dev.parley.store.Codes;
import dev.parley.store.Draft;
import dev.parley.store.Moments;
import dev.parley.store.OwnTask;
import dev.parley.store.Rule;
import dev.parley.store.Step;
import dev.parley.store.StoredResource;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.hl7.fhir.r4.model.CodeType;
import org.hl7.fhir.r4.model.CodeableConcept;
import org.hl7.fhir.r4.model.Coding;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.Extension;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.Task;
import org.hl7.fhir.r4.model.Task.TaskIntent;
import org.hl7.fhir.r4.model.Task.TaskStatus;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends scheduled messages at their time, as their author, by all the rules for a message. One that
 * may not be sent then becomes a draft again, and a Task says so: to its author, or to those who
 * treat the patient if the author may not log in any more.
 */
final class ScheduleRule implements Rule {
  /** Of a draft: why it was not sent at its time. */
  static final String NOT_SENT = Codes.EXTENSIONS + "not-sent";

  private static final Logger LOG = LoggerFactory.getLogger(ScheduleRule.class);
  private static final String KIND = "send-message";

  private final Tools tools;
  private final Predicate<String> admitted;

  /**
   * @param admitted whether somebody might log in now
   */
  ScheduleRule(Tools tools, Predicate<String> admitted) {
    this.tools = tools;
    this.admitted = admitted;
    tools.agenda().once(KIND, this::due);
  }

  @Override
  public boolean needsTransaction(Change change) {
    return isScheduled(change.before()) || isScheduled(change.after());
  }

  private static boolean isScheduled(Object resource) {
    return resource instanceof Communication message && Scheduled.is(message);
  }

  @Override
  public void afterWrite(Change change, Connection connection) throws SQLException {
    if (change.caller().isSystem()) {
      return;
    }
    if (isScheduled(change.after())) {
      Communication message = (Communication) change.after();
      tools.agenda().at(connection, KIND, change.id(), Scheduled.time(message));
    } else if (isScheduled(change.before())) {
      tools.agenda().cancel(connection, KIND, change.id());
    }
  }

  /** Somebody was first: it was sent, moved or taken back. */
  private static final class NotDue extends RuntimeException {
    private static final long serialVersionUID = 1;

    NotDue() {
      super(null, null, false, false);
    }
  }

  private void due(String id) {
    Optional<StoredResource> stored = tools.own().find("Communication", id);
    if (stored.isEmpty() || stored.get().deleted()) {
      return;
    }
    Communication message = tools.chart().parse(stored.get(), Communication.class);
    if (!isDue(message)) {
      return;
    }
    String author = Scheduled.author(message);
    if (!admitted.test(author)) {
      fail(id, "author-left");
      return;
    }
    Caller caller = Caller.person(author, "parley", Scopes.parse("user/*.cruds patient/*.cruds"));
    try {
      tools.store().get().as(caller).write(step(id, Scheduled::send));
    } catch (NotDue e) {
      LOG.debug("Communication/{} was not due any more", id);
    } catch (Refusal refusal) {
      if (refusal.status() >= 500 || refusal.status() == 409) {
        throw refusal;
      }
      LOG.info("Communication/{} was not sent at its time: {}", id, refusal.reason());
      fail(id, refusal.reason());
    }
  }

  private boolean isDue(Communication message) {
    return Scheduled.is(message) && !Scheduled.time(message).isAfter(tools.clock().instant());
  }

  /** Asked under the lock: it is sent once, however many try. */
  private Step step(String id, Consumer<Communication> change) {
    return Step.change(
        tools.fhir(),
        Communication.class,
        id,
        message -> {
          if (!isDue(message)) {
            throw new NotDue();
          }
          change.accept(message);
        });
  }

  /** A consent that is missing has made it a draft that waits for it already. */
  private void fail(String id, String reason) {
    try {
      tools
          .own()
          .write(
              Step.change(
                  tools.fhir(),
                  Communication.class,
                  id,
                  message -> {
                    if (!MessageRule.isDraft(message)) {
                      throw new NotDue();
                    }
                    Scheduled.draft(message);
                    message.getExtension().removeIf(e -> NOT_SENT.equals(e.getUrl()));
                    Extension why = new Extension(NOT_SENT);
                    why.addExtension("reason", new CodeType(reason));
                    why.addExtension("at", Moments.utc(tools.clock().instant()));
                    message.addExtension(why);
                  }));
    } catch (NotDue e) {
      LOG.debug("Communication/{} is no draft any more", id);
    }
  }

  @Override
  public List<Draft> adds(List<Change> changes, Connection connection) {
    return changes.stream()
        .filter(c -> c.caller().equals(Caller.SYSTEM))
        .filter(c -> c.after() instanceof Communication after && after.hasExtension(NOT_SENT))
        .filter(c -> !(c.before() instanceof Communication before && before.hasExtension(NOT_SENT)))
        .map(c -> Draft.of(told(c.id(), (Communication) c.after()), tools.fhir()))
        .toList();
  }

  private Task told(String id, Communication message) {
    String reason = message.getExtensionByUrl(NOT_SENT).getExtensionString("reason");
    Task task = new Task();
    task.setStatus(TaskStatus.REQUESTED).setIntent(TaskIntent.ORDER);
    task.setPriority(OwnTask.priority(message));
    task.setCode(
        new CodeableConcept(
            new Coding(Codes.TASKS, "not-sent", "A scheduled message was not sent")));
    task.setReasonCode(new CodeableConcept().setText(reason));
    task.setFocus(new Reference("Communication/" + id));
    if (message.hasSubject()) {
      task.setFor(message.getSubject().copy());
    }
    task.setRequester(message.getSender().copy());
    if (!"author-left".equals(reason)) {
      task.setOwner(message.getSender().copy());
    }
    task.setAuthoredOnElement(Moments.utc(tools.clock().instant()));
    return task;
  }
}
