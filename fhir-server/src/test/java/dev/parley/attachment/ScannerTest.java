// SPDX-License-Identifier: Apache-2.0
package dev.parley.attachment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.TestServer;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** With a scanner that speaks ClamAV's protocol: nothing goes out that it has not passed. */
class ScannerTest {
  private static final String EICAR =
      "X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + "EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*";
  private static Clamd clamd;
  private static TestServer server;

  @BeforeAll
  static void start() throws Exception {
    clamd = new Clamd();
    server = TestServer.start(Map.of("PARLEY_CLAMAV", "127.0.0.1:" + clamd.port()));
  }

  @AfterAll
  static void stop() throws Exception {
    server.close();
    clamd.close();
  }

  private static HttpResponse<byte[]> upload(byte[] bytes) {
    return server.bytes("POST", "Binary", bytes, "Content-Type", "text/plain");
  }

  private static String text(HttpResponse<byte[]> reply) {
    return new String(reply.body(), StandardCharsets.UTF_8);
  }

  private static HttpResponse<byte[]> download(HttpResponse<byte[]> uploaded) {
    assertEquals(201, uploaded.statusCode(), text(uploaded));
    String location = uploaded.headers().firstValue("Location").orElseThrow();
    return server.bytes("GET", location.replaceAll("/_history/.*", ""), null, "Accept", "*/*");
  }

  @Test
  void a_clean_file_says_so() {
    HttpResponse<byte[]> sent = upload(Samples.text("clean ".repeat(200_000)));
    assertTrue(text(sent).contains("\"code\":\"clean\""), text(sent));
    assertEquals(200, download(sent).statusCode());
    assertEquals(1_200_000, clamd.lastSize());
  }

  @Test
  void an_infected_file_is_refused_and_not_kept() {
    HttpResponse<byte[]> refused = upload(Samples.text(EICAR));
    assertEquals(422, refused.statusCode());
    assertTrue(text(refused).contains("attachment-infected"));
  }

  @Test
  void a_file_that_is_too_long_for_the_scanner_is_refused() {
    HttpResponse<byte[]> refused = upload(Samples.text("y".repeat(Clamd.LONGEST + 1)));
    assertEquals(422, refused.statusCode(), text(refused));
    assertTrue(text(refused).contains("attachment-not-scannable"));
  }

  @Test
  void while_the_scanner_is_away_files_are_held() throws Exception {
    clamd.away(true);
    HttpResponse<byte[]> clean = upload(Samples.text("held for a while"));
    HttpResponse<byte[]> bad = upload(Samples.text("x " + EICAR));
    assertTrue(text(clean).contains("\"code\":\"pending\""), text(clean));
    HttpResponse<byte[]> held = download(clean);
    assertEquals(503, held.statusCode(), text(held) + held.request().uri());
    assertTrue(text(held).contains("attachment-held"));
    assertTrue(held.headers().firstValue("Retry-After").isPresent());
    server.doNow("attachments");
    assertEquals(503, download(clean).statusCode());
    clamd.away(false);
    server.doNow("attachments");
    assertEquals(200, download(clean).statusCode());
    HttpResponse<byte[]> infected = download(bad);
    assertEquals(403, infected.statusCode());
    assertTrue(text(infected).contains("attachment-infected"));
    String id =
        bad.headers().firstValue("Location").orElseThrow().replaceAll(".*/Binary/([^/]+)/.*", "$1");
    String fhir = server.get("Binary/" + id + "?_summary=true").body();
    assertTrue(fhir.contains("\"code\":\"infected\"") && !fhir.contains("pending"), fhir);
    assertFalse(server.get("Binary/" + id).body().contains("EICAR"));
  }
}
