// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.bench;

import dev.parley.config.Config;
import dev.parley.launcher.client.Login;
import dev.parley.launcher.terminal.PlainError;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.nio.file.Files;
import java.sql.SQLException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Runs the rows of a plan in order and reports them. */
public final class Benchmark implements AutoCloseable {
  /** All rows, in the order in which they are run. */
  public static final List<String> ROWS =
      List.of(
          "start",
          "idle",
          "load",
          "post",
          "read",
          "thread",
          "inbox",
          "find",
          "inbox500",
          "room",
          "fresh",
          "push1",
          "push100",
          "push1000",
          "fanout",
          "away",
          "sockets",
          "comeback");

  private static final int TURNS = 3;

  private final Plan plan;
  private final Consumer<String> say;
  private final Report report;
  private final OwnParley own;
  private Target target;
  private Hospital hospital;

  private Benchmark(Plan plan, OwnParley own, Target target, Consumer<String> say) {
    this.plan = plan;
    this.own = own;
    this.target = target;
    this.say = say;
    this.report = new Report(say, plan.lines());
  }

  /**
   * Of a Parley that is started for it and removed afterwards.
   *
   * @param main the program that is started, with the argument {@code up}
   */
  public static Benchmark ofOwn(Plan plan, Class<?> main, Consumer<String> say) throws IOException {
    say.accept("Starting a Parley of the benchmark's own");
    OwnParley own = OwnParley.start(main);
    return new Benchmark(plan, own, own.target(), say);
  }

  /**
   * Of a server that runs on this machine.
   *
   * @param base its FHIR base
   * @param login where tokens for it come from
   * @param server its process; 0 to find it by its port
   * @param database settings that lead to its database, or null
   */
  public static Benchmark of(
      Plan plan, URI base, Login login, long server, Config database, Consumer<String> say)
      throws IOException {
    if (!InetAddress.getByName(base.getHost()).isLoopbackAddress()) {
      throw new PlainError("the benchmark puts load on servers of this machine only: 127.0.0.1");
    }
    Logins.put(base, login);
    long process = server != 0 ? server : Machine.listener(base.getPort()).orElse(0L);
    long postmaster = database == null ? 0 : Postgres.postmaster(database);
    return new Benchmark(plan, null, new Target(base, process, postmaster, database), say);
  }

  /** Runs everything; how many answers were wrong. */
  public int run() throws IOException, SQLException {
    conditions();
    startAndIdle();
    load();
    closedLoops();
    push();
    report.condition(
        "ended %s, load average %.2f"
            .formatted(Instant.now().truncatedTo(ChronoUnit.SECONDS), Machine.load()));
    if (plan.page() != null) {
      Files.writeString(plan.page(), report.page());
    }
    say.accept("");
    say.accept(report.page());
    return report.errors();
  }

  private void conditions() throws SQLException {
    report.condition(
        "began %s, load average %.2f"
            .formatted(Instant.now().truncatedTo(ChronoUnit.SECONDS), Machine.load()));
    report.condition(Machine.describe());
    if (target.database() != null) {
      report.condition("PostgreSQL: " + Postgres.settings(target.database()));
    }
    report.condition(
        "%d messages in %d threads, %d clients, %.0f s warm-up and %.0f s for each contender of a row, in %d turns"
            .formatted(
                plan.messages(),
                plan.threads(),
                plan.clients(),
                plan.warmup(),
                plan.duration(),
                TURNS));
  }

  /** Over a data folder that exists: three times, the middle one counts. */
  private void startAndIdle() throws IOException {
    if (own != null && plan.has("start")) {
      List<Double> times = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        own.stop();
        times.add(own.begin());
      }
      target = own.target();
      report.add(
          new Result("start", "Parley")
              .put("ready_ms", times.stream().sorted().toList().get(1))
              .put("min_ms", times.stream().sorted().toList().get(0)));
    }
    if (target.server() != 0 && plan.has("idle")) {
      Subscribers.pause(2_000);
      report.add(new Result("idle", "Parley").put("rss_mib", Machine.residentMiB(target.server())));
    }
  }

  private void load() throws IOException, SQLException {
    if (plan.state() != null && Files.exists(plan.state())) {
      hospital = HospitalFile.read(plan.state());
      return;
    }
    say.accept("Loading %,d messages".formatted(plan.messages()));
    Loading loading = new Loading(target.base(), plan.messages(), plan.threads(), say);
    long bytes = target.database() == null ? 0 : Postgres.bytes(target.database());
    CpuTime before = target.cpu();
    long began = System.nanoTime();
    hospital = loading.load();
    double seconds = (System.nanoTime() - began) / 1e9;
    CpuTime used = target.cpu().since(before);
    Result result =
        new Result("load", "Parley")
            .put("per_s", loading.resources() / seconds)
            .put("seconds", seconds)
            .put("bundle", Loading.BUNDLE)
            .put("server_core_ms", used.server() * 1000 / loading.resources())
            .put("database_core_ms", used.database() * 1000 / loading.resources())
            .put("core_ms", (used.server() + used.database()) * 1000 / loading.resources())
            .put("rss_mib", Machine.residentMiB(target.server()));
    if (target.database() != null) {
      Postgres.analyze(target.database());
      result.put(
          "bytes_per_message",
          (Postgres.bytes(target.database()) - bytes) / (double) loading.resources());
    }
    report.add(result);
    if (target.database() != null) {
      report.condition("after loading: " + Postgres.largest(target.database()));
    }
    if (plan.state() != null) {
      HospitalFile.write(plan.state(), hospital);
    }
  }

  private void closedLoops() throws IOException, SQLException {
    Contest contest = new Contest(plan.clients(), plan.warmup(), plan.duration(), TURNS);
    try (RawTable raw =
            target.database() == null ? null : new RawTable(target.database(), hospital);
        ChildJvm memory =
            plan.has("post") || plan.has("read") ? ChildJvm.start(MemoryServer.class) : null) {
      URI hapi =
          memory == null
              ? null
              : URI.create("http://127.0.0.1:" + memory.announced("port") + "/fhir/R4");
      if (plan.has("load") && raw != null) {
        Map<String, Outcome> batches =
            new Contest(
                    Loading.CONNECTIONS,
                    Math.min(2, plan.warmup()),
                    Math.min(10, plan.duration()),
                    1)
                .run(List.of(raw.batches(target.postmaster())));
        batches.forEach((who, outcome) -> add(outcome.times(Loading.BUNDLE).result("load", who)));
      }
      if (plan.has("post")) {
        List<Contender> all = new ArrayList<>();
        all.add(target.contender(Works.post(target.base(), hospital)));
        if (raw != null) {
          all.add(raw.inserts(target.postmaster()));
        }
        all.add(new Contender("HAPI from memory", Works.post(hapi, hospital), memory.pid(), 0));
        race("post", contest, all);
      }
      if (plan.has("read")) {
        List<String> inMemory = remembered(hapi);
        race(
            "read",
            contest,
            List.of(
                target.contender(Works.read(target.base(), hospital.messages())),
                new Contender("HAPI from memory", Works.read(hapi, inMemory), memory.pid(), 0)));
      }
    }
    pages(contest);
    if (plan.has("find")) {
      race("find", contest, List.of(target.contender(Works.find(target.base()))));
    }
    people(contest);
    if (plan.has("fresh")) {
      report.add(Fresh.measure(target.base(), hospital, plan.quickly() ? 20 : 500));
    }
  }

  /** Where people can log in. */
  private void people(Contest contest) throws IOException, SQLException {
    if (!plan.has("inbox500") && !plan.has("room")) {
      return;
    }
    if (Logins.of(target.base(), "Practitioner/bench-person-0") == Login.NONE) {
      say.accept("No demo log-in there: inbox500 and room are left out");
      return;
    }
    People people = new People(target);
    if (plan.has("inbox500")) {
      add(people.inbox(contest, plan.quickly() ? 20 : 500).result("inbox500", "Parley"));
    }
    if (plan.has("room")) {
      add(people.room(plan.quickly() ? 5 : 100, plan.warmup(), plan.duration()));
    }
  }

  private void pages(Contest contest) throws IOException, SQLException {
    if (!plan.has("thread") && !plan.has("inbox")) {
      return;
    }
    try (StoreSql sql = target.database() == null ? null : new StoreSql(target.database())) {
      if (plan.has("thread")) {
        List<Contender> all = new ArrayList<>();
        all.add(target.contender(Works.thread(target.base(), hospital)));
        if (sql != null) {
          all.add(sql.pages(hospital.threads(), Works::threadPage, target.postmaster()));
        }
        race("thread", contest, all);
      }
      if (plan.has("inbox")) {
        List<Contender> all = new ArrayList<>();
        all.add(target.contender(Works.inbox(target.base(), hospital)));
        if (sql != null) {
          all.add(
              sql.pages(
                  hospital.writers(), p -> Works.inboxPage(hospital, p), target.postmaster()));
        }
        race("inbox", contest, all);
      }
    }
  }

  private List<String> remembered(URI hapi) throws IOException {
    List<String> references = new ArrayList<>();
    try (Wire wire = new Wire(hapi)) {
      Random32 random = new Random32(1);
      for (int i = 0; i < 1_000; i++) {
        String message = random.pick(hospital.threads()).message(random, "m" + i, Instant.now());
        String location = wire.send("POST", "Communication", message).location();
        references.add(
            "Communication/" + location.replaceAll(".*/Communication/([^/]+)(/.*)?", "$1"));
      }
    }
    return references;
  }

  private void race(String row, Contest contest, List<Contender> contenders)
      throws IOException, SQLException {
    contest.run(contenders).forEach((who, outcome) -> add(outcome.result(row, who)));
  }

  private void add(Result result) {
    try {
      report.add(result);
    } catch (IOException e) {
      throw new PlainError("the results cannot be written: " + e.getMessage(), e);
    }
  }

  private void push() throws IOException {
    PushRows rows = new PushRows(target.base(), hospital);
    for (int sockets : List.of(1, 100, 1000)) {
      if (plan.has("push" + sockets)) {
        report.add(
            rows.delay(
                "push" + sockets,
                target,
                plan.quickly() ? Math.min(sockets, 20) : sockets,
                plan.warmup(),
                plan.duration()));
      }
    }
    if (plan.has("fanout")) {
      int sockets = plan.quickly() ? 20 : 1_000;
      int messages = plan.quickly() ? 10 : 200;
      Result ours = rows.fanout(target, sockets, messages);
      report.add(ours);
      report.add(PushRows.bareFanout(sockets, messages, ours.number("frame_bytes").intValue()));
    }
    if (plan.has("away")) {
      report.add(rows.away(50, plan.quickly() ? 0.2 : 10, own == null ? null : this::restart));
    }
    if (plan.has("sockets")) {
      report.add(rows.idleSockets(target, plan.quickly() ? 20 : 1_000));
    }
    if (plan.has("comeback") && own != null) {
      report.add(rows.comeback(plan.comeback(), 2, this::restart));
    }
  }

  private void restart() throws IOException {
    own.stop();
    own.begin();
    target = own.target();
  }

  /** Ends and removes what was started for it. */
  @Override
  public void close() {
    if (own != null) {
      own.close();
    }
  }
}
