// SPDX-License-Identifier: Apache-2.0
package dev.parley.bridge;

import dev.parley.access.Caller;
import dev.parley.db.SqlFailure;
import dev.parley.feed.Binding;
import dev.parley.feed.Dialect;
import dev.parley.feed.Dialects;
import dev.parley.feed.LiveSubscription;
import dev.parley.subscription.BindingTokens;
import dev.parley.subscription.BindingTokens.Token;
import jakarta.websocket.CloseReason;
import jakarta.websocket.Endpoint;
import jakarta.websocket.EndpointConfig;
import jakarta.websocket.MessageHandler;
import jakarta.websocket.PongMessage;
import jakarta.websocket.Session;
import java.security.Principal;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One connection: understands what its client says. An instance for each. */
public final class SubscriptionEndpoint extends Endpoint {
  private static final Logger LOG = LoggerFactory.getLogger(SubscriptionEndpoint.class);
  private static final int MESSAGE_CHARACTERS = 16 * 1024;
  private static final int IDLE_MILLIS = 90_000;
  private static final int BINDINGS = 500;
  private static final int TOKENS = 1_000;

  private final Sockets sockets;
  private final BindingTokens tokens;
  private final Dialects dialects;
  private final Continuation continuation;
  private final boolean login;
  // Those that are still good: a socket may stay open for months, and get a new one every hour.
  private final Map<String, Token> boundTokens = new HashMap<>();
  private SocketChannel channel;
  private Principal visitor;

  /**
   * @param login whether callers have to say who they are
   */
  SubscriptionEndpoint(Sockets sockets, BindingTokens tokens, Dialects dialects, boolean login) {
    this.login = login;
    this.sockets = sockets;
    this.tokens = tokens;
    this.dialects = dialects;
    this.continuation = new Continuation(tokens);
  }

  @Override
  public void onOpen(Session session, EndpointConfig config) {
    session.setMaxTextMessageBufferSize(MESSAGE_CHARACTERS);
    session.setMaxBinaryMessageBufferSize(MESSAGE_CHARACTERS);
    session.setMaxIdleTimeout(IDLE_MILLIS);
    visitor = session.getUserPrincipal();
    channel = sockets.open(session);
    if (channel != null) {
      session.addMessageHandler(String.class, (MessageHandler.Whole<String>) this::message);
      session.addMessageHandler(
          PongMessage.class,
          (MessageHandler.Whole<PongMessage>) pong -> channel.pong(pong.getApplicationData()));
    }
  }

  @Override
  public void onClose(Session session, CloseReason reason) {
    if (channel != null) {
      sockets.gone(channel);
    }
  }

  @Override
  public void onError(Session session, Throwable thrown) {
    LOG.debug("socket: {}", thrown.toString());
  }

  private void message(String text) {
    try {
      ClientCommand command = ClientCommand.parse(text);
      if (command instanceof ClientCommand.Ping ping) {
        channel.say(ping.json() ? "{\"type\":\"pong\"}" : "pong");
      } else if (command instanceof ClientCommand.Bind bind) {
        bind(bind);
      } else if (command instanceof ClientCommand.BindClassic bind) {
        bindClassic(bind.id());
      } else if (command instanceof ClientCommand.Unbind unbind) {
        unbind(unbind.token());
      } else if (command instanceof ClientCommand.Typing typing) {
        person(who -> sockets.whereabouts().types(channel, who, typing.thread()));
      } else if (command instanceof ClientCommand.Presence presence) {
        person(who -> sockets.whereabouts().says(channel, who, presence.state()));
      } else if (command instanceof ClientCommand.Unknown unknown) {
        channel.say(Outcome.of("invalid", "not-understood", unknown.why()));
      }
    } catch (SqlFailure e) {
      LOG.warn("A bind failed: {}", e.toString());
      channel.say(
          Outcome.of("transient", "database-unavailable", "Not now; bind again in a few seconds"));
    }
  }

  private void person(Consumer<String> say) {
    Caller person = channel.person();
    if (person == null) {
      channel.say(
          Outcome.of(
              "login",
              "login-required",
              "Bind a subscription of yours first, or open the socket with an Authorization header"));
    } else {
      say.accept(person.reference());
    }
  }

  private void bind(ClientCommand.Bind bind) {
    Optional<Token> found = tokens.find(bind.token());
    if (found.isEmpty() || !tokens.good(found.get()) || isStolen(found.get())) {
      channel.close(Closing.TOKEN);
      return;
    }
    Token token = found.get();
    boundTokens.values().removeIf(each -> !tokens.good(each));
    boundTokens.put(bind.token(), token);
    if (boundTokens.size() > TOKENS) {
      channel.close(Closing.TOO_MUCH);
      return;
    }
    for (String id : token.subscriptions()) {
      Optional<LiveSubscription> subscription = own(id, s -> token.belongsTo(s.owner()));
      if (subscription.isPresent()) {
        Dialect dialect = dialects.forToken(subscription.get());
        bind(subscription.get(), dialect, after(bind.after(), id), token.expires());
      } else {
        channel.say(Outcome.of("deleted", "deleted", "Subscription/" + id + " is not active"));
      }
    }
  }

  private static Long after(Map<String, Long> after, String id) {
    return after.containsKey(id) ? after.get(id) : after.get("");
  }

  private Optional<LiveSubscription> own(String id, Predicate<LiveSubscription> theirs) {
    return sockets.feed().find(id).filter(s -> s.row().isWebsocket()).filter(theirs);
  }

  /** Whether whoever opened the socket is known, and is somebody else. */
  private boolean isStolen(Token token) {
    return login && visitor instanceof Visitor known && !token.belongsTo(known.caller());
  }

  /** By id, of the caller whom the upgrade request named; without login, of anyone. */
  private void bindClassic(String id) {
    Optional<Caller> caller = caller();
    if (caller.isEmpty()) {
      channel.say(
          Outcome.of(
              "login",
              "login-required",
              "Open the socket with an Authorization header, or bind with a token"));
      return;
    }
    Optional<LiveSubscription> subscription = own(id, s -> s.reachedBy(caller.get()));
    if (subscription.isPresent()) {
      Caller.Session its = caller.get().session();
      bind(subscription.get(), dialects.classic(), null, its == null ? null : its.expires());
    } else {
      channel.say(Outcome.of("not-found", "not-found", "There is no subscription of this id"));
    }
  }

  private Optional<Caller> caller() {
    if (!login) {
      return Optional.of(Caller.ANYONE);
    }
    return visitor instanceof Visitor known && known.caller().scopes().allows("Subscription", 'r')
        ? Optional.of(known.caller())
        : Optional.empty();
  }

  private void bind(LiveSubscription subscription, Dialect dialect, Long after, Instant expires) {
    BoundSubscription already = channel.bound(subscription.id());
    if (already != null && already.binding.dialect() == dialect && after == null) {
      // A renewed token: the same binding goes on, and hears a handshake again.
      synchronized (channel) {
        already.expires = expires;
      }
      channel.say(dialect.handshake(subscription));
      return;
    }
    if (already == null && channel.boundCount() >= BINDINGS) {
      channel.say(
          Outcome.of("too-costly", "too-many-bindings", BINDINGS + " on one socket are enough"));
      return;
    }
    if (already != null) {
      channel.remove(subscription.id());
    }
    channel.say(dialect.handshake(subscription));
    Binding binding =
        sockets
            .feed()
            .bind(subscription, channel, dialect, after == null ? subscription.delivered() : after);
    continuation.carryOver(sockets.feed(), binding);
    channel.add(new BoundSubscription(binding, expires));
  }

  /** Of a token bound here: stop. Of an older one: what this socket continues. */
  private void unbind(String text) {
    Optional<Token> token = tokens.find(text);
    if (token.isEmpty()) {
      return;
    }
    if (boundTokens.remove(text) != null) {
      token.get().subscriptions().forEach(channel::remove);
    } else {
      continuation.offer(token.get());
    }
  }
}
