// SPDX-License-Identifier: Apache-2.0
package dev.parley.attachment;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.parley.FhirServer;
import dev.parley.TestDatabase;
import dev.parley.config.Config;
import dev.parley.config.Setting;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.time.Clock;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A gigabyte goes in and out of a server that has a fifth of that as memory. */
@Tag("long")
class LargeFileTest {
  private static final long GIGABYTE = 1L << 30;
  private static final long MIDDLE = GIGABYTE / 2 + 12_345;

  @Test
  void a_gigabyte_goes_through_the_database() throws Exception {
    inAndOut(Map.of());
  }

  @Test
  void a_gigabyte_goes_through_a_bucket() throws Exception {
    try (S3 s3 = new S3()) {
      inAndOut(s3.settings());
    }
  }

  private static void inAndOut(Map<String, String> settings) throws Exception {
    Process server = server(TestDatabase.fresh(settings), settings);
    try {
      String base = base(server);
      HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
      MessageDigest sent = MessageDigest.getInstance("SHA-256");
      HttpRequest upload =
          HttpRequest.newBuilder(URI.create(base + "/Binary"))
              .header("Content-Type", "image/png")
              .POST(
                  HttpRequest.BodyPublishers.ofInputStream(
                      () -> new DigestInputStream(new Noise(GIGABYTE), sent)))
              .build();
      HttpResponse<String> taken = client.send(upload, HttpResponse.BodyHandlers.ofString());
      assertEquals(201, taken.statusCode(), taken.body());
      String url = taken.headers().firstValue("Location").orElseThrow();
      URI file = URI.create(url.replaceAll("/_history/.*", ""));

      MessageDigest got = MessageDigest.getInstance("SHA-256");
      HttpRequest whole = HttpRequest.newBuilder(file).header("Accept", "*/*").build();
      HttpResponse<InputStream> download =
          client.send(whole, HttpResponse.BodyHandlers.ofInputStream());
      assertEquals(200, download.statusCode());
      try (InputStream in = download.body();
          OutputStream out = new DigestOutputStream(OutputStream.nullOutputStream(), got)) {
        assertEquals(GIGABYTE, in.transferTo(out));
      }
      assertArrayEquals(sent.digest(), got.digest());

      HttpRequest part =
          HttpRequest.newBuilder(file)
              .header("Accept", "*/*")
              .header("Range", "bytes=%d-%d".formatted(MIDDLE, MIDDLE + 999_999))
              .build();
      HttpResponse<byte[]> middle = client.send(part, HttpResponse.BodyHandlers.ofByteArray());
      assertEquals(206, middle.statusCode());
      try (InputStream same = new Noise(GIGABYTE)) {
        same.skipNBytes(MIDDLE);
        assertArrayEquals(same.readNBytes(1_000_000), middle.body());
      }
    } finally {
      server.destroy();
      server.waitFor();
    }
  }

  private static Process server(Config config, Map<String, String> settings) throws IOException {
    ProcessBuilder java =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-Xmx200m",
                "-XX:MaxDirectMemorySize=32m",
                "-XX:+ExitOnOutOfMemoryError",
                "-cp",
                System.getProperty(
                    "surefire.test.class.path", System.getProperty("java.class.path")),
                Main.class.getName())
            .redirectErrorStream(true);
    java.environment().putAll(settings);
    for (Setting each :
        new Setting[] {
          Setting.PARLEY_JDBC_URL, Setting.PARLEY_JDBC_USER, Setting.PARLEY_JDBC_PASSWORD
        }) {
      java.environment().put(each.name(), config.text(each));
    }
    java.environment().put("PARLEY_PORT", "0");
    java.environment().put("PARLEY_INSECURE_NO_LOGIN", "true");
    return java.start();
  }

  private static String base(Process server) throws IOException {
    BufferedReader out = server.inputReader();
    StringBuilder said = new StringBuilder();
    for (String line = out.readLine(); line != null; line = out.readLine()) {
      if (line.startsWith(Main.READY)) {
        Thread rest = new Thread(() -> out.lines().forEach(l -> {}), "output");
        rest.setDaemon(true);
        rest.start();
        return line.substring(Main.READY.length());
      }
      said.append(line).append('\n');
    }
    throw new AssertionError(said.toString());
  }

  /** The server in a process of its own, so that its memory is its own. */
  static final class Main {
    static final String READY = "FHIR ";

    private Main() {}

    public static void main(String[] arguments) {
      FhirServer server = FhirServer.start(Config.from(System.getenv()), Clock.systemUTC());
      System.out.println(READY + server.base());
    }
  }

  /** Bytes that do not repeat, the same each time; they begin as an image does. */
  private static final class Noise extends InputStream {
    private final Random random = new Random(7);
    private byte[] block = Samples.png(1 << 16, 7);
    private int at;
    private long left;

    Noise(long size) {
      left = size;
    }

    @Override
    public int read() {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int from, int length) {
      if (left == 0) {
        return -1;
      }
      if (at == block.length) {
        random.nextBytes(block);
        at = 0;
      }
      int some = (int) Math.min(left, Math.min(length, block.length - at));
      System.arraycopy(block, at, into, from, some);
      at += some;
      left -= some;
      return some;
    }
  }
}
