// SPDX-License-Identifier: Apache-2.0
package dev.parley.attachment;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.TestClock;
import dev.parley.TestDatabase;
import dev.parley.TestServer;
import dev.parley.config.Config;
import dev.parley.config.Setting;
import java.net.http.HttpResponse;
import java.sql.Connection;
import java.sql.ResultSet;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Over a real server that speaks S3, in a process of its own. */
class S3StoreTest {
  private static final TestClock CLOCK = new TestClock();
  private static S3 s3;
  private static TestServer server;

  @BeforeAll
  static void start() throws Exception {
    s3 = new S3();
    server = TestServer.start(TestDatabase.fresh(s3.settings()), CLOCK);
  }

  @AfterAll
  static void stop() {
    if (server != null) {
      server.close();
    }
    s3.close();
  }

  private static HttpResponse<byte[]> upload(byte[] bytes) {
    return server.bytes("POST", "Binary", bytes, "Content-Type", "image/png");
  }

  private static String path(HttpResponse<byte[]> uploaded) {
    assertEquals(201, uploaded.statusCode(), new String(uploaded.body()));
    return uploaded.headers().firstValue("Location").orElseThrow().replaceAll("/_history/.*", "");
  }

  private static byte[] get(String path, String... headers) {
    String[] all = Arrays.copyOf(headers, headers.length + 2);
    all[headers.length] = "Accept";
    all[headers.length + 1] = "*/*";
    return server.bytes("GET", path, null, all).body();
  }

  @Test
  void a_short_file_and_one_of_several_parts_come_back() throws Exception {
    byte[] small = Samples.png(1_000, 21);
    byte[] large = Samples.png((20 << 20) + 17, 22);
    String first = path(upload(small));
    String second = path(upload(large));
    assertArrayEquals(small, get(first));
    assertArrayEquals(large, get(second));
    assertArrayEquals(
        Arrays.copyOfRange(large, (8 << 20) - 5, (8 << 20) + 6),
        get(second, "Range", "bytes=%d-%d".formatted((8 << 20) - 5, (8 << 20) + 5)));
    assertEquals(0, count("select count(*) from attachment_chunk"));
    assertEquals(0, count("select count(*) from attachment_upload"));
    // Once, by hash.
    String again = path(upload(large));
    assertEquals(2, count("select count(*) from attachment_content"));
    for (String each : new String[] {first, second, again}) {
      assertEquals(204, server.delete(each).status());
    }
    String object =
        "/parley/" + text("select substr(place, 4) from attachment_content order by size desc");
    assertEquals(200, s3.status(object));
    CLOCK.forward(Duration.ofHours(2));
    server.runDue();
    assertEquals(404, s3.status(object));
    assertEquals(0, count("select count(*) from attachment_content"));
  }

  @Test
  void with_a_key_the_bucket_holds_nothing_that_can_be_read() throws Exception {
    Config plain = server.config();
    Config sealed =
        plain.with(Setting.PARLEY_ATTACHMENT_KEY, "b2xkb2xkb2xkb2xkb2xkb2xkb2xkb2xkb2xkb2xkb2w=");
    byte[] small = Samples.png(1_000, 31);
    byte[] large = Samples.png((20 << 20) + 17, 32);
    // Without the address: the next server has another.
    String before = path(upload(small)).replaceFirst(".*/fhir/R4/", "");
    server.close();
    server = TestServer.start(sealed, Clock.systemUTC());
    try {
      String first = path(upload(Samples.png(2_000, 33)));
      String second = path(upload(large));
      assertArrayEquals(small, get(before));
      assertArrayEquals(Samples.png(2_000, 33), get(first));
      assertArrayEquals(large, get(second));
      assertArrayEquals(
          Arrays.copyOfRange(large, (8 << 20) - 5, (8 << 20) + 6),
          get(second, "Range", "bytes=%d-%d".formatted((8 << 20) - 5, (8 << 20) + 5)));
      String object =
          text("select substr(place, 11) from attachment_content where size > 10000000");
      byte[] stored = s3.bytes("/parley/" + object);
      assertTrue(stored.length > large.length);
      assertFalse(new String(stored, 0, 4_096, ISO_8859_1).contains("PNG"));
      assertEquals(
          "sealed-s3/",
          text("select substr(place, 1, 10) from attachment_content where size = 2000"));
    } finally {
      server.close();
      server = TestServer.start(plain, Clock.systemUTC());
    }
  }

  private static long count(String sql) throws Exception {
    return Long.parseLong(text(sql));
  }

  private static String text(String sql) throws Exception {
    try (Connection connection = TestDatabase.connect(server.config());
        ResultSet row = connection.createStatement().executeQuery(sql)) {
      row.next();
      return row.getString(1);
    }
  }
}
