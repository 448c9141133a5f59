// SPDX-License-Identifier: Apache-2.0
package dev.parley.feed;

import dev.parley.access.Caller;
import dev.parley.access.Scopes;
import dev.parley.store.Keys;
import java.time.Instant;
import java.util.List;

/**
 * What the table {@code subscription} says of how to deliver; how far it has come is in {@link
 * LiveSubscription}.
 *
 * @param scopes of the token that made it, see {@link #scopes(Caller)}
 * @param patient for whom that token was given, "Patient/x", or null
 * @param topic canonical, or null for plain criteria
 * @param backport whether it speaks the Backport's notifications
 * @param headers "Name: value" with their secrets
 * @param mime type of what is sent, or null for a classic rest-hook without payload
 * @param content empty, id-only, full-resource
 * @param heartbeat seconds, or null
 * @param timeout seconds for one delivery, or null
 */
public record SubscriptionRow(
    String id,
    String owner,
    String client,
    String scopes,
    String patient,
    String topic,
    String criteria,
    boolean backport,
    String channel,
    String endpoint,
    List<String> headers,
    String mime,
    String content,
    Integer heartbeat,
    Integer timeout,
    int maxCount,
    String status,
    String error,
    Instant ends) {

  private static final String ASSURANCE = "assurance-";

  /** The text of a token's scopes with how sure its session is of the person. */
  public static String scopes(Caller owner) {
    String granted =
        owner.scopes().toString().replaceAll("(^| )" + ASSURANCE + "\\d(?= |$)", "").strip();
    return owner.isSystem() ? granted : granted + " " + ASSURANCE + owner.assurance();
  }

  /** Who gets the events: whose rights count. */
  public Caller caller() {
    Scopes granted = Scopes.parse(scopes);
    if (owner.equals("system")) {
      return Caller.system(client, granted);
    }
    int assurance = 3;
    while (assurance > 0 && !granted.has(ASSURANCE + assurance)) {
      assurance--;
    }
    return Caller.person(owner, client, granted).assured(assurance).launchedFor(patient);
  }

  public long self() {
    return Keys.self("Subscription", id);
  }

  public boolean isWebsocket() {
    return channel.equals("websocket");
  }

  /** Whether events are counted and can be delivered. */
  public boolean runs() {
    return !status.equals("off");
  }
}
