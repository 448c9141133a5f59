// SPDX-License-Identifier: Apache-2.0
package dev.parley.conversation;

import dev.parley.access.Refusal;
import dev.parley.feature.Tools;
import dev.parley.store.Change;
import dev.parley.store.Draft;
import dev.parley.store.Keys;
import dev.parley.store.Locks;
import dev.parley.store.Rule;
import dev.parley.store.Step;
import dev.parley.store.Transaction;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Optional;
import org.hl7.fhir.r4.model.CodeableConcept;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.Extension;
import org.hl7.fhir.r4.model.Reference;

/**
 * A recall reaches what was forwarded: what is about another patient is not better in a second
 * thread. Of a recall and a forward at the same instant one comes first, and the other sees it.
 */
final class ForwardRule implements Rule {
  private final Tools tools;

  ForwardRule(Tools tools) {
    this.tools = tools;
  }

  /** The id of what is forwarded by this. */
  private Optional<String> original(Change change) {
    if (change.before() == null
        && change.byOperation()
        && change.after() instanceof Communication message) {
      Extension from = message.getExtensionByUrl(LinkRule.FORWARDED);
      return from != null && from.getValue() instanceof Reference reference
          ? tools
              .chart()
              .local(reference)
              .filter(r -> r.startsWith("Communication/"))
              .map(r -> r.substring("Communication/".length()))
          : Optional.empty();
    }
    return Optional.empty();
  }

  static boolean isRecalled(Change change) {
    return change.before() instanceof Communication before
        && change.after() instanceof Communication after
        && Recalled.is(after)
        && !Recalled.is(before)
        && !Recalled.MOVED.equals(Recalled.code(after));
  }

  @Override
  public void plan(Change change, Locks locks) {
    original(change).ifPresent(id -> locks.shared(Keys.self("Communication", id)));
  }

  @Override
  public boolean needsTransaction(Change change) {
    return original(change).isPresent() || isRecalled(change);
  }

  @Override
  public void beforeWrite(Change change, Transaction transaction) throws SQLException {
    Optional<String> original = original(change);
    if (original.isEmpty()) {
      return;
    }
    transaction.shared(Keys.self("Communication", original.get()));
    if (tools
        .chart()
        .find(transaction.connection(), "Communication/" + original.get(), Communication.class)
        .filter(m -> !Recalled.is(m))
        .isEmpty()) {
      throw Refusal.unprocessable("business-rule", "recalled", "The message has been recalled");
    }
  }

  @Override
  public void afterWrite(Change change, Connection connection) throws SQLException {
    Optional<String> original = original(change);
    if (original.isPresent()) {
      Forwards.add(connection, original.get(), change.id());
    }
  }

  @Override
  public List<Step> follows(List<Change> changes, Connection connection) throws SQLException {
    List<Step> steps = new ArrayList<>();
    for (Change change : changes) {
      if (isRecalled(change)) {
        CodeableConcept reason = ((Communication) change.after()).getStatusReason();
        for (String copy : Forwards.of(connection, tools.chart(), change.id()).keySet()) {
          steps.add(recall(copy, reason));
          steps.add(
              Step.create(Draft.of(Changed.recalled(change, copy, now()), tools.fhir()), null));
        }
      }
    }
    return steps;
  }

  private Step recall(String copy, CodeableConcept reason) {
    return Step.change(
        tools.fhir(),
        Communication.class,
        copy,
        message -> Recalled.recall(message, reason.copy(), now()));
  }

  private Date now() {
    return Date.from(tools.clock().instant());
  }
}
