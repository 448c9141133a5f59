// SPDX-License-Identifier: Apache-2.0
package dev.parley.receipt;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.parley.TestServer;
import java.util.ArrayList;
import java.util.List;

/** A patient-facing thread of one patient with two doctors, and those who are not in it. */
final class Room {
  final TestServer server;

  Room(TestServer server) {
    this.server = server;
    for (String who : List.of("a", "b", "gp", "stranger")) {
      put("Practitioner/" + who, "\"active\":true");
    }
    put(
        "Patient/anna",
        "\"birthDate\":\"2020-05-01\",\"generalPractitioner\":[{\"reference\":\"Practitioner/gp\"}]");
    put("RelatedPerson/mother", "\"active\":true,\"patient\":{\"reference\":\"Patient/anna\"}");
    put("Consent/c", consent());
    thread("t", "Practitioner/a", "Practitioner/a", "Practitioner/b", "Patient/anna");
  }

  static String consent() {
    return """
        "status":"active","scope":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/consentscope","code":"patient-privacy"}]},
        "category":[{"coding":[{"system":"http://loinc.org","code":"59284-0"}]},
          {"coding":[{"system":"https://parley.dev/fhir/CodeSystem/consent-kind","code":"secure-messaging"}]}],
        "patient":{"reference":"Patient/anna"},"dateTime":"2026-01-01","performer":[{"reference":"Patient/anna"}],
        "sourceAttachment":{"contentType":"text/plain","title":"signed","data":"c2lnbmVk","hash":"ByNagDDVqIr2pqdfhvO0Twz+kmw="},
        "policyRule":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"OPTIN"}]},
        "provision":{"type":"permit"}""";
  }

  void put(String reference, String body) {
    int slash = reference.indexOf('/');
    TestServer.Reply reply =
        server
            .asSystem()
            .put(
                reference,
                "{\"resourceType\":\"%s\",\"id\":\"%s\",%s}"
                    .formatted(
                        reference.substring(0, slash), reference.substring(slash + 1), body));
    assertTrue(reply.status() < 300, reply.body());
  }

  void thread(String id, String sender, String... participants) {
    List<String> recipients = new ArrayList<>();
    for (String each : participants) {
      recipients.add("{\"reference\":\"%s\"}".formatted(each));
    }
    put(
        "Communication/" + id,
        """
        "status":"in-progress","sender":{"reference":"%s"},"subject":{"reference":"Patient/anna"},
        "topic":{"text":"Thread %s"},"recipient":[%s]"""
            .formatted(sender, id, String.join(",", recipients)));
  }

  TestServer as(String person) {
    return server.asUser(person);
  }

  /** Says something in a thread; its id. */
  String say(String person, String thread, String text) {
    TestServer.Reply reply =
        as(person)
            .post(
                "Communication",
                """
                {"resourceType":"Communication","status":"in-progress","partOf":[{"reference":"Communication/%s"}],
                 "payload":[{"contentString":"%s"}]}"""
                    .formatted(thread, text));
    assertTrue(reply.status() == 201, reply.body());
    return reply.id();
  }

  JsonNode markRead(String person, String id, String... parameters) {
    TestServer.Reply reply = operation(person, id, "$mark-read", parameters);
    assertTrue(reply.status() == 200, reply.body());
    return reply.json();
  }

  TestServer.Reply operation(String person, String id, String name, String... parameters) {
    return as(person)
        .post(
            "Communication/" + id + "/" + name,
            "{\"resourceType\":\"Parameters\",\"parameter\":["
                + String.join(",", parameters)
                + "]}");
  }

  int unread(String person) {
    return number(as(person).get("Communication/$unread").json(), "all");
  }

  static int number(JsonNode parameters, String name) {
    for (JsonNode each : parameters.path("parameter")) {
      if (each.path("name").asText().equals(name)) {
        return each.path("valueUnsignedInt").asInt();
      }
    }
    throw new AssertionError(name + " " + parameters);
  }

  /** The receipt of somebody on a message as another sees it; a missing node if there is none. */
  static JsonNode receipt(JsonNode message, String person) {
    for (JsonNode recipient : message.path("recipient")) {
      for (JsonNode extension : recipient.path("extension")) {
        if (extension.path("url").asText().endsWith("/receipt")) {
          JsonNode who = part(extension, "who");
          String named =
              who.isMissingNode()
                  ? recipient.path("reference").asText()
                  : who.at("/valueReference/reference").asText();
          if (named.equals(person)) {
            return extension;
          }
        }
      }
    }
    return message.path("no-receipt");
  }

  static JsonNode part(JsonNode extension, String url) {
    for (JsonNode each : extension.path("extension")) {
      if (each.path("url").asText().equals(url)) {
        return each;
      }
    }
    return extension.path("none");
  }

  static boolean has(JsonNode message, String person, String what) {
    return !part(receipt(message, person), what).isMissingNode();
  }

  JsonNode read(String person, String message) {
    TestServer.Reply reply = as(person).get("Communication/" + message);
    assertTrue(reply.status() == 200, reply.body());
    return reply.json();
  }
}
