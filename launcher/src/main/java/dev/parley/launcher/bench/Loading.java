// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.bench;

import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Fills a server with people, threads and messages by transaction bundles. */
final class Loading {
  static final int BUNDLE = 200;
  static final int CONNECTIONS = 4;
  private static final int PATIENTS = 500;
  private static final int PRACTITIONERS = 50;
  private static final int SEED = 1;
  private static final Pattern LOCATION =
      Pattern.compile(
          "\"location\"\\s*:\\s*\"(?:[^\"]*/)?([A-Z][A-Za-z]+/[A-Za-z0-9.-]{1,64})(?:/_history/[^\"]*)?\"");

  private final URI base;
  private final int messages;
  private final int threads;
  private final Consumer<String> say;
  private final AtomicInteger done = new AtomicInteger();
  private long began;
  private long saidAt;

  Loading(URI base, int messages, int threads, Consumer<String> say) {
    this.base = base;
    this.messages = messages;
    this.threads = threads;
    this.say = say;
  }

  /** Loads all of it; what is timed is all of it. */
  Hospital load() throws IOException {
    began = System.nanoTime();
    saidAt = began;
    Instant end = Instant.now().minus(Duration.ofHours(1));
    Instant start = end.minus(Duration.ofDays(90));
    List<String> patients = all(PATIENTS, i -> Texts.person("Patient", i), "Patient");
    List<String> practitioners =
        all(PRACTITIONERS, i -> Texts.person("Practitioner", i), "Practitioner");
    List<String> roots =
        all(
            threads,
            i ->
                Texts.message(
                    new Random32(SEED + i),
                    "root-" + i,
                    patients.get(i % PATIENTS),
                    practitioners.get(i % PRACTITIONERS),
                    patients.get(i % PATIENTS),
                    null,
                    start.plusMillis((long) (new Random32(i).next() * 86_400_000)),
                    Texts.BYTES),
            "Communication");
    List<Hospital.Thread> all = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      all.add(
          new Hospital.Thread(
              roots.get(i), patients.get(i % PATIENTS), practitioners.get(i % PRACTITIONERS)));
    }
    int count = messages - threads;
    double span = Duration.between(start, end).minusDays(1).toMillis();
    List<String> loaded =
        all(
            count,
            k -> {
              Random32 random = new Random32(SEED * 7919 + k);
              double age = Math.floor((double) k / threads) / Math.ceil((double) count / threads);
              return all.get(k % threads)
                  .message(
                      random,
                      "load-" + k,
                      start.plusMillis((long) (86_400_000 + span * age + random.next() * 60_000)));
            },
            "Communication");
    return new Hospital(patients, practitioners, all, loaded, end);
  }

  /** Writes so many resources, bundle by bundle, and gives their references in order. */
  private List<String> all(int count, IntFunction<String> text, String type) throws IOException {
    String[] references = new String[count];
    AtomicInteger next = new AtomicInteger();
    ExecutorService crew = Executors.newFixedThreadPool(CONNECTIONS);
    try {
      List<Future<?>> parts = new ArrayList<>();
      for (int i = 0; i < CONNECTIONS; i++) {
        parts.add(
            crew.submit(
                () -> {
                  try (Wire wire = new Wire(base)) {
                    for (int a = next.getAndAdd(BUNDLE); a < count; a = next.getAndAdd(BUNDLE)) {
                      bundle(wire, a, Math.min(count, a + BUNDLE), text, type, references);
                    }
                  }
                  return null;
                }));
      }
      for (Future<?> part : parts) {
        part.get();
      }
      return Arrays.asList(references);
    } catch (ExecutionException e) {
      throw new IOException("loading failed: " + e.getCause().getMessage(), e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } finally {
      crew.shutdownNow();
    }
  }

  private void bundle(
      Wire wire, int from, int until, IntFunction<String> text, String type, String[] references)
      throws IOException {
    StringBuilder bundle = new StringBuilder((until - from) * (Texts.BYTES + 100));
    bundle.append("{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[");
    for (int i = from; i < until; i++) {
      bundle.append(i == from ? "" : ",").append("{\"resource\":").append(text.apply(i));
      bundle.append(",\"request\":{\"method\":\"POST\",\"url\":\"").append(type).append("\"}}");
    }
    Wire.Reply reply = wire.send("POST", "", bundle.append("]}").toString());
    if (reply.status() != 200) {
      throw new IOException(
          "a bundle was answered %d: %s"
              .formatted(
                  reply.status(), reply.body().substring(0, Math.min(500, reply.body().length()))));
    }
    Matcher location = LOCATION.matcher(reply.body());
    for (int i = from; i < until; i++) {
      if (!location.find()) {
        throw new IOException("a bundle's answer names %d of %d".formatted(i - from, until - from));
      }
      references[i] = location.group(1);
    }
    progress(done.addAndGet(until - from));
  }

  private synchronized void progress(int loaded) {
    long now = System.nanoTime();
    if (now - saidAt > 2_000_000_000L) {
      saidAt = now;
      say.accept(
          "  loaded %,d of %,d, %.0f/s"
              .formatted(
                  loaded, messages + PATIENTS + PRACTITIONERS, loaded / ((now - began) / 1e9)));
    }
  }

  /** How many resources {@link #load} writes. */
  int resources() {
    return messages + PATIENTS + PRACTITIONERS;
  }
}
