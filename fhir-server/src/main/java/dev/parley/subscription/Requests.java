// SPDX-License-Identifier: Apache-2.0
package dev.parley.subscription;

import ca.uhn.fhir.rest.api.server.RequestDetails;
import dev.parley.access.Caller;
import dev.parley.access.Refusal;
import dev.parley.feed.Feed;
import dev.parley.feed.LiveSubscription;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** Finds the subscriptions that an operation is about, and only the caller's own (B-71). */
final class Requests {
  private final Feed feed;
  private final Function<RequestDetails, Caller> callers;

  Requests(Feed feed, Function<RequestDetails, Caller> callers) {
    this.feed = feed;
    this.callers = callers;
  }

  /** Who asks; every operation reads a Subscription (E-10). */
  Caller caller(RequestDetails request) {
    Caller caller = callers.apply(request);
    caller.require("Subscription", "r");
    return caller;
  }

  /**
   * @throws Refusal 404 for another's as for none; 403 where the token reaches less than it tells
   */
  LiveSubscription one(RequestDetails request, String id) {
    LiveSubscription found =
        find(request, id).orElseThrow(() -> Refusal.notFound("Subscription/" + id));
    if (!found.reachedBy(caller(request))) {
      throw Refusal.forbidden(
          "insufficient-scope",
          "Subscription/%s was made with scopes that this token lacks for %s"
              .formatted(id, found.type()));
    }
    return found;
  }

  /** By id, also one that was just created and is not among all yet. */
  Optional<LiveSubscription> find(RequestDetails request, String id) {
    return feed.find(id).filter(s -> s.owner().is(caller(request)));
  }

  List<LiveSubscription> mine(RequestDetails request) {
    Caller caller = caller(request);
    return feed.ownedBy(caller).stream().filter(s -> s.reachedBy(caller)).toList();
  }
}
