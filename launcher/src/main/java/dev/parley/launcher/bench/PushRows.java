// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.bench;

import java.io.IOException;
import java.net.URI;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * What is pushed: how long it takes, how much at once, and what becomes of it while one is away.
 */
final class PushRows {
  private static final int PER_SECOND = 20;
  private static final int POSTERS = 16;
  private static final double SETTLE = 15;

  /** The shortest message there is: what stands around it makes a frame of about 2.2 KB. */
  private static final int SMALL = 560;

  private final URI base;
  private final Hospital.Thread thread;
  private int rounds;

  PushRows(URI base, Hospital hospital) {
    this.base = base;
    this.thread = hospital.threadOf(hospital.practitioners().get(0));
  }

  private Subscribers subscribers(int count) {
    return new Subscribers(base, thread.practitioner(), count);
  }

  private String message(String tag, int bytes) {
    return Texts.message(
        new Random32(tag.hashCode()),
        tag,
        thread.patient(),
        thread.patient(),
        thread.practitioner(),
        thread.root(),
        Instant.now(),
        bytes);
  }

  /** From just before a POST is written until the frame is read, at a steady rate of POSTs. */
  Result delay(String row, Target target, int sockets, double warmup, double seconds)
      throws IOException {
    try (Subscribers subscribers = subscribers(sockets)) {
      long began = System.nanoTime();
      subscribers.subscribe();
      subscribers.bind();
      double setup = (System.nanoTime() - began) / 1e9;
      steadily(subscribers, Math.min(warmup, 10));
      CpuTime before = target.cpu();
      began = System.nanoTime();
      Subscribers.Round round = steadily(subscribers, seconds);
      CpuTime used = target.cpu().since(before);
      double took = (System.nanoTime() - began) / 1e9;
      Samples slowest = new Samples();
      for (int i = 0; i < round.sent.length; i++) {
        if (round.sent[i] != 0) {
          slowest.add(round.last[i]);
        }
      }
      return new Result(row, "Parley")
          .put("sockets", sockets)
          .put("p50_ms", round.delays.percentile(0.5))
          .put("p95_ms", round.delays.percentile(0.95))
          .put("p99_ms", round.delays.percentile(0.99))
          .put("max_ms", round.delays.percentile(1))
          .put("last_socket_p50_ms", slowest.percentile(0.5))
          .put("frames", round.delivered)
          .put("lost", round.lost())
          .put("repeated", round.repeated)
          .put("errors", errors(round))
          .put("closed_sockets", subscribers.gone())
          .put("close_code", subscribers.closeCode())
          .put("frame_bytes", round.delivered == 0 ? 0 : round.bytes / round.delivered)
          .put("server_cores", used.server() / took)
          .put("database_cores", used.database() / took)
          .put("generator_cores", used.generator() / took)
          .put("setup_s", setup);
    }
  }

  private static int errors(Subscribers.Round round) {
    int errors = 0;
    for (long sent : round.sent) {
      errors += sent == 0 ? 1 : 0;
    }
    return errors;
  }

  private Subscribers.Round steadily(Subscribers subscribers, double seconds) throws IOException {
    int count = Math.max(5, (int) (PER_SECOND * seconds));
    Subscribers.Round round = subscribers.round("steady" + ++rounds + "-", count);
    List<Wire> wires = new ArrayList<>();
    ExecutorService posters = Executors.newFixedThreadPool(POSTERS);
    ThreadLocal<Wire> own =
        ThreadLocal.withInitial(
            () -> {
              synchronized (wires) {
                wires.add(new Wire(base));
                return wires.get(wires.size() - 1);
              }
            });
    CountDownLatch answered = new CountDownLatch(count);
    long began = System.nanoTime();
    for (int i = 0; i < count; i++) {
      long due = began + i * 1_000_000_000L / PER_SECOND - System.nanoTime();
      if (due > 0) {
        Subscribers.pause(due / 1_000_000);
      }
      int number = i;
      String text = message("steady" + rounds + "-" + number, Texts.BYTES);
      posters.execute(
          () -> {
            post(own.get(), text, round, number);
            answered.countDown();
          });
    }
    try {
      answered.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } finally {
      posters.shutdown();
      wires.forEach(Wire::close);
    }
    subscribers.complete(round, (count - errors(round)) * subscribers.count(), SETTLE);
    return round;
  }

  private static void post(Wire wire, String text, Subscribers.Round round, int number) {
    round.sent[number] = System.nanoTime();
    try {
      if (wire.send("POST", "Communication", text).status() != 201) {
        round.sent[number] = 0;
      }
    } catch (IOException e) {
      round.sent[number] = 0;
    }
  }

  /** Frames in a second when many messages come at once. */
  Result fanout(Target target, int sockets, int messages) throws IOException {
    try (Subscribers subscribers = subscribers(sockets)) {
      subscribers.subscribe();
      subscribers.bind();
      burst(subscribers, Math.max(1, messages / 4));
      CpuTime before = target.cpu();
      Subscribers.Round round = burst(subscribers, messages);
      CpuTime used = target.cpu().since(before);
      double seconds = Math.max(1, round.lastAt - round.firstAt) / 1e9;
      double frames = Math.max(1, round.delivered);
      return new Result("fanout", "Parley")
          .put("sockets", sockets)
          .put("per_s", round.delivered / seconds)
          .put("frame_bytes", round.bytes / frames)
          .put("mb_per_s", round.bytes / 1e6 / seconds)
          .put("frames", round.delivered)
          .put("lost", round.lost())
          .put("repeated", round.repeated)
          .put("errors", errors(round))
          .put("closed_sockets", subscribers.gone())
          .put("close_code", subscribers.closeCode())
          .put("server_core_ms", used.server() * 1000 / frames)
          .put("generator_core_ms", used.generator() * 1000 / frames);
    }
  }

  /** All messages in one transaction, so that posting them costs little. */
  private Subscribers.Round burst(Subscribers subscribers, int messages) throws IOException {
    String tag = "burst" + ++rounds + "-";
    Subscribers.Round round = subscribers.round(tag, messages);
    StringBuilder bundle =
        new StringBuilder("{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[");
    for (int i = 0; i < messages; i++) {
      bundle.append(i == 0 ? "" : ",").append("{\"resource\":").append(message(tag + i, SMALL));
      bundle.append(",\"request\":{\"method\":\"POST\",\"url\":\"Communication\"}}");
    }
    java.util.Arrays.fill(round.sent, System.nanoTime());
    try (Wire wire = new Wire(base)) {
      Wire.Reply reply = wire.send("POST", "", bundle.append("]}").toString());
      if (reply.status() != 200) {
        throw new IOException("the burst was answered " + reply.status() + " " + reply.body());
      }
    }
    subscribers.complete(round, messages * subscribers.count(), 60);
    return round;
  }

  /** The same frames from Jetty with nothing behind it. */
  static Result bareFanout(int sockets, int rounds, int bytes) throws IOException {
    try (ChildJvm jetty = ChildJvm.start(BareSockets.class)) {
      URI address = URI.create("http://127.0.0.1:" + jetty.announced("port"));
      long[] count = new long[4];
      Sockets.Listener listener =
          new Sockets.Listener() {
            @Override
            public void frame(int socket, byte[] text, int from, int length, long now) {
              count[0]++;
              count[1] += length;
              count[2] = count[2] == 0 ? now : count[2];
              count[3] = now;
            }

            @Override
            public void closed(int socket, int code) {}
          };
      try (Sockets clients = new Sockets(address, "/ws", listener);
          Wire wire = new Wire(address)) {
        for (int i = 0; i < sockets; i++) {
          clients.open(i, null);
        }
        wire.get("/fan?" + Math.max(1, rounds / 4) + "-" + bytes);
        Subscribers.pause(500);
        java.util.Arrays.fill(count, 0);
        CpuTime before = CpuTime.of(jetty.pid(), 0);
        wire.get("/fan?" + rounds + "-" + bytes);
        Subscribers.pause(500);
        CpuTime used = CpuTime.of(jetty.pid(), 0).since(before);
        double seconds = Math.max(1, count[3] - count[2]) / 1e9;
        double frames = Math.max(1, count[0]);
        return new Result("fanout", "bare Jetty")
            .put("sockets", sockets)
            .put("per_s", count[0] / seconds)
            .put("frame_bytes", count[1] / frames)
            .put("mb_per_s", count[1] / 1e6 / seconds)
            .put("frames", count[0])
            .put("lost", (long) rounds * sockets - count[0])
            .put("server_core_ms", used.server() * 1000 / frames)
            .put("generator_core_ms", used.generator() * 1000 / frames);
      }
    }
  }

  /** Memory that sockets cost which have nothing to hear. */
  Result idleSockets(Target target, int sockets) throws IOException {
    try (Subscribers subscribers = subscribers(sockets)) {
      subscribers.subscribe();
      double before = Machine.residentMiB(target.server());
      subscribers.bind();
      double after = Machine.residentMiB(target.server());
      return new Result("sockets", "Parley")
          .put("sockets", sockets)
          .put("rss_before_mib", before)
          .put("rss_mib", after)
          .put("kib_per_socket", (after - before) * 1024 / sockets);
    }
  }

  /**
   * A client that is cut off while messages are written, and comes back; then the same while the
   * server is restarted.
   *
   * @param restart stops and starts the server; null if it is not ours
   */
  Result away(int messages, double seconds, Restart restart) throws IOException {
    Result result = new Result("away", "Parley");
    try (Subscribers subscribers = subscribers(1)) {
      subscribers.subscribe();
      subscribers.bind();
      subscribers.drop();
      Subscribers.Round missed = write(subscribers, messages);
      Subscribers.pause((long) (seconds * 1000));
      subscribers.bind();
      subscribers.complete(missed, messages, SETTLE);
      result
          .put("seconds", seconds)
          .put("messages", messages)
          .put("lost", missed.lost())
          .put("repeated", missed.repeated)
          .put("errors", errors(missed));
      if (restart != null) {
        subscribers.drop();
        Subscribers.Round over = write(subscribers, messages);
        restart.now();
        subscribers.bind();
        subscribers.complete(over, messages, SETTLE);
        result.put("restart_lost", over.lost()).put("restart_repeated", over.repeated);
      }
    }
    return result;
  }

  private Subscribers.Round write(Subscribers subscribers, int messages) {
    String tag = "away" + ++rounds + "-";
    Subscribers.Round round = subscribers.round(tag, messages);
    try (Wire wire = new Wire(base)) {
      for (int i = 0; i < messages; i++) {
        post(wire, message(tag + i, Texts.BYTES), round, i);
      }
    }
    return round;
  }

  /** Many sockets at once after a restart, with something missed by each. */
  Result comeback(int sockets, int messages, Restart restart) throws IOException {
    try (Subscribers subscribers = subscribers(sockets)) {
      subscribers.subscribe();
      subscribers.bind();
      subscribers.drop();
      Subscribers.Round missed = write(subscribers, messages);
      restart.now();
      long began = System.nanoTime();
      subscribers.bind();
      double back = (System.nanoTime() - began) / 1e9;
      subscribers.complete(missed, messages * sockets, 120);
      return new Result("comeback", "Parley")
          .put("sockets", sockets)
          .put("all_bound_s", back)
          .put("all_told_s", Math.max(0, missed.lastAt - began) / 1e9)
          .put("missed_each", messages)
          .put("lost", missed.lost())
          .put("repeated", missed.repeated)
          .put("errors", errors(missed))
          .put("closed_sockets", subscribers.gone())
          .put("close_code", subscribers.closeCode());
    }
  }

  /** Stops the server and starts it again. */
  interface Restart {
    void now() throws IOException;
  }
}
