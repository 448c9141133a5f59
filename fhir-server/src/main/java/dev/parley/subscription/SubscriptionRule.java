// SPDX-License-Identifier: Apache-2.0
package dev.parley.subscription;

import dev.parley.access.Caller;
import dev.parley.access.Refusal;
import dev.parley.feed.Criteria;
import dev.parley.feed.SubscriptionRow;
import dev.parley.feed.SubscriptionTable;
import dev.parley.store.Change;
import dev.parley.store.Keys;
import dev.parley.store.Locks;
import dev.parley.store.Rule;
import dev.parley.store.Transaction;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.util.List;
import org.hl7.fhir.r4.model.PrimitiveType;
import org.hl7.fhir.r4.model.StringType;
import org.hl7.fhir.r4.model.Subscription;

/**
 * Checks and completes Subscriptions when they are written, and keeps the row beside them, in the
 * same transaction.
 */
final class SubscriptionRule implements Rule {
  private static final String TERMS = "parley.subscription.terms";

  private final Criteria criteria;
  private final Endpoints endpoints;
  private final int most;
  private final Clock clock;

  /**
   * @param most subscriptions of one person
   */
  SubscriptionRule(Criteria criteria, Endpoints endpoints, int most, Clock clock) {
    this.criteria = criteria;
    this.endpoints = endpoints;
    this.most = most;
    this.clock = clock;
  }

  private static boolean concerns(Change change) {
    return change.type().equals("Subscription");
  }

  /** The server reports how it stands with a subscription; nothing of the terms changes then. */
  private static boolean isReport(Change change) {
    return change.caller().equals(Caller.SYSTEM) && change.kind() == Change.Kind.UPDATE;
  }

  /** The subscriptions of one person hold still while another one is counted. */
  @Override
  public void plan(Change change, Locks locks) {
    if (concerns(change) && !change.caller().isSystem()) {
      locks.exclusive(Keys.of("subscriptions of " + change.caller().reference()));
    }
  }

  @Override
  public boolean needsTransaction(Change change) {
    return concerns(change);
  }

  @Override
  public boolean completes(Change change) {
    return concerns(change) && change.after() != null && !isReport(change);
  }

  @Override
  public void beforeWrite(Change change, Transaction transaction) {
    if (!completes(change)) {
      return;
    }
    Subscription subscription = (Subscription) change.after();
    unhide(subscription);
    subscription.getChannel().getHeader().stream()
        .map(PrimitiveType::getValue)
        .forEach(Headers::check);
    Terms terms = Terms.of(subscription, change.id(), change.caller(), endpoints, clock.instant());
    forSystems(change.caller(), terms);
    criteria.check(terms.matches());
    // Whoever may not read what it is about would hear nothing: better told now.
    change.caller().require(terms.type(), "r");
    subscription.setUserData(TERMS, terms);
    subscription.setStatus(
        Subscription.SubscriptionStatus.fromCode(
            staysActive(change, terms) ? "active" : terms.row().status()));
    subscription.setErrorElement(null);
    subscription.getChannel().getHeader().forEach(h -> h.setValue(Headers.hide(h.getValue())));
  }

  /** A rest-hook outlives every login, so it is not for those who log in and out. */
  private static void forSystems(Caller caller, Terms terms) {
    if (!caller.isSystem() && terms.row().channel().equals("rest-hook")) {
      throw Refusal.forbidden(
          "rest-hook-for-systems",
          "A rest-hook is for system clients; people subscribe by websocket");
    }
  }

  /** When a transaction is repeated, the resource has been completed once already. */
  private static void unhide(Subscription subscription) {
    if (subscription.getUserData(TERMS) instanceof Terms earlier) {
      List<StringType> headers = subscription.getChannel().getHeader();
      for (int i = 0; i < headers.size(); i++) {
        headers.get(i).setValue(earlier.row().headers().get(i));
      }
    }
  }

  /** A rest-hook that works and goes to the same place needs no second handshake. */
  private static boolean staysActive(Change change, Terms terms) {
    return change.before() instanceof Subscription before
        && before.getStatus() == Subscription.SubscriptionStatus.ACTIVE
        && terms.row().status().equals("requested")
        && terms.row().endpoint().equals(before.getChannel().getEndpoint());
  }

  @Override
  public void afterWrite(Change change, Connection connection) throws SQLException {
    if (!concerns(change)) {
      return;
    }
    long self = Keys.self("Subscription", change.id());
    if (change.after() == null) {
      if (!change.caller().equals(Caller.SYSTEM)) {
        owned(connection, self, change.caller());
      }
      SubscriptionTable.delete(connection, self);
      return;
    }
    Subscription subscription = (Subscription) change.after();
    if (isReport(change)) {
      SubscriptionTable.status(
          connection, self, subscription.getStatus().toCode(), subscription.getError());
      return;
    }
    Terms terms = (Terms) subscription.getUserData(TERMS);
    owned(connection, self, change.caller());
    List<String> headers = headers(change, terms, connection, self);
    SubscriptionTable.put(
        connection, with(terms.row(), headers, subscription.getStatus().toCode()), terms.matches());
    if (!change.caller().isSystem()
        && change.before() == null
        && SubscriptionTable.ofOwner(connection, change.caller().reference()).length > most) {
      throw Refusal.unprocessable(
          "too-costly",
          "too-many-subscriptions",
          "You have %d subscriptions already; delete one that you do not need".formatted(most));
    }
  }

  /** A kept secret goes nowhere but where it was meant for. */
  private static List<String> headers(Change change, Terms terms, Connection connection, long self)
      throws SQLException {
    List<String> given = terms.row().headers();
    boolean moved =
        change.before() instanceof Subscription before
            && !Endpoints.sameOrigin(before.getChannel().getEndpoint(), terms.row().endpoint());
    return moved
        ? Headers.given(given)
        : Headers.reveal(given, SubscriptionTable.headers(connection, self));
  }

  /** B-71: nobody changes another's subscription. */
  private static void owned(Connection connection, long self, Caller caller) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement("select owner, client from subscription where self = ?")) {
      statement.setLong(1, self);
      try (ResultSet row = statement.executeQuery()) {
        if (row.next() && !caller.made(row.getString(1), row.getString(2))) {
          throw Refusal.forbidden(
              "not-the-owner", "Only the one who made a subscription may change it");
        }
      }
    }
  }

  private static SubscriptionRow with(SubscriptionRow row, List<String> headers, String status) {
    return new SubscriptionRow(
        row.id(),
        row.owner(),
        row.client(),
        row.scopes(),
        row.patient(),
        row.topic(),
        row.criteria(),
        row.backport(),
        row.channel(),
        row.endpoint(),
        headers,
        row.mime(),
        row.content(),
        row.heartbeat(),
        row.timeout(),
        row.maxCount(),
        status,
        null,
        row.ends());
  }
}
