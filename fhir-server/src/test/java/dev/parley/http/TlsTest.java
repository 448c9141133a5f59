// SPDX-License-Identifier: Apache-2.0
package dev.parley.http;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.TestServer;
import dev.parley.config.Config.WrongSettings;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the operator sets around the API: a certificate, proxies, headers of every answer. */
class TlsTest {
  @TempDir Path folder;

  /** A key pair and its certificate, as PKCS12. */
  private Path pkcs12(String name, String algorithm) throws Exception {
    Path file = folder.resolve(name + ".p12");
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-keystore",
                file.toString(),
                "-storetype",
                "PKCS12",
                "-storepass",
                "secret",
                "-alias",
                "a",
                "-dname",
                "CN=" + name,
                "-keyalg",
                algorithm,
                "-validity",
                "10")
            .redirectErrorStream(true)
            .start();
    String said = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, keytool.waitFor(), said);
    return file;
  }

  private void pem(Path pkcs12, Path certificate, Path key) throws Exception {
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(pkcs12)) {
      store.load(in, "secret".toCharArray());
    }
    Files.writeString(
        key, block("PRIVATE KEY", store.getKey("a", "secret".toCharArray()).getEncoded()));
    Files.writeString(certificate, block("CERTIFICATE", store.getCertificate("a").getEncoded()));
  }

  private static String block(String what, byte[] der) {
    return "-----BEGIN %1$s-----\n%2$s\n-----END %1$s-----\n"
        .formatted(what, Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der));
  }

  /** The name in the certificate that the server shows, and what it answers. */
  private static String[] ask(int port) throws Exception {
    SSLContext trusting = SSLContext.getInstance("TLS");
    trusting.init(null, new TrustManager[] {new Everybody()}, null);
    try (SSLSocket socket =
        (SSLSocket) trusting.getSocketFactory().createSocket("127.0.0.1", port)) {
      socket.startHandshake();
      socket
          .getOutputStream()
          .write(
              "GET /fhir/R4/Patient HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
                  .getBytes(StandardCharsets.US_ASCII));
      X509Certificate shown = (X509Certificate) socket.getSession().getPeerCertificates()[0];
      return new String[] {
        shown.getSubjectX500Principal().getName(),
        new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
      };
    }
  }

  private static final class Everybody implements X509TrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }

  @Test
  void a_pem_certificate_is_served_and_read_again_when_it_changes() throws Exception {
    Path certificate = folder.resolve("chain.pem");
    Path key = folder.resolve("key.pem");
    pem(pkcs12("first", "EC"), certificate, key);
    try (TestServer server =
        TestServer.start(
            Map.of(
                "PARLEY_TLS_CERTIFICATE",
                certificate.toString(),
                "PARLEY_TLS_KEY",
                key.toString()))) {
      assertTrue(server.base().startsWith("https://"));
      int port = server.server().port();
      String[] answer = ask(port);
      assertEquals("CN=first", answer[0]);
      assertTrue(answer[1].startsWith("HTTP/1.1 200"), answer[1]);
      assertTrue(answer[1].contains("Strict-Transport-Security: max-age=31536000"), answer[1]);

      Files.writeString(certificate, "half written");
      pem(pkcs12("second", "RSA"), certificate, key);
      await()
          .atMost(Duration.ofSeconds(30))
          .pollInterval(Duration.ofMillis(300))
          .until(() -> ask(port)[0].equals("CN=second"));
    }
  }

  @Test
  void a_pkcs12_file_is_served_with_its_password() throws Exception {
    Path file = pkcs12("packed", "EC");
    try (TestServer server =
        TestServer.start(
            Map.of("PARLEY_TLS_CERTIFICATE", file.toString(), "PARLEY_TLS_PASSWORD", "secret"))) {
      assertEquals("CN=packed", ask(server.server().port())[0]);
    }
    assertThrows(
        WrongSettings.class,
        () ->
            TestServer.start(
                Map.of("PARLEY_TLS_CERTIFICATE", file.toString(), "PARLEY_TLS_PASSWORD", "no")));
    assertThrows(
        WrongSettings.class,
        () -> TestServer.start(Map.of("PARLEY_TLS_CERTIFICATE", "/no/such/file")));
  }

  @Test
  void every_answer_forbids_to_be_used_as_a_page() {
    TestServer server = Rest.server();
    for (String path : new String[] {"metadata", "Patient", "Nonsense"}) {
      TestServer.Reply reply = server.get(path);
      assertEquals("nosniff", reply.header("X-Content-Type-Options"));
      assertEquals("no-referrer", reply.header("Referrer-Policy"));
      assertNotNull(reply.header("Content-Security-Policy"));
      assertEquals("no-store", reply.header("Cache-Control"));
      assertNull(reply.header("Server"));
    }
  }

  @Test
  void only_a_trusted_proxy_says_for_whom_it_speaks() throws IOException {
    String[] headers = {"X-Forwarded-Proto", "https", "X-Forwarded-Host", "parley.example.org"};
    try (TestServer server = TestServer.start()) {
      assertTrue(server.get("Patient", headers).body().contains("http://127.0.0.1"));
    }
    try (TestServer server = TestServer.start(Map.of("PARLEY_TRUSTED_PROXIES", "127.0.0.0/8"))) {
      String body = server.get("Patient", headers).body();
      assertTrue(body.contains("https://parley.example.org/fhir/R4/Patient"), body);
    }
    try (TestServer server = TestServer.start(Map.of("PARLEY_TRUSTED_PROXIES", "10.0.0.0/8"));
        Socket none = new Socket("127.0.0.1", server.server().port())) {
      assertTrue(server.get("Patient", headers).body().contains("http://127.0.0.1"));
      assertTrue(none.isConnected());
    }
  }
}
