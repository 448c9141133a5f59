// SPDX-License-Identifier: Apache-2.0
package dev.parley.bridge;

import dev.parley.feed.Binding;
import dev.parley.feed.Feed;
import dev.parley.feed.LiveSubscription;
import dev.parley.feed.MedplumDialect;
import dev.parley.subscription.BindingTokens;
import dev.parley.subscription.BindingTokens.Token;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;

/**
 * Medplum's client makes a new Subscription when it comes back, and unbinds the old token on the
 * new socket: so the server learns what the new one continues, and gives it what the old one
 * missed.
 */
final class Continuation {
  private static final int REMEMBERED = 100;

  private final BindingTokens tokens;
  private final List<Token> offered = new ArrayList<>();

  Continuation(BindingTokens tokens) {
    this.tokens = tokens;
  }

  /** An old token was unbound on this socket, on which it was not bound. */
  void offer(Token token) {
    if (!token.continued() && offered.size() < REMEMBERED) {
      offered.add(token);
    }
  }

  /** Gives a new binding what an offered one of the same caller, client and criteria missed. */
  void carryOver(Feed feed, Binding binding) {
    if (offered.isEmpty() || !(binding.dialect() instanceof MedplumDialect)) {
      return;
    }
    LiveSubscription now = binding.subscription();
    for (Iterator<Token> all = offered.iterator(); all.hasNext(); ) {
      Token token = all.next();
      if (!token.belongsTo(now.owner())) {
        continue;
      }
      for (String id : token.subscriptions()) {
        Optional<LiveSubscription> old = id.equals(now.id()) ? Optional.empty() : feed.find(id);
        if (old.isPresent()
            && old.get().row().criteria().equals(now.row().criteria())
            && tokens.continueOnce(token)) {
          all.remove();
          binding.continueFrom(old.get(), old.get().delivered());
          return;
        }
      }
    }
  }
}
