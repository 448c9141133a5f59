// SPDX-License-Identifier: Apache-2.0
package dev.parley.attachment;

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
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Files that are encrypted where they are stored. */
class SealedStoreTest {
  private static final String OLD = key(1);
  private static final String NEW = key(2);
  private static final String MARK = "MARKED-CONTENT";

  private final TestClock clock = new TestClock();
  private TestServer server;

  private static String key(int fill) {
    byte[] key = new byte[32];
    Arrays.fill(key, (byte) fill);
    return Base64.getEncoder().encodeToString(key);
  }

  /** Twice over a chunk, so that a mark somewhere would be found. */
  private static byte[] marked(int seed) {
    byte[] bytes = Samples.png((1 << 20) + 4_321, seed);
    byte[] mark = MARK.getBytes(StandardCharsets.US_ASCII);
    for (int at : new int[] {100, 600_000, bytes.length - 100}) {
      System.arraycopy(mark, 0, bytes, at, mark.length);
    }
    return bytes;
  }

  private String upload(byte[] bytes) {
    HttpResponse<byte[]> reply = server.bytes("POST", "Binary", bytes, "Content-Type", "image/png");
    assertEquals(201, reply.statusCode(), new String(reply.body(), StandardCharsets.UTF_8));
    return reply
        .headers()
        .firstValue("Location")
        .orElseThrow()
        .replaceAll(".*/(Binary/[^/]+)/_history/.*", "$1");
  }

  private HttpResponse<byte[]> get(String path, String... headers) {
    String[] all = Arrays.copyOf(headers, headers.length + 2);
    all[headers.length] = "Accept";
    all[headers.length + 1] = "*/*";
    return server.bytes("GET", path, null, all);
  }

  private long marks() throws Exception {
    return number(
        "select count(*) from attachment_chunk where position('%s'::bytea in bytes) > 0"
            .formatted(MARK));
  }

  private long number(String sql) throws Exception {
    try (Connection connection = TestDatabase.connect(server.config());
        ResultSet row = connection.createStatement().executeQuery(sql)) {
      row.next();
      return row.getLong(1);
    }
  }

  private void restart(Config config) {
    server.close();
    server = TestServer.start(config, clock);
  }

  private void comesBack(String path, byte[] bytes) {
    assertArrayEquals(bytes, get(path).body());
    for (int[] range :
        new int[][] {{0, 9}, {65_500, 65_600}, {599_990, 600_020}, {524_287, 524_290}}) {
      HttpResponse<byte[]> part = get(path, "Range", "bytes=%d-%d".formatted(range[0], range[1]));
      assertEquals(206, part.statusCode());
      assertArrayEquals(Arrays.copyOfRange(bytes, range[0], range[1] + 1), part.body());
    }
    byte[] end = get(path, "Range", "bytes=-7").body();
    assertArrayEquals(Arrays.copyOfRange(bytes, bytes.length - 7, bytes.length), end);
  }

  @Test
  void files_are_encrypted_with_the_first_key_and_older_ones_with_it_in_time() throws Exception {
    Config plain = TestDatabase.fresh(Map.of("PARLEY_ATTACHMENT_HOURS", "1000"));
    server = TestServer.start(plain, clock);
    byte[] first = marked(31);
    String before = upload(first);
    assertTrue(marks() > 0);
    restart(plain.with(Setting.PARLEY_ATTACHMENT_KEY, OLD));
    byte[] second = marked(32);
    String under = upload(second);
    comesBack(before, first);
    comesBack(under, second);
    // An hour, and what was in the clear goes a day later.
    server.doNow("attachments");
    clock.forward(Duration.ofHours(25));
    server.runDue();
    assertEquals(0, marks());
    comesBack(before, first);
    restart(plain.with(Setting.PARLEY_ATTACHMENT_KEY, NEW + "," + OLD));
    String again = upload(second);
    assertEquals(2, number("select count(*) from attachment_content"), "once, by hash");
    server.doNow("attachments");
    comesBack(under, second);
    restart(plain.with(Setting.PARLEY_ATTACHMENT_KEY, NEW));
    for (String path : new String[] {before, under, again}) {
      comesBack(path, path.equals(before) ? first : second);
    }
    restart(plain);
    HttpResponse<byte[]> missing = get(before);
    String answer = new String(missing.body(), StandardCharsets.UTF_8);
    assertEquals(503, missing.statusCode(), answer);
    assertTrue(answer.contains("attachment-key-missing"), answer);
    assertFalse(answer.contains(NEW));
    assertEquals(200, server.get(before + "?_summary=true").status());
    // Sent once more, it is there again.
    upload(first);
    comesBack(before, first);
    server.close();
  }
}
