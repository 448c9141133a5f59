// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.bench;

import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.function.Supplier;

/** The requests of the closed-loop rows, and what a right answer to each is. */
final class Works {
  /** Of messages: an inbox goes back this far. */
  static final int DAYS = 30;

  static final int PAGE = 20;

  private Works() {}

  /** Anything but 201 is an error. */
  static Work post(URI base, Hospital hospital) {
    String run = Long.toString(System.nanoTime(), 36);
    AtomicLong count = new AtomicLong();
    return number -> {
      Random32 random = new Random32(number + (int) System.nanoTime());
      Supplier<String> message =
          () ->
              random
                  .pick(hospital.threads())
                  .message(random, run + "-" + count.incrementAndGet(), Instant.now());
      return new Requests(
          base,
          wire -> wire.send("POST", "Communication", message.get()),
          reply -> reply.status() == 201 ? null : status(reply));
    };
  }

  static Work read(URI base, List<String> references) {
    return number -> {
      Random32 random = new Random32(number);
      return new Requests(
          base,
          wire -> wire.get(random.pick(references)),
          reply ->
              reply.status() == 200 && reply.body().contains(Texts.MARK) ? null : status(reply));
    };
  }

  static String threadPage(Hospital.Thread thread) {
    return "Communication?part-of=%s&_sort=-sent&_count=%d".formatted(thread.root(), PAGE);
  }

  /** Anything but a full page is an error. */
  static Work thread(URI base, Hospital hospital) {
    int expected = Math.min(PAGE, hospital.messages().size() / hospital.threads().size());
    return number -> {
      Random32 random = new Random32(number);
      return new Requests(
          base,
          wire -> wire.get(threadPage(random.pick(hospital.threads()))),
          reply -> {
            int found = count(reply.body());
            return reply.status() == 200 && found >= expected ? null : status(reply) + " " + found;
          });
    };
  }

  static String inboxPage(Hospital hospital, String patient) {
    String since = hospital.until().minus(Duration.ofDays(DAYS)).toString().substring(0, 10);
    return "Communication?recipient=%s&sent=ge%s&_sort=-sent&_count=%d"
        .formatted(patient, since, PAGE);
  }

  static Work inbox(URI base, Hospital hospital) {
    List<String> patients = hospital.writers();
    return number -> {
      Random32 random = new Random32(number);
      return new Requests(
          base,
          wire -> wire.get(inboxPage(hospital, random.pick(patients))),
          reply ->
              reply.status() == 200 && reply.body().contains(Texts.MARK) ? null : status(reply));
    };
  }

  /** Two words of those that the messages are made of: almost every message has one. */
  static Work find(URI base) {
    return number -> {
      Random32 random = new Random32(number);
      return new Requests(
          base,
          wire ->
              wire.get(
                  "Communication/$find?_count=%d&text=%s%%20%s"
                      .formatted(PAGE, Texts.word(random), Texts.word(random))),
          reply -> reply.status() == 200 && count(reply.body()) > 0 ? null : status(reply));
    };
  }

  private static int count(String body) {
    int found = 0;
    for (int i = body.indexOf(Texts.MARK); i >= 0; i = body.indexOf(Texts.MARK, i + 1)) {
      found++;
    }
    return found;
  }

  static String status(Wire.Reply reply) {
    return reply.status() + " " + reply.body().substring(0, Math.min(200, reply.body().length()));
  }

  interface Exchange {
    Wire.Reply on(Wire wire) throws IOException;
  }

  static final class Requests implements Work.Client {
    private final Wire wire;
    private final Exchange exchange;
    private final Function<Wire.Reply, String> wrong;

    Requests(URI base, Exchange exchange, Function<Wire.Reply, String> wrong) {
      this(new Wire(base), exchange, wrong);
    }

    Requests(Wire wire, Exchange exchange, Function<Wire.Reply, String> wrong) {
      this.wire = wire;
      this.exchange = exchange;
      this.wrong = wrong;
    }

    @Override
    public String once() throws IOException {
      return wrong.apply(exchange.on(wire));
    }

    @Override
    public void rest() {
      wire.close();
    }

    @Override
    public void close() {
      wire.close();
    }
  }
}
