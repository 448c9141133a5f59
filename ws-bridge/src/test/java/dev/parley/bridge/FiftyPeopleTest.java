// SPDX-License-Identifier: Apache-2.0
package dev.parley.bridge;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.parley.TestServer;
import dev.parley.TestServer.Reply;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Fifty people in one room for a minute: they write, edit, recall, react, read, leave and come
 * back, each with a socket. Afterwards: numbers without a gap, counters as a recount has them, and
 * nobody has heard or finds what was sent while they were away.
 */
@Tag("long")
class FiftyPeopleTest {
  private static final int PEOPLE = Integer.getInteger("parley.room.people", 50);
  private static final Duration TIME =
      Duration.ofSeconds(Integer.getInteger("parley.room.seconds", 60));
  private static final String THREAD = "Communication/room";
  private static final String OWNER = "Practitioner/owner";
  private static final Pattern MARK = Pattern.compile("mark-\\d+-");

  /**
   * Something that was said.
   *
   * @param begun when it was asked for; from {@code System.nanoTime()}
   * @param done when it was answered
   */
  private record Said(String mark, String message, String who, long begun, long done) {}

  /** From the answer to a leave to the call that brings them back, they are surely away. */
  private record Away(long from, long to) {}

  private final Map<String, Person> people = new TreeMap<>();
  private final List<Said> said = new ArrayList<>();
  private final Set<String> recalled = ConcurrentHashMap.newKeySet();
  private final Set<String> wrong = ConcurrentHashMap.newKeySet();
  private final AtomicLong marks = new AtomicLong();
  private final AtomicLong busy = new AtomicLong();
  private final ConcurrentLinkedQueue<String> messages = new ConcurrentLinkedQueue<>();
  private TestServer server;

  private final class Person {
    final String reference;
    final TestServer as;
    final List<Away> away = new ArrayList<>();
    final List<String> own = new ArrayList<>();
    final Random random;
    String subscription;
    TestSocket socket;

    Person(int number) {
      reference = "Practitioner/n" + number;
      random = new Random(number);
      as = server.as(token(reference));
    }

    void listen() {
      Reply made =
          as.post(
              "Subscription",
              """
              {"resourceType":"Subscription","status":"requested","reason":"test",
               "criteria":"https://parley.dev/fhir/SubscriptionTopic/communication",
               "_criteria":{"extension":[{"url":"http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-filter-criteria","valueString":"Communication?thread=Communication/room"}]},
               "channel":{"type":"websocket","payload":"application/fhir+json",
                "_payload":{"extension":[{"url":"http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-payload-content","valueCode":"full-resource"}]}}}""");
      assertEquals(201, made.status(), made.body());
      subscription = made.id();
      socket = TestSocket.open(server.base());
      for (JsonNode each :
          as.get("Subscription/" + subscription + "/$get-ws-binding-token")
              .json()
              .path("parameter")) {
        if (each.path("name").asText().equals("token")) {
          socket.send("bind-with-token: " + each.path("valueString").asText());
        }
      }
    }

    void think() {
      await().pollDelay(Duration.ofMillis(100L + random.nextInt(900))).until(() -> true);
    }

    void act() {
      switch (random.nextInt(12)) {
        case 0 -> leave();
        case 1, 2 -> change("$edit", "text");
        case 3 -> change("$recall", "reason");
        case 4, 5 -> react();
        case 6 -> expect(operation(as, THREAD, "$mark-read"), 200);
        case 7 -> expect(as.get("Communication?part-of=" + THREAD + "&_sort=-sent"), 200);
        default -> write();
      }
    }

    private void write() {
      String mark = "mark-" + marks.incrementAndGet() + "-";
      long begun = System.nanoTime();
      Reply reply =
          as.post(
              "Communication",
              "{\"resourceType\":\"Communication\",\"status\":\"in-progress\",\"partOf\":[{\"reference\":\"%s\"}],\"payload\":[{\"contentString\":\"%s\"}]}"
                  .formatted(THREAD, mark));
      expect(reply, 201);
      if (reply.status() == 201) {
        String path = "Communication/" + reply.id();
        own.add(path);
        messages.add(path);
        note(new Said(mark, path, reference, begun, System.nanoTime()));
      }
    }

    private void change(String operation, String parameter) {
      if (own.isEmpty()) {
        return;
      }
      String path = own.get(random.nextInt(own.size()));
      String mark = "mark-" + marks.incrementAndGet() + "-";
      long begun = System.nanoTime();
      boolean recall = operation.equals("$recall");
      Reply reply =
          operation(
              as,
              path,
              operation,
              "{\"name\":\"%s\",\"valueString\":\"%s\"}"
                  .formatted(parameter, recall ? "mistake" : mark));
      // What is recalled already is neither edited nor recalled; what was sent before one left is
      // not seen.
      expect(reply, 200, 422, 404);
      if (reply.status() == 200 && recall) {
        recalled.add(path);
      } else if (reply.status() == 200) {
        note(new Said(mark, path, reference, begun, System.nanoTime()));
      }
    }

    private void react() {
      String path =
          messages.stream().skip(random.nextInt(messages.size() + 1)).findFirst().orElse(null);
      if (path != null) {
        expect(
            operation(as, path, "$react", "{\"name\":\"emoji\",\"valueString\":\"👍\"}"),
            200,
            404,
            422);
      }
    }

    private void leave() {
      Reply left = operation(as, THREAD, "$leave");
      expect(left, 200);
      if (left.status() != 200) {
        return;
      }
      long from = System.nanoTime();
      Reply read = as.get(THREAD);
      if (read.status() == 200) {
        wrong.add(reference + " sees the room after leaving: " + read.status());
      }
      expect(
          as.post(
              "Communication",
              "{\"resourceType\":\"Communication\",\"status\":\"in-progress\",\"partOf\":[{\"reference\":\"%s\"}],\"payload\":[{\"contentString\":\"no\"}]}"
                  .formatted(THREAD)),
          403,
          404,
          422);
      await().pollDelay(Duration.ofMillis(200L + random.nextInt(1_500))).until(() -> true);
      long to = System.nanoTime();
      Reply back;
      do {
        back =
            operation(
                server.as(token(OWNER)),
                THREAD,
                "$add-participant",
                "{\"name\":\"who\",\"valueReference\":{\"reference\":\"%s\"}}".formatted(reference),
                "{\"name\":\"history\",\"valueCode\":\"from-joined\"}");
        expect(back, 200);
      } while (back.status() == 503);
      away.add(new Away(from, to));
    }

    /** What they may never have heard: said as a whole while they were surely away. */
    Set<String> forbidden() {
      Set<String> marks = new TreeSet<>();
      for (Said each : said) {
        if (away.stream().anyMatch(a -> a.from < each.begun && each.done < a.to)) {
          marks.add(each.mark);
        }
      }
      return marks;
    }

    String heard() {
      return String.join("\n", socket.texts());
    }

    /** What the doors tell now. */
    String found() {
      StringBuilder all = new StringBuilder();
      String url = "Communication?part-of=" + THREAD + "&_count=500";
      while (url != null) {
        Reply page = as.get(url);
        expect(page, 200);
        all.append(page.body());
        url = next(page);
      }
      all.append(as.get("Communication/_history?_count=1000").body());
      all.append(as.get("Communication/$find?text=mark").body());
      all.append(events());
      return all.toString();
    }

    String events() {
      StringBuilder all = new StringBuilder();
      long since = 1;
      while (true) {
        Reply page = as.get("Subscription/" + subscription + "/$events?eventsSinceNumber=" + since);
        expect(page, 200);
        all.append(page.body());
        long last = last(page, since - 1);
        if (last < since) {
          return all.toString();
        }
        since = last + 1;
      }
    }
  }

  private static long last(Reply page, long known) {
    long last = known;
    for (JsonNode parameter : page.json().at("/entry/0/resource/parameter")) {
      if (parameter.path("name").asText().equals("notification-event")) {
        last = Math.max(last, parameter.at("/part/0/valueString").asLong());
      }
    }
    return last;
  }

  private static String next(Reply page) {
    for (JsonNode link : page.json().path("link")) {
      if (link.path("relation").asText().equals("next")) {
        return link.path("url").asText();
      }
    }
    return null;
  }

  private void note(Said one) {
    synchronized (said) {
      said.add(one);
    }
  }

  private void expect(Reply reply, Integer... allowed) {
    if (reply.status() == 503 || reply.status() == 409) {
      // Nothing was stored; a machine that is too small for so many says so.
      busy.incrementAndGet();
    } else if (!List.of(allowed).contains(reply.status())) {
      wrong.add(
          reply.response().request().method()
              + " "
              + reply.response().uri().getPath()
              + " "
              + reply.status()
              + " "
              + reply.body());
    }
  }

  private String token(String who) {
    return server.issuer().token(who, "user/*.cruds", Map.of("roles", List.of("clinician")));
  }

  private static Reply operation(TestServer as, String path, String name, String... parameters) {
    return as.post(
        path + "/" + name,
        "{\"resourceType\":\"Parameters\"%s}"
            .formatted(
                parameters.length == 0
                    ? ""
                    : ",\"parameter\":[" + String.join(",", parameters) + "]"));
  }

  private void put(String reference, String elements) {
    String[] parts = reference.split("/");
    Reply reply =
        server
            .asSystem()
            .put(
                reference,
                "{\"resourceType\":\"%s\",\"id\":\"%s\",%s}"
                    .formatted(parts[0], parts[1], elements));
    assertTrue(reply.status() < 300, reply.body());
  }

  @Test
  void fifty_people_in_one_room() throws Exception {
    try (TestServer started =
        TestServer.withLogin(
            Map.of("PARLEY_RATE_PER_PERSON", "1000000"), Clock.systemUTC(), new BridgeServer())) {
      server = started;
      room();
      people();
      check();
    }
  }

  private void room() {
    put(OWNER, "\"active\":true");
    StringBuilder all = new StringBuilder("{\"reference\":\"" + OWNER + "\"}");
    for (int i = 0; i < PEOPLE; i++) {
      put("Practitioner/n" + i, "\"active\":true");
      all.append(",{\"reference\":\"Practitioner/n").append(i).append("\"}");
    }
    put(
        THREAD,
        "\"status\":\"in-progress\",\"sender\":{\"reference\":\"%s\"},\"recipient\":[%s]"
            .formatted(OWNER, all));
    for (int i = 0; i < PEOPLE; i++) {
      Person person = new Person(i);
      people.put(person.reference, person);
      person.listen();
    }
  }

  private void people() throws Exception {
    long end = System.nanoTime() + TIME.toNanos();
    ExecutorService crowd = Executors.newFixedThreadPool(PEOPLE);
    try {
      List<Future<?>> all = new ArrayList<>();
      for (Person each : people.values()) {
        all.add(
            crowd.submit(
                () -> {
                  while (System.nanoTime() < end) {
                    each.act();
                    each.think();
                  }
                }));
      }
      for (Future<?> each : all) {
        each.get();
      }
    } finally {
      crowd.shutdownNow();
    }
  }

  private void check() {
    assertEquals(Set.of(), wrong);
    numbers();
    // What is last comes to everybody who is inside.
    String last = "mark-" + marks.incrementAndGet() + "-";
    Reply reply =
        server
            .as(token(OWNER))
            .post(
                "Communication",
                "{\"resourceType\":\"Communication\",\"status\":\"in-progress\",\"partOf\":[{\"reference\":\"%s\"}],\"payload\":[{\"contentString\":\"%s\"}]}"
                    .formatted(THREAD, last));
    assertEquals(201, reply.status(), reply.body());
    long patience = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    for (Person each : people.values()) {
      await()
          .atMost(Duration.ofSeconds(90))
          .until(() -> each.heard().contains(last) || System.nanoTime() > patience);
      if (!each.heard().contains(last)) {
        List<String> texts = each.socket.texts();
        wrong.add(
            "%s has not heard the last of %d texts, away %d times; %s"
                .formatted(
                    each.reference, texts.size(), each.away.size(), texts.get(texts.size() - 1)));
      }
    }
    assertEquals(Set.of(), wrong);
    Set<String> gone = new TreeSet<>();
    said.stream().filter(s -> recalled.contains(s.message)).forEach(s -> gone.add(s.mark));
    int away = 0;
    for (Person each : people.values()) {
      Set<String> forbidden = each.forbidden();
      away += forbidden.size();
      assertEquals(
          Set.of(), both(each.heard(), forbidden), each.reference + " heard on the socket");
      String found = each.found();
      assertEquals(Set.of(), both(found, forbidden), each.reference + " found");
      Set<String> others = new TreeSet<>(gone);
      said.stream().filter(s -> s.who.equals(each.reference)).forEach(s -> others.remove(s.mark));
      assertEquals(Set.of(), both(found, others), each.reference + " found recalled");
      counters(each);
      List<Long> numbers = each.socket.numbers().stream().distinct().toList();
      for (int i = 1; i < numbers.size(); i++) {
        assertEquals(numbers.get(i - 1) + 1, numbers.get(i), each.reference + " " + numbers);
      }
    }
    System.out.printf(
        "%d people, %d s: %d said, %d recalled, %d times that somebody was away from one, %d answered busy%n",
        PEOPLE, TIME.toSeconds(), said.size(), recalled.size(), away, busy.get());
  }

  private static Set<String> both(String text, Set<String> marks) {
    Set<String> both = new TreeSet<>();
    Matcher matcher = MARK.matcher(text);
    while (matcher.find()) {
      if (marks.contains(matcher.group())) {
        both.add(matcher.group());
      }
    }
    return both;
  }

  /** One, two, three: each once. */
  private void numbers() {
    List<Integer> numbers = new ArrayList<>();
    String url = "Communication?part-of=" + THREAD + "&_count=500";
    while (url != null) {
      Reply page = server.asSystem().get(url);
      assertEquals(200, page.status(), page.body());
      for (JsonNode entry : page.json().path("entry")) {
        numbers.add(number(entry.path("resource")));
      }
      url = next(page);
    }
    numbers.sort(null);
    for (int i = 0; i < numbers.size(); i++) {
      assertEquals(i + 1, numbers.get(i), numbers.toString());
    }
    assertTrue(numbers.size() >= messages.size(), numbers.size() + " of " + messages.size());
  }

  private static int number(JsonNode message) {
    for (JsonNode each : message.path("extension")) {
      if (each.path("url").asText().endsWith("/message-number")) {
        return each.path("valuePositiveInt").asInt();
      }
    }
    return 0;
  }

  /** The counter, the search and what the messages themselves show agree. */
  private void counters(Person person) {
    int counter = value(person.as.get("Communication/$unread").json(), "all");
    int search =
        person
            .as
            .get("Communication?unread-by=" + person.reference + "&_summary=count")
            .json()
            .path("total")
            .asInt();
    int recount = 0;
    String url = "Communication?part-of=" + THREAD + "&_count=500";
    while (url != null) {
      Reply page = person.as.get(url);
      for (JsonNode entry : page.json().path("entry")) {
        JsonNode message = entry.path("resource");
        if (!message.path("status").asText().equals("entered-in-error")
            && !message.at("/sender/reference").asText().equals(person.reference)
            && !isRead(message, person.reference)) {
          recount++;
        }
      }
      url = next(page);
    }
    assertEquals(Math.min(recount, 1_000), Math.min(counter, 1_000), person.reference + " counter");
    assertEquals(recount, search, person.reference + " search");
  }

  private static boolean isRead(JsonNode message, String who) {
    for (JsonNode each : message.findValues("extension")) {
      for (JsonNode extension : each) {
        if (extension.path("url").asText().endsWith("/receipt")) {
          String own = extension.toString();
          boolean theirs = own.contains("\"who\"") ? own.contains("\"" + who + "\"") : true;
          if (theirs && own.contains("\"read\"") && isTheirs(message, extension, who)) {
            return true;
          }
        }
      }
    }
    return false;
  }

  /** On the recipient that is this person, or naming them. */
  private static boolean isTheirs(JsonNode message, JsonNode receipt, String who) {
    if (receipt.toString().contains("\"" + who + "\"")) {
      return true;
    }
    for (JsonNode recipient : message.path("recipient")) {
      if (recipient.path("reference").asText().equals(who)) {
        for (JsonNode each : recipient.path("extension")) {
          if (each.equals(receipt)) {
            return true;
          }
        }
      }
    }
    return false;
  }

  private static int value(JsonNode parameters, String name) {
    for (JsonNode each : parameters.path("parameter")) {
      if (each.path("name").asText().equals(name)) {
        return each.path("valueUnsignedInt").asInt(each.path("valueInteger").asInt());
      }
    }
    throw new AssertionError(parameters.toString());
  }
}
