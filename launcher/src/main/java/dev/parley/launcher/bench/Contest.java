// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.bench;

import java.io.IOException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;

/**
 * Lets contenders do their work in turns of some seconds, so that whatever else the machine is
 * doing meets all of them alike. Errors are counted and are never throughput.
 */
final class Contest {
  private final int clients;
  private final double warmup;
  private final double duration;
  private final int turns;

  /**
   * @param warmup seconds for each contender that are not counted
   * @param duration seconds for each contender that are
   */
  Contest(int clients, double warmup, double duration, int turns) {
    this.clients = clients;
    this.warmup = warmup;
    this.duration = duration;
    this.turns = turns;
  }

  Map<String, Outcome> run(List<Contender> contenders) throws IOException, SQLException {
    Map<String, Outcome> outcomes = new LinkedHashMap<>();
    Map<String, List<Work.Client>> crews = new LinkedHashMap<>();
    try {
      for (Contender contender : contenders) {
        List<Work.Client> crew = new ArrayList<>();
        crews.put(contender.name(), crew);
        for (int i = 0; i < clients; i++) {
          crew.add(contender.work().client(i));
        }
        outcomes.put(contender.name(), new Outcome());
        turn(contender, crew, warmup, new Outcome());
      }
      for (int i = 0; i < turns; i++) {
        for (Contender contender : contenders) {
          turn(
              contender,
              crews.get(contender.name()),
              duration / turns,
              outcomes.get(contender.name()));
        }
      }
      return outcomes;
    } finally {
      crews.values().forEach(crew -> crew.forEach(Work.Client::close));
    }
  }

  private static void turn(
      Contender contender, List<Work.Client> crew, double seconds, Outcome total) {
    CountDownLatch done = new CountDownLatch(crew.size());
    CpuTime before = CpuTime.of(contender);
    long begin = System.nanoTime();
    long end = begin + (long) (seconds * 1e9);
    for (Work.Client client : crew) {
      Thread thread =
          new Thread(
              () -> {
                Outcome mine = new Outcome();
                while (System.nanoTime() < end) {
                  once(client, mine);
                }
                total.add(mine);
                done.countDown();
              },
              "bench-client");
      thread.setDaemon(true);
      thread.start();
    }
    try {
      done.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
    crew.forEach(Work.Client::rest);
    total.took((System.nanoTime() - begin) / 1e9, CpuTime.of(contender).since(before));
  }

  private static void once(Work.Client client, Outcome mine) {
    long began = System.nanoTime();
    String wrong;
    try {
      wrong = client.once();
    } catch (IOException | SQLException | RuntimeException e) {
      wrong = e.toString();
    }
    if (wrong == null) {
      mine.good(System.nanoTime() - began);
    } else {
      mine.bad(wrong);
    }
  }
}
