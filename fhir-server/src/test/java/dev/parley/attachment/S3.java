// SPDX-License-Identifier: Apache-2.0
package dev.parley.attachment;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import org.awaitility.Awaitility;

/** A real server that speaks S3, in a process of its own, with a bucket "parley". */
final class S3 implements AutoCloseable {
  private final Process process;
  private final String url;

  S3() throws IOException {
    int port;
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    String jar =
        Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
            .filter(entry -> entry.matches(".*s3mock-[^/]*-exec\\.jar"))
            .findFirst()
            .orElseThrow();
    url = "http://127.0.0.1:" + port;
    process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-Xmx256m",
                "-jar",
                jar,
                "--server.port=0",
                "--com.adobe.testing.s3mock.httpPort=" + port,
                "--com.adobe.testing.s3mock.store.initialBuckets=parley")
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    Awaitility.await().atMost(Duration.ofMinutes(3)).until(() -> status("/") == 200);
  }

  Map<String, String> settings() {
    return Map.of("PARLEY_S3_URL", url, "PARLEY_S3_KEY", "key", "PARLEY_S3_SECRET", "secret");
  }

  /** What it answers for a path without a login. */
  int status(String path) {
    try {
      HttpURLConnection connection =
          (HttpURLConnection) URI.create(url + path).toURL().openConnection();
      return connection.getResponseCode();
    } catch (IOException e) {
      return 0;
    }
  }

  /** What lies in the bucket. */
  byte[] bytes(String path) throws IOException {
    try (InputStream in = URI.create(url + path).toURL().openStream()) {
      return in.readAllBytes();
    }
  }

  @Override
  public void close() {
    process.destroy();
  }
}
