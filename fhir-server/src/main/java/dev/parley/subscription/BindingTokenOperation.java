// SPDX-License-Identifier: Apache-2.0
package dev.parley.subscription;

import ca.uhn.fhir.rest.annotation.IdParam;
import ca.uhn.fhir.rest.annotation.Operation;
import ca.uhn.fhir.rest.annotation.OperationParam;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import dev.parley.access.Caller;
import dev.parley.access.Refusal;
import dev.parley.feed.Feed;
import dev.parley.feed.LiveSubscription;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import org.hl7.fhir.r4.model.DateTimeType;
import org.hl7.fhir.r4.model.IdType;
import org.hl7.fhir.r4.model.Parameters;
import org.hl7.fhir.r4.model.StringType;
import org.hl7.fhir.r4.model.UrlType;

/** {@code $get-ws-binding-token} (B-46 to B-48). */
public final class BindingTokenOperation {
  private final Requests requests;
  private final BindingTokens tokens;
  private final Supplier<String> socket;

  /**
   * @param socket the address of the WebSocket endpoint
   */
  BindingTokenOperation(
      Feed feed,
      Function<RequestDetails, Caller> callers,
      BindingTokens tokens,
      Supplier<String> socket) {
    this.requests = new Requests(feed, callers);
    this.tokens = tokens;
    this.socket = socket;
  }

  @Operation(
      name = "$get-ws-binding-token",
      typeName = "Subscription",
      idempotent = true,
      canonicalUrl = Backport.OPERATION + "backport-subscription-get-ws-binding-token")
  public Parameters one(@IdParam IdType id, RequestDetails request) {
    LiveSubscription subscription = requests.one(request, id.getIdPart());
    if (!subscription.row().isWebsocket()) {
      throw Refusal.unprocessable(
          "business-rule",
          "not-a-websocket",
          "Subscription/" + subscription.id() + " is delivered by rest-hook");
    }
    return token(List.of(subscription), request);
  }

  /** For several subscriptions, or for all of the caller's that are delivered over the socket. */
  @Operation(
      name = "$get-ws-binding-token",
      typeName = "Subscription",
      idempotent = true,
      canonicalUrl = Backport.OPERATION + "backport-subscription-get-ws-binding-token")
  public Parameters several(@OperationParam(name = "id") List<IdType> ids, RequestDetails request) {
    List<LiveSubscription> found =
        ids == null || ids.isEmpty()
            ? requests.mine(request)
            : ids.stream().map(id -> requests.one(request, id.getIdPart())).toList();
    List<LiveSubscription> bindable = found.stream().filter(s -> s.row().isWebsocket()).toList();
    if (bindable.isEmpty()) {
      throw Refusal.unprocessable(
          "business-rule", "nothing-to-bind", "There is no websocket subscription to bind");
    }
    return token(bindable, request);
  }

  private Parameters token(List<LiveSubscription> subscriptions, RequestDetails request) {
    List<String> ids = subscriptions.stream().map(LiveSubscription::id).toList();
    BindingTokens.Issued token = tokens.issue(requests.caller(request), ids);
    Parameters answer = new Parameters();
    answer.addParameter("token", new StringType(token.text()));
    DateTimeType expires = new DateTimeType(token.expires().toString());
    answer.addParameter("expiration", expires);
    ids.forEach(id -> answer.addParameter("subscription", new StringType(id)));
    answer.addParameter("websocket-url", new UrlType(socket.get()));
    return answer;
  }
}
