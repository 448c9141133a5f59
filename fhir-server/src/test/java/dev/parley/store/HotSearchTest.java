// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.access.Caller;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Instant;
import java.util.Map;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.hl7.fhir.r4.model.Resource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The searches that clients make all day read one index range and stop after a page. */
class HotSearchTest {
  static TestStore store;

  @BeforeAll
  static void fill() throws Exception {
    store = new TestStore();
    Random random = new Random(1);
    try (Connection connection = store.database.connection()) {
      connection.setAutoCommit(false);
      for (int i = 0; i < 4000; i++) {
        Resource resource = SearchIndexerTest.parse(IndexValuesBenchmark.message(random, i, 20));
        String text = TestStore.FHIR.newJsonParser().encodeResourceToString(resource);
        IndexValues values = store.indexer.index(resource, "m" + i);
        store.write(connection, "Communication", "m" + i, Instant.now(), values, text);
      }
      connection.commit();
      connection.setAutoCommit(true);
      try (Statement statement = connection.createStatement()) {
        statement.execute("vacuum analyze");
      }
    }
  }

  @AfterAll
  static void close() {
    store.close();
  }

  @Test
  void a_page_of_a_thread_is_a_range_of_the_thread_index() throws Exception {
    reads("Communication?part-of=Communication/t7&_sort=-sent&_count=20", "resource_thread", 100);
    reads("Communication?part-of=Communication/t7&_count=20", "resource_thread", 100);
    reads("Communication?part-of=Communication/t7&_sort=sent&_count=20", "resource_thread", 100);
  }

  @Test
  void an_inbox_is_a_range_of_the_timeline() throws Exception {
    String inbox = "Communication?recipient=Patient/p7&sent=ge2026-01-02&_sort=-sent&_count=20";
    reads(inbox, "timeline_pkey", 300);
    reads("Communication?patient=p7&_count=20", "timeline_pkey", 300);
    reads("Patient/p7/Communication?_count=20", "timeline_pkey", 300);
  }

  @Test
  void so_it_is_where_the_database_thinks_that_hardly_a_row_can_be_seen() throws Exception {
    String thread = "Communication?part-of=Communication/t7&_sort=-sent&_count=20";
    store.visibility.set(new Doubtful());
    assertEquals(20, store.page(thread).matches().size());
    store.visibility.set(Visibility.OPEN);
    reads(thread, new Doubtful(), "resource_thread", 100);
    reads(thread.replace("-sent", "sent"), new Doubtful(), "resource_thread", 100);
  }

  /** Lets everything be seen, by a condition of which PostgreSQL expects one row in 200. */
  private static final class Doubtful implements Visibility {
    @Override
    public Sql condition(Caller caller, Access access, String type, String alias) {
      return Sql.of("(%1$s.version %% 7 = 1 and %1$s.version %% 9 = 1)".formatted(alias));
    }

    @Override
    public Sql compartment(References.Local owner, String alias) {
      return Sql.TRUE;
    }

    @Override
    public boolean sees(Caller caller, String type, long self, long[] keys, long[] audience) {
      return true;
    }

    @Override
    public long[] audience(Caller caller, Resource resource, IndexValues values) {
      return null;
    }
  }

  @Test
  void the_newest_messages_are_a_range_of_the_date_index() throws Exception {
    reads("Communication?_count=20", "resource_at", 100);
    reads("Communication?status=completed&_count=20", "resource_at", 100);
    reads("Communication?_sort=-_lastUpdated&_count=20", "resource_updated", 100);
  }

  /** Blocks that the first statement of a page touches, at the most. */
  private static void reads(String url, String index, int blocks) throws Exception {
    assertEquals(20, store.page(url).matches().size());
    reads(url, Visibility.OPEN, index, blocks);
  }

  private static void reads(String url, Visibility visibility, String index, int blocks)
      throws Exception {
    SearchSql sql =
        new SearchSql(
            Caller.ANYONE,
            visibility,
            type -> Map.of(),
            () -> false,
            store.types,
            TestStore.PARAMS,
            null,
            Instant.now());
    PageSql page =
        new PageSql(store.request(url), TestStore.PARAMS, store.types, sql, Instant.now());
    Sql statement = page.page(null, 21).get(0).get().sql();
    StringBuilder plan = new StringBuilder();
    try (Connection connection = store.database.connection();
        PreparedStatement explain =
            Sql.of("explain (analyze, buffers, costs off) :it", "it", statement)
                .prepare(connection);
        ResultSet lines = explain.executeQuery()) {
      while (lines.next()) {
        plan.append(lines.getString(1)).append('\n');
      }
    }
    assertTrue(plan.toString().contains("using " + index), plan.toString());
    assertFalse(plan.toString().contains("resource_keys"), plan.toString());
    Matcher touched = Pattern.compile("Buffers: shared hit=(\\d+)(?: read=(\\d+))?").matcher(plan);
    assertTrue(touched.find(), plan.toString());
    int count =
        Integer.parseInt(touched.group(1))
            + (touched.group(2) == null ? 0 : Integer.parseInt(touched.group(2)));
    assertTrue(count <= blocks, count + " blocks\n" + plan);
  }
}
