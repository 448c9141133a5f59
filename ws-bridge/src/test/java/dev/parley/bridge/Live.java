// SPDX-License-Identifier: Apache-2.0
package dev.parley.bridge;

import com.fasterxml.jackson.databind.JsonNode;
import dev.parley.TestServer;
import dev.parley.TestServer.Reply;
import dev.parley.config.Setting;
import java.time.Clock;
import java.util.Map;

/** The real server with the socket beside it, and the words to use it. */
final class Live implements AutoCloseable {
  final TestServer server;

  private Live(TestServer server) {
    this.server = server;
  }

  static Live start(Map<String, String> settings) {
    Live live = new Live(TestServer.start(settings, new BridgeServer()));
    live.server.put("Patient/pt-1", "{\"resourceType\":\"Patient\",\"id\":\"pt-1\"}");
    live.server.put("Practitioner/dr-1", "{\"resourceType\":\"Practitioner\",\"id\":\"dr-1\"}");
    return live;
  }

  /** Another process over the same database. */
  Live another() {
    return new Live(TestServer.start(server.config(), Clock.systemUTC(), new BridgeServer()));
  }

  /** The same on a port of one's choice: where an earlier one was. */
  Live anotherOn(int port) {
    return new Live(
        TestServer.start(
            server.config().with(Setting.PARLEY_PORT, String.valueOf(port)),
            Clock.systemUTC(),
            new BridgeServer()));
  }

  TestSocket open() {
    return TestSocket.open(server.base());
  }

  /** To the topic of messages for dr-1. */
  String topic(String content, String channelExtras) {
    return created(
        """
        {"resourceType":"Subscription","status":"requested","reason":"test",
         "criteria":"https://parley.dev/fhir/SubscriptionTopic/communication",
         "_criteria":{"extension":[{"url":"http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-filter-criteria","valueString":"recipient=Practitioner/dr-1"}]},
         "channel":{%s"type":"websocket","payload":"application/fhir+json",
          "_payload":{"extension":[{"url":"http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-payload-content","valueCode":"%s"}]}}}
        """
            .formatted(channelExtras, content));
  }

  /** To plain criteria, as Medplum's client makes it. */
  String plain(String criteria) {
    return created(
        """
        {"resourceType":"Subscription","status":"active","reason":"test","criteria":"%s","channel":{"type":"websocket"}}"""
            .formatted(criteria));
  }

  private String created(String body) {
    Reply reply = server.post("Subscription", body);
    if (reply.status() != 201) {
      throw new AssertionError(reply.body());
    }
    return reply.id();
  }

  String token(String id) {
    for (JsonNode each :
        server.get("Subscription/" + id + "/$get-ws-binding-token").json().at("/parameter")) {
      if (each.path("name").asText().equals("token")) {
        return each.path("valueString").asText();
      }
    }
    throw new AssertionError("no token");
  }

  /** A message to dr-1. */
  String say(String text) {
    Reply reply =
        server.post(
            "Communication",
            """
            {"resourceType":"Communication","status":"completed","subject":{"reference":"Patient/pt-1"},
             "recipient":[{"reference":"Practitioner/dr-1"}],"payload":[{"contentString":"%s"}]}
            """
                .formatted(text));
    if (reply.status() != 201) {
      throw new AssertionError(reply.body());
    }
    return reply.id();
  }

  @Override
  public void close() {
    server.close();
  }
}
