// SPDX-License-Identifier: Apache-2.0
package dev.parley;

import dev.parley.feed.Binding;
import dev.parley.feed.Channel;
import dev.parley.feed.Feed;
import dev.parley.feed.Notification;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** What a client that is bound to a subscription is given at once, not from the log. */
public final class Pushed implements Channel {
  private final Queue<String> texts = new ConcurrentLinkedQueue<>();
  private final Binding binding;

  private Pushed(TestServer server, String subscription) {
    Wiring wiring = server.server().wiring();
    Feed feed = wiring.feed();
    binding =
        feed.bind(feed.find(subscription).orElseThrow(), this, wiring.dialects().backport(), 0);
    wake();
  }

  /** Subscribed to a criteria with full content by whoever asks, and bound. */
  public static Pushed to(TestServer asked, String criteria) {
    String extension = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/";
    TestServer.Reply made =
        asked.post(
            "Subscription",
            """
            {"resourceType":"Subscription","status":"requested","reason":"t","criteria":"%s",
             "channel":{"type":"websocket","payload":"application/fhir+json","_payload":{"extension":[
               {"url":"%sbackport-payload-content","valueCode":"full-resource"}]}}}"""
                .formatted(criteria, extension));
    if (made.status() != 201) {
      throw new AssertionError(made.body());
    }
    return new Pushed(asked, made.id());
  }

  /** Whether anything that was pushed so far has this in it. */
  public boolean has(String text) {
    return texts.stream().anyMatch(t -> t.contains(text));
  }

  @Override
  public synchronized void wake() {
    if (binding != null) {
      for (Notification n = binding.next(); n != null; n = binding.next()) {
        texts.add(n.text());
      }
    }
  }

  @Override
  public void ended(Binding gone, String why) {
    throw new AssertionError(why);
  }
}
