// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.bench;

import dev.parley.launcher.client.Login;
import dev.parley.launcher.terminal.PlainError;
import java.io.IOException;
import java.net.URI;
import java.sql.SQLException;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Rows of what only people have: an inbox, and counters of what they have not read. */
final class People {
  private static final int BUNDLE = 100;
  private static final int PAGE = 20;
  private static final Pattern UNREAD =
      Pattern.compile("\"url\":\"unread\",\"valueUnsignedInt\":(\\d+)");

  /** A server counts no further in one thread. */
  private static final int COUNTED = 1_000;

  private final Target target;
  private final URI base;

  People(Target target) {
    this.target = target;
    this.base = target.base();
  }

  private static String id(int person) {
    return "bench-person-" + person;
  }

  private Wire as(int person) {
    return new Wire(base, Logins.of(base, "Practitioner/" + id(person)));
  }

  /**
   * Pages of {@code $inbox} of somebody in so many threads, each with a message that they have not
   * read.
   */
  Outcome inbox(Contest contest, int threads) throws IOException, SQLException {
    store(0, 2);
    try (Wire system = new Wire(base);
        Wire other = as(1)) {
      for (int i = 0; i < threads; i += BUNDLE) {
        int until = Math.min(threads, i + BUNDLE);
        bundle(system, i, until, n -> "Communication/bench-inbox-" + n, n -> header(0, 1));
        bundle(other, i, until, n -> "Communication", n -> message("bench-inbox-" + n));
      }
    }
    Login reader = Logins.of(base, "Practitioner/" + id(0));
    int expected = Math.min(PAGE, threads);
    Work pages =
        number ->
            new Works.Requests(
                new Wire(base, reader),
                wire -> wire.get("Communication/$inbox?_count=" + PAGE),
                reply ->
                    reply.status() == 200 && count(reply.body()) == expected
                        ? null
                        : Works.status(reply) + " " + count(reply.body()));
    return contest.run(java.util.List.of(target.contender(pages))).get("Parley");
  }

  private static int count(String body) {
    int count = 0;
    Matcher unread = UNREAD.matcher(body);
    while (unread.find()) {
      count += unread.group(1).equals("1") ? 1 : 0;
    }
    return count;
  }

  /**
   * Everybody in one room writes a message and asks how much they have not read, again and again.
   *
   * @return with {@code wrong}: whose counter was not exact in the end
   */
  Result room(int people, double warmup, double seconds) throws IOException, SQLException {
    String room = "bench-room-" + Long.toString(System.nanoTime(), 36);
    store(2, people);
    try (Wire system = new Wire(base)) {
      String header = header(2, IntStream.range(2, 2 + people).toArray());
      bundle(system, 0, 1, n -> "Communication/" + room, n -> header);
    }
    AtomicIntegerArray written = new AtomicIntegerArray(people);
    Work writing =
        number ->
            new Works.Requests(
                as(2 + number),
                wire -> {
                  Wire.Reply sent = wire.send("POST", "Communication", message(room));
                  if (sent.status() != 201) {
                    return sent;
                  }
                  written.incrementAndGet(number);
                  return wire.get("Communication/$inbox?_count=1");
                },
                reply ->
                    reply.status() == 200 && unread(reply.body()) >= 0
                        ? null
                        : Works.status(reply));
    Outcome outcome =
        new Contest(people, warmup, seconds, 1)
            .run(java.util.List.of(target.contender(writing)))
            .get("Parley");
    int all = IntStream.range(0, people).map(written::get).sum();
    int wrong = 0;
    for (int i = 0; i < people; i++) {
      try (Wire wire = as(2 + i)) {
        int unread = unread(wire.get("Communication/$inbox?_count=1").body());
        wrong += unread == Math.min(COUNTED, all - written.get(i)) ? 0 : 1;
      }
    }
    return outcome
        .result("room", "Parley")
        .put("people", people)
        .put("messages", all)
        .put("wrong", wrong);
  }

  private static int unread(String body) {
    Matcher unread = UNREAD.matcher(body);
    return unread.find() ? Integer.parseInt(unread.group(1)) : -1;
  }

  private void store(int from, int count) throws IOException {
    try (Wire system = new Wire(base)) {
      bundle(
          system,
          from,
          from + count,
          n -> "Practitioner/" + id(n),
          n ->
              "{\"resourceType\":\"Practitioner\",\"id\":\"%s\",\"active\":true,\"name\":[{\"family\":\"Bench\",\"given\":[\"P%d\"]}]}"
                  .formatted(id(n), n));
    }
  }

  private static String header(int sender, int... participants) {
    String recipients =
        IntStream.concat(IntStream.of(sender), IntStream.of(participants))
            .distinct()
            .mapToObj(n -> "{\"reference\":\"Practitioner/%s\"}".formatted(id(n)))
            .collect(Collectors.joining(","));
    return """
        {"resourceType":"Communication","status":"in-progress","sender":{"reference":"Practitioner/%s"},\
        "category":[{"coding":[{"system":"https://parley.dev/fhir/CodeSystem/audience","code":"staff-only"}]}],\
        "topic":{"text":"Bench"},"recipient":[%s]}"""
        .formatted(id(sender), recipients);
  }

  private static String message(String thread) {
    return """
        {"resourceType":"Communication","status":"in-progress","partOf":[{"reference":"Communication/%s"}],\
        "payload":[{"contentString":"The dressing was changed this morning, no pain since."}]}"""
        .formatted(thread);
  }

  private interface Text {
    String of(int number);
  }

  /** A URL with an id is a PUT. */
  private static void bundle(Wire wire, int from, int until, Text url, Text resource)
      throws IOException {
    String entries =
        IntStream.range(from, until)
            .mapToObj(
                n ->
                    "{\"request\":{\"method\":\"%s\",\"url\":\"%s\"},\"resource\":%s}"
                        .formatted(
                            url.of(n).contains("/") ? "PUT" : "POST",
                            url.of(n),
                            withId(url.of(n), resource.of(n))))
            .collect(Collectors.joining(","));
    Wire.Reply reply =
        wire.send(
            "POST",
            "",
            "{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[" + entries + "]}");
    if (reply.status() != 200) {
      throw new PlainError("the people of the benchmark were refused: " + Works.status(reply));
    }
  }

  private static String withId(String url, String resource) {
    int slash = url.indexOf('/');
    return slash < 0 || resource.contains("\"id\":\"")
        ? resource
        : resource.replaceFirst(",", ",\"id\":\"" + url.substring(slash + 1) + "\",");
  }
}
