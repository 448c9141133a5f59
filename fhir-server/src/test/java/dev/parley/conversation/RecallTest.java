// SPDX-License-Identifier: Apache-2.0
package dev.parley.conversation;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.parley.TestServer;
import dev.parley.TestServer.Reply;
import dev.parley.feed.Binding;
import dev.parley.feed.Channel;
import dev.parley.feed.Feed;
import dev.parley.feed.Notification;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class RecallTest {
  private static final String SECRET = "the biopsy was malignant";
  private static final String WRONG = "said to the wrong one";
  private static Room room;

  @BeforeAll
  static void start() {
    room = new Room();
  }

  @AfterAll
  static void stop() {
    room.close();
  }

  @Test
  void who_was_shown_out_takes_back_what_they_wrote_and_nothing_else() {
    room.thread(
        "left", "anna", "patient-facing", "Practitioner/dr-a", "Practitioner/dr-b", "Patient/anna");
    String mine = room.sent("dr-b", "left", WRONG, "");
    String also = room.sent("dr-b", "left", WRONG, "");
    String others = room.sent("dr-a", "left", WRONG, "");
    Reply gone =
        room.as("dr-a")
            .post(
                "Communication/left/$remove-participant",
                Room.json(
                    "'resourceType':'Parameters','parameter':[{'name':'who','valueReference':{'reference':'Practitioner/dr-b'}}]"));
    assertEquals(200, gone.status(), gone.body());
    TestServer left = room.as("dr-b");
    assertEquals(404, left.get(mine).status());
    Reply recalled = left.post(mine + "/$recall", Room.parameters("reason", "wrong-recipient"));
    assertEquals(200, recalled.status(), recalled.body());
    assertFalse(room.as("Patient/anna").get(mine).body().contains(WRONG));
    String body =
        Room.json(
            "'resourceType':'Communication','id':'%s','status':'%s','partOf':[{'reference':'Communication/left'}],'payload':[{'contentString':'%s'}]");
    String id = also.substring(also.indexOf('/') + 1);
    assertEquals(
        "not-a-participant",
        left.put(also, body.formatted(id, "in-progress", "other words")).reason());
    assertEquals(200, left.put(also, body.formatted(id, "entered-in-error", "x")).status());
    assertFalse(room.as("Patient/anna").get(also).body().contains(WRONG));
    assertEquals(404, left.get(also).status());
    assertEquals(
        404, left.post(others + "/$recall", Room.parameters("reason", "mistake")).status());
    assertEquals(
        404,
        left.put(
                others,
                body.formatted(others.substring(others.indexOf('/') + 1), "entered-in-error", "x"))
            .status());
    assertEquals(
        404,
        left.send(
                "PATCH",
                "Communication/left",
                "[{\"op\":\"test\",\"path\":\"/status\",\"value\":\"in-progress\"}]",
                "Content-Type",
                "application/json-patch+json")
            .status());
  }

  /** The doors through which somebody can still read what the message said. */
  private static Set<String> open(TestServer as, String path, String subscription) {
    Map<String, Reply> answers = new LinkedHashMap<>();
    String id = path.substring(path.indexOf('/') + 1);
    answers.put("read", as.get(path));
    answers.put("vread", as.get(path + "/_history/1"));
    answers.put("history", as.get(path + "/_history"));
    answers.put("type history", as.get("Communication/_history?_count=1000"));
    answers.put("system history", as.get("_history?_count=1000"));
    answers.put("search", as.get("Communication?_count=1000"));
    answers.put(
        "search of the thread", as.get("Communication?part-of=Communication/p&_count=1000"));
    answers.put("compartment", as.get("Patient/anna/Communication?_count=1000"));
    answers.put("include", as.get("Patient?_id=anna&_revinclude=Communication:subject"));
    answers.put("elements", as.get(path + "?_elements=payload"));
    answers.put(
        "batch",
        as.post(
            "",
            Room.json(
                "'resourceType':'Bundle','type':'batch','entry':[{'request':{'method':'GET','url':'%s'}},{'request':{'method':'GET','url':'%s/_history/1'}}]"
                    .formatted(path, path))));
    answers.put(
        "condition",
        as.post(
            "Communication",
            Room.message("p", "x", "").replace("in-progress", "preparation"),
            "If-None-Exist",
            "_id=" + id));
    answers.put("events", as.get("Subscription/" + subscription + "/$events"));
    answers.put("find", as.get("Communication/$find?text=biopsy"));
    answers.put("inbox", as.get("Communication/$inbox"));
    Set<String> open = new TreeSet<>();
    answers.forEach(
        (door, reply) -> {
          assertTrue(reply.status() < 300 || reply.status() == 404, door + " " + reply.body());
          if (reply.body().contains(SECRET)) {
            open.add(door);
          }
        });
    return open;
  }

  /** A socket that asks for everything from the first event on. */
  private static final class Resumed implements Channel {
    final Queue<String> texts = new ConcurrentLinkedQueue<>();
    private Binding binding;

    Resumed(String subscription) {
      Feed feed = room.server.server().wiring().feed();
      synchronized (this) {
        binding =
            feed.bind(
                feed.find(subscription).orElseThrow(),
                this,
                room.server.server().wiring().dialects().backport(),
                0);
      }
      wake();
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
      texts.add(why);
    }
  }

  private static String subscription(TestServer as) {
    Reply made =
        as.post(
            "Subscription",
            """
            {"resourceType":"Subscription","status":"requested","reason":"test",
             "criteria":"https://parley.dev/fhir/SubscriptionTopic/communication",
             "_criteria":{"extension":[{"url":"http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-filter-criteria","valueString":"Communication?thread=Communication/p"}]},
             "channel":{"type":"websocket","payload":"application/fhir+json",
              "_payload":{"extension":[{"url":"http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-payload-content","valueCode":"full-resource"}]}}}
            """);
    assertEquals(201, made.status(), made.body());
    return made.id();
  }

  @Test
  void what_was_recalled_is_gone_at_every_door_and_stays_in_its_senders_history() {
    TestServer anna = room.as("Patient/anna");
    TestServer doctor = room.as("dr-a");
    String annas = subscription(anna);
    String doctors = subscription(doctor);
    String path = room.sent("dr-a", "p", SECRET, "'note':[{'text':'%s'}]".formatted(SECRET));
    await().until(() -> anna.get("Subscription/" + annas + "/$events").body().contains(SECRET));
    assertTrue(open(anna, path, annas).containsAll(Set.of("read", "history", "events", "search")));
    Reply recalled = doctor.post(path + "/$recall", Room.parameters("reason", "wrong-recipient"));
    assertEquals(200, recalled.status(), recalled.body());
    await().until(() -> !anna.get("Subscription/" + annas + "/$events").body().contains(SECRET));
    assertEquals(Set.of(), open(anna, path, annas));
    Resumed socket = new Resumed(annas);
    await().until(() -> socket.texts.toString().contains("entered-in-error"));
    assertFalse(socket.texts.toString().contains(SECRET), "who comes back later gets it neither");
    assertEquals(Set.of(), open(room.as("gp"), path, subscription(room.as("gp"))));
    await()
        .untilAsserted(
            () ->
                assertEquals(
                    Set.of("batch", "history", "system history", "type history", "vread"),
                    open(doctor, path, doctors)));
    JsonNode left = anna.get(path).json();
    assertEquals("entered-in-error", left.at("/status").asText());
    assertEquals("wrong-recipient", left.at("/statusReason/coding/0/code").asText());
    assertEquals("Communication/p", left.at("/partOf/0/reference").asText());
    String events = anna.get("Subscription/" + annas + "/$events").body();
    assertTrue(events.contains("entered-in-error"), events);
  }

  @Test
  void the_answer_says_who_came_to_know_and_the_privacy_officer_has_a_task() {
    String path = room.sent("dr-a", "p", SECRET, "");
    String id = path.substring(path.indexOf('/') + 1);
    subscription(room.as("Patient/anna"));
    assertEquals(200, room.as("Patient/anna").get(path).status());
    assertEquals(200, room.as("gp").get("Communication?part-of=Communication/p").status());
    Reply recalled =
        room.as("dr-a").post(path + "/$recall", Room.parameters("reason", "wrong-patient"));
    String body = recalled.body();
    assertTrue(ways(recalled, "Patient/anna").contains("read"), body);
    assertTrue(ways(recalled, "Practitioner/gp").contains("found"), body);
    assertFalse(ways(recalled, "Practitioner/gp").contains("read"), body);
    assertEquals(Set.of(), ways(recalled, "Practitioner/dr-a"));
    TestServer officer = room.as("officer", List.of("privacy-officer"));
    JsonNode task = officer.get("Task?focus=Communication/" + id).json().at("/entry/0/resource");
    assertEquals("wrong-patient", task.at("/reasonCode/coding/0/code").asText(), task.toString());
    assertEquals("Patient/anna", task.at("/for/reference").asText());
    assertTrue(task.at("/input").toString().contains("Practitioner/gp"), task.toString());
    assertFalse(task.toString().contains(SECRET));
    assertEquals(0, room.as("Patient/anna").get("Task?focus=" + path).json().at("/total").asInt());

    assertEquals(404, officer.get(path).status());
    assertTrue(officer.get(path + "/$recalled").body().contains(SECRET));
    assertEquals(403, room.as("gp").get(path + "/$recalled").status());
    assertEquals(403, room.as("Patient/anna").get(path + "/$recalled").status());
    assertTrue(officer.get("AuditEvent?entity=" + path).body().contains("Practitioner/officer"));
  }

  @Test
  void who_found_it_beside_something_else_came_to_know_too() {
    for (String way :
        new String[] {
          "Patient?_id=anna&_revinclude=Communication:subject",
          "Practitioner?_id=dr-a&_revinclude=Communication:sender",
          "Communication?_id=p&_revinclude=Communication:part-of",
          "Patient/anna/Communication",
          "Patient/anna/*",
          "?_type=Communication&_lastUpdated=gt2020-01-01",
          "Communication?participant=Patient/anna"
        }) {
      room.clock.forward(Duration.ofMinutes(2));
      String path = room.sent("dr-a", "p", SECRET, "");
      Reply found = room.as("gp").get(way);
      assertTrue(found.body().contains(SECRET), way + found.body());
      Reply recalled =
          room.as("dr-a").post(path + "/$recall", Room.parameters("reason", "wrong-patient"));
      assertTrue(ways(recalled, "Practitioner/gp").contains("found"), way + " " + recalled.body());
    }
    room.clock.forward(Duration.ofMinutes(2));
    String path = room.sent("dr-a", "p", SECRET, "");
    assertEquals(200, room.as("gp").get("Patient?_id=anna").status());
    Reply recalled =
        room.as("dr-a").post(path + "/$recall", Room.parameters("reason", "wrong-patient"));
    assertEquals(Set.of(), ways(recalled, "Practitioner/gp"), "it showed no message");
  }

  private static Set<String> ways(Reply answer, String who) {
    Set<String> ways = new TreeSet<>();
    for (JsonNode each : answer.json().at("/parameter")) {
      if (each.at("/part").toString().contains("\"" + who + "\"")) {
        each.at("/part").forEach(part -> ways.add(part.at("/name").asText()));
      }
    }
    ways.remove("who");
    return ways;
  }

  @Test
  void by_put_the_same_and_who_knows_is_told_as_a_notice() {
    String path = room.sent("dr-a", "p", SECRET, "");
    assertEquals(200, room.as("Patient/anna").get(path).status());
    String body =
        room.as("dr-a")
            .get(path)
            .body()
            .replace(
                "\"in-progress\"",
                "\"entered-in-error\",\"statusReason\":{\"coding\":[{\"system\":\"https://parley.dev/fhir/CodeSystem/recall-reason\",\"code\":\"wrong-recipient\"}]}");
    Reply recalled = room.as("dr-a").put(path, body);
    assertEquals(200, recalled.status(), recalled.body());
    assertFalse(recalled.body().contains(SECRET));
    assertTrue(recalled.body().matches("(?s).*Patient/anna: [^\"]*read .*"), recalled.body());
    assertEquals(1, room.system().get("Task?focus=" + path).json().at("/total").asInt());
    String mistake = room.sent("dr-a", "p", SECRET, "");
    room.as("dr-a").post(mistake + "/$recall", Room.parameters());
    assertEquals(0, room.system().get("Task?focus=" + mistake).json().at("/total").asInt());
    assertEquals(
        "recalled",
        room.as("dr-a").post(mistake + "/$edit", Room.parameters("text", "x")).reason());
  }

  @Test
  void only_the_sender_recalls() {
    String path = room.sent("dr-a", "p", "hello", "");
    for (String other : List.of("Patient/anna", "gp")) {
      Reply refused = room.as(other).post(path + "/$recall", Room.parameters("reason", "mistake"));
      assertEquals(403, refused.status());
      assertEquals("sent-is-final", refused.reason());
    }
    assertEquals(404, room.as("officer").post(path + "/$recall", Room.parameters()).status());
    assertTrue(room.as("Patient/anna").get(path).body().contains("hello"));
  }

  @Test
  void of_an_edit_and_a_recall_at_once_the_recall_stands() {
    for (int i = 0; i < 5; i++) {
      String path = room.sent("dr-a", "p", SECRET, "");
      CompletableFuture<Reply> edit =
          CompletableFuture.supplyAsync(
              () -> room.as("dr-a").post(path + "/$edit", Room.parameters("text", SECRET + "!")));
      CompletableFuture<Reply> recall =
          CompletableFuture.supplyAsync(
              () -> room.as("dr-a").post(path + "/$recall", Room.parameters("reason", "mistake")));
      assertEquals(200, recall.join().status(), recall.join().body());
      assertTrue(Set.of(200, 422).contains(edit.join().status()), edit.join().body());
      assertFalse(room.as("Patient/anna").get(path + "/_history").body().contains(SECRET));
    }
  }
}
