// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import dev.parley.access.Caller;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.hl7.fhir.r4.model.Resource;

/**
 * Measures layouts of index values with messages of 1.2 KB, for
 * docs/decisions/0002-index-values.md; run its main method. Database cost is the CPU time of the
 * backend, so that a busy machine disturbs little. Arguments: number of messages, variants.
 */
final class IndexValuesBenchmark {
  private static final String[] WORDS =
      ("the of and to in for your on with is that this from we have not are be please will can at morning evening appointment "
              + "tablet dose water sleep pain knee letter result clinic nurse question answer blood pressure sugar reading week "
              + "tomorrow yesterday better worse still since after before food walk rest call video form pharmacy")
          .split(" ");

  private record Variant(String name, String ddl, boolean presence, boolean texts, boolean rows) {}

  private static final List<Variant> VARIANTS =
      List.of(
          new Variant("as built", "", true, true, false),
          new Variant("no words", "drop index resource_words", true, true, false),
          new Variant(
              "words, pending list 1 MB",
              "alter index resource_words set (gin_pending_list_limit = 1024)",
              true,
              true,
              false),
          new Variant(
              "words, pending list 4 MB",
              "alter index resource_words set (gin_pending_list_limit = 4096)",
              true,
              true,
              false),
          new Variant(
              "no participants",
              "drop trigger participants_of_new on resource; drop trigger participants_of_changed on resource",
              true,
              true,
              false),
          new Variant(
              "no triggers", "alter table resource disable trigger user", true, true, false),
          new Variant("GIN fastupdate off", gin("fastupdate = off"), true, true, false),
          new Variant(
              "GIN pending list 4 MB",
              gin("fastupdate = on, gin_pending_list_limit = 4096"),
              true,
              true,
              false),
          new Variant("no presence keys", "", false, true, false),
          new Variant("no :text rows", "", true, false, false),
          new Variant("neither", "", false, false, false),
          new Variant(
              "one row per value",
              """
              drop index resource_keys;
              create table key_value (key bigint, at timestamptz, self bigint, primary key (key, at, self));
              create index key_value_self on key_value (self);
              create function spread() returns trigger language plpgsql as $$
              begin
                insert into key_value select k, coalesce(new.at, new.updated), new.self from unnest(new.keys) k;
                return null;
              end $$;
              create trigger spread after insert on resource for each row execute function spread()""",
              true,
              true,
              true));

  private static String gin(String options) {
    return "drop index resource_keys; create index resource_keys on resource using gin (keys) with ("
        + options
        + ")";
  }

  public static void main(String[] args) throws Exception {
    int messages = Integer.parseInt(args[0]);
    Set<String> wanted = Set.copyOf(Arrays.asList(args).subList(1, args.length));
    System.out.println("| layout | backend ms per message | bytes per message | of which GIN |");
    for (Variant variant : VARIANTS) {
      if (wanted.isEmpty() || wanted.contains(variant.name)) {
        try (TestStore store = new TestStore()) {
          fill(store, variant, messages);
          if (variant == VARIANTS.get(0) && !Boolean.getBoolean("writesOnly")) {
            queries(store, messages);
          }
        }
      }
    }
  }

  static String message(Random random, int n, int threads) {
    int thread = random.nextInt(threads);
    String patient = "Patient/p" + thread % 500;
    String doctor = "Practitioner/d" + thread % 50;
    boolean up = random.nextBoolean();
    return """
        {"resourceType":"Communication","identifier":[{"system":"urn:bench:message","value":"m%d"}],
        "partOf":[{"reference":"Communication/t%d"}],"status":"completed","category":[{"coding":[{
        "system":"http://terminology.hl7.org/CodeSystem/communication-category","code":"notification"}]}],
        "priority":"routine","medium":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ParticipationMode","code":"WRITTEN"}]}],
        "subject":{"reference":"%s"},"topic":{"text":"Follow-up after visit"},"sent":"%s",
        "recipient":[{"reference":"%s"}],"sender":{"reference":"%s"},"payload":[{"contentString":"%s"}]}"""
        .formatted(
            n,
            thread,
            patient,
            Instant.parse("2026-01-01T00:00:00Z").plusSeconds(n * 100L + random.nextInt(1000)),
            up ? doctor : patient,
            up ? patient : doctor,
            text(random, 420));
  }

  private static String text(Random random, int length) {
    StringBuilder text = new StringBuilder();
    while (text.length() < length) {
      text.append(WORDS[random.nextInt(WORDS.length)]).append(' ');
    }
    return text.substring(0, length);
  }

  private static void fill(TestStore store, Variant variant, int messages) throws Exception {
    Random random = new Random(1);
    Set<Long> presence =
        TestStore.PARAMS.of("Communication").values().stream()
            .flatMap(
                p ->
                    LongStream.of(
                            p.variant("missing") ^ SearchIndexer.TRUE,
                            p.variant("missing") ^ SearchIndexer.FALSE)
                        .boxed())
            .collect(Collectors.toSet());
    List<IndexValues> values = new ArrayList<>();
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < messages; i++) {
      Resource resource =
          (Resource) TestStore.FHIR.newJsonParser().parseResource(message(random, i, 1000));
      IndexValues v = store.indexer.index(resource, "m" + i);
      values.add(
          new IndexValues(
              variant.presence
                  ? v.keys()
                  : Arrays.stream(v.keys()).filter(k -> !presence.contains(k)).toArray(),
              v.who(),
              v.owners(),
              v.at(),
              v.thread(),
              variant.texts ? v.strings() : List.of(),
              v.dates(),
              v.numbers(),
              List.of()));
      texts.add(TestStore.FHIR.newJsonParser().encodeResourceToString(resource));
    }
    try (Connection connection = store.database.connection();
        Statement statement = connection.createStatement()) {
      if (!variant.ddl.isEmpty()) {
        statement.execute(variant.ddl);
      }
      statement.execute("create table before as select * from event where false");
      long pid = number(statement, "select pg_backend_pid()");
      long size = number(statement, "select pg_database_size(current_database())");
      connection.setAutoCommit(false);
      long cpu = cpuMillis(pid);
      long wal = number(statement, "select pg_current_wal_insert_lsn() - '0/0'");
      for (int i = 0; i < messages; i++) {
        store.write(
            connection, "Communication", "m" + i, Instant.now(), values.get(i), texts.get(i));
        if (i % 100 == 99) {
          connection.commit();
        }
      }
      connection.commit();
      cpu = cpuMillis(pid) - cpu;
      connection.setAutoCommit(true);
      wal = number(statement, "select pg_current_wal_insert_lsn() - '0/0'") - wal;
      statement.execute("vacuum analyze");
      System.out.printf(
          "| %s | %.3f | WAL %d | %d | %d |  keys %d%n",
          variant.name,
          cpu / (double) messages,
          wal / messages,
          (number(statement, "select pg_database_size(current_database())") - size) / messages,
          variant.rows
              ? number(statement, "select pg_total_relation_size('key_value')") / messages
              : number(statement, "select pg_relation_size('resource_keys')") / messages,
          values.get(0).keys().length);
      try (ResultSet rows =
          statement.executeQuery(
              "select relname, pg_relation_size(oid) from pg_class where relnamespace ="
                  + " 'public'::regnamespace and pg_relation_size(oid) > 1000000 order by 2 desc")) {
        while (rows.next()) {
          System.out.printf("    %s %d%n", rows.getString(1), rows.getLong(2) / messages);
        }
      }
    }
  }

  private static void queries(TestStore store, int messages) throws Exception {
    List<String> urls =
        List.of(
            "Communication?part-of=Communication/t%d&_sort=-sent&_count=20",
            "Communication?recipient=Patient/p%d&sent=ge2026-01-20&_sort=-sent&_count=20",
            "Communication?recipient=Patient/p%d&_sort=-sent&_count=20",
            "Communication?patient=p%d&status=completed",
            "Patient/p%d/Communication?_count=20",
            "Communication?identifier=urn:bench:message%%7Cm%d",
            "Communication?sender=Practitioner/d1&recipient=Patient/p%d&_sort=_lastUpdated&_count=20",
            "Communication?status=completed&_count=20&_sort=-sent&identifier:not=%d",
            "Communication?sent=ge2026-02-01&_sort=sent&_count=20&identifier:not=%d",
            "Communication?part-of=Communication/t%d&_sort=-sent&_count=20&_include=Communication:sender");
    for (String url : urls) {
      if (!System.getProperty("explain", "").isEmpty()) {
        explain(store, url.formatted(7));
      }
      long pid = 0;
      try (Connection connection = store.database.connection();
          Statement statement = connection.createStatement()) {
        pid = number(statement, "select pg_backend_pid()");
      }
      for (int round = 0; round < 3; round++) {
        int runs = 3000;
        long cpu = cpuMillis(pid);
        long own = ownCpuMillis();
        long start = System.nanoTime();
        int found = 0;
        for (int i = 0; i < runs; i++) {
          found += store.page(url.formatted(i % 500)).matches().size();
        }
        if (round == 2) {
          System.out.printf(
              "%-90s %.3f ms (server cpu %.3f, own cpu %.3f), %d rows%n",
              url,
              (System.nanoTime() - start) / 1e6 / runs,
              (cpuMillis(pid) - cpu) / (double) runs,
              (ownCpuMillis() - own) / (double) runs,
              found / runs);
        }
      }
    }
    try (Connection connection = store.database.connection();
        Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "select generic_plans, custom_plans, substr(statement, 1, 400) from"
                    + " pg_prepared_statements where generic_plans + custom_plans > 1000")) {
      while (rows.next()) {
        System.out.printf(
            "plans: generic %d, custom %d: %s%n",
            rows.getLong(1), rows.getLong(2), rows.getString(3).replace('\n', ' '));
      }
    }
    Random random = new Random(2);
    List<Resource> parsed = new ArrayList<>();
    for (int i = 0; i < 1000; i++) {
      parsed.add((Resource) TestStore.FHIR.newJsonParser().parseResource(message(random, i, 1000)));
    }
    for (int round = 0; round < 5; round++) {
      long start = System.nanoTime();
      for (int i = 0; i < 20_000; i++) {
        store.indexer.index(parsed.get(i % 1000), "m" + i);
      }
      System.out.printf("index values of a message: %.4f ms%n", (System.nanoTime() - start) / 2e10);
    }
  }

  private static void explain(TestStore store, String url) throws Exception {
    SearchRequest request = store.request(url);
    SearchSql sql =
        new SearchSql(
            Caller.ANYONE,
            Visibility.OPEN,
            type -> Map.of(),
            () -> false,
            store.types,
            TestStore.PARAMS,
            null,
            Instant.now());
    PageSql page = new PageSql(request, TestStore.PARAMS, store.types, sql, Instant.now());
    for (Supplier<PageSql.Statement> each : page.page(null, 21)) {
      PageSql.Statement statement = each.get();
      Sql explained = Sql.of("explain (analyze, buffers, costs off) :it", "it", statement.sql());
      System.out.println(statement.sql().text());
      try (Connection connection = store.database.connection();
          java.sql.PreparedStatement prepared = explained.prepare(connection);
          ResultSet rows = prepared.executeQuery()) {
        while (rows.next()) {
          System.out.println("      " + rows.getString(1));
        }
      }
    }
  }

  private static long ownCpuMillis() throws Exception {
    return cpuMillis(ProcessHandle.current().pid());
  }

  private static long number(Statement statement, String sql) throws SQLException {
    try (ResultSet rows = statement.executeQuery(sql)) {
      rows.next();
      return rows.getLong(1);
    }
  }

  /** User and system time of a process, from Linux. */
  private static long cpuMillis(long pid) throws Exception {
    String[] stat = Files.readString(Path.of("/proc/" + pid + "/stat")).split(" ");
    return (Long.parseLong(stat[13]) + Long.parseLong(stat[14])) * 10;
  }
}
