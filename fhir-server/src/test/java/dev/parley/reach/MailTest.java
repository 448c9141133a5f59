// SPDX-License-Identifier: Apache-2.0
package dev.parley.reach;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.parley.config.Config;
import jakarta.mail.MessagingException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** E-mails go over TLS to the server that is meant, or they do not go. */
class MailTest {
  @TempDir static Path folder;
  private static SSLContext before;
  private static SSLContext ours;
  private static SSLContext others;

  @BeforeAll
  static void start() throws Exception {
    before = SSLContext.getDefault();
    ours = context("ours", "ip:127.0.0.1");
    others = context("others", "dns:mail.example.org");
    SSLContext.setDefault(ours);
  }

  @AfterAll
  static void stop() {
    SSLContext.setDefault(before);
  }

  /** With a certificate for this name, which it trusts itself. */
  private static SSLContext context(String file, String name) throws Exception {
    Path store = folder.resolve(file + ".p12");
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-keystore",
                store.toString(),
                "-storetype",
                "PKCS12",
                "-storepass",
                "secret",
                "-alias",
                "a",
                "-dname",
                "CN=mail",
                "-ext",
                "san=" + name,
                "-keyalg",
                "EC",
                "-validity",
                "10")
            .redirectErrorStream(true)
            .start();
    String said = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, keytool.waitFor(), said);
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(store)) {
      keys.load(in, "secret".toCharArray());
    }
    KeyManagerFactory mine = KeyManagerFactory.getInstance("PKIX");
    mine.init(keys, "secret".toCharArray());
    KeyStore trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
    trusted.setCertificateEntry("a", keys.getCertificate("a"));
    TrustManagerFactory whom = TrustManagerFactory.getInstance("PKIX");
    whom.init(trusted);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(mine.getKeyManagers(), whom.getTrustManagers(), null);
    return context;
  }

  private static void send(Server server, String tls) throws MessagingException {
    Config config =
        Config.from(
            Map.of(
                "PARLEY_SMTP",
                "127.0.0.1:" + server.socket.getLocalPort(),
                "PARLEY_SMTP_TLS",
                tls,
                "PARLEY_SMTP_USER",
                "parley",
                "PARLEY_SMTP_PASSWORD",
                "secret"));
    new Mail(config, () -> "https://messages.example.org").send("ann@home.example", Instant.now());
  }

  @Test
  void by_starttls_nothing_is_said_before_it() throws Exception {
    try (Server server = new Server(ours, true, false)) {
      send(server, "starttls");
      assertEquals(List.of("EHLO", "STARTTLS"), server.plain);
      assertEquals(1, server.mails.size());
    }
  }

  @Test
  void by_tls_from_the_start_nothing_is_said_in_the_clear() throws Exception {
    try (Server server = new Server(ours, false, true)) {
      send(server, "tls");
      assertEquals(List.of(), server.plain);
      assertEquals(1, server.mails.size());
    }
  }

  @Test
  void a_server_that_does_not_offer_it_gets_no_mail_and_no_password() throws Exception {
    try (Server server = new Server(ours, false, false)) {
      assertThrows(MessagingException.class, () -> send(server, "starttls"));
      assertEquals(List.of(), server.mails);
      assertEquals(0, server.plain.stream().filter(c -> c.matches("AUTH|MAIL|DATA")).count());
    }
  }

  @Test
  void a_server_of_another_name_or_that_nobody_vouches_for_gets_nothing() throws Exception {
    for (boolean atOnce : new boolean[] {true, false}) {
      try (Server server = new Server(others, !atOnce, atOnce)) {
        assertThrows(MessagingException.class, () -> send(server, atOnce ? "tls" : "starttls"));
        SSLContext.setDefault(others);
        assertThrows(
            MessagingException.class,
            () -> send(server, atOnce ? "tls" : "starttls"),
            "trusted, but of another name");
        assertEquals(List.of(), server.mails);
      } finally {
        SSLContext.setDefault(ours);
      }
    }
  }

  /** As much of a mail server as a client needs, and what was said to it without TLS. */
  private static final class Server implements AutoCloseable {
    final ServerSocket socket = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
    final List<String> plain = new CopyOnWriteArrayList<>();
    final List<String> mails = new CopyOnWriteArrayList<>();
    private final SSLContext keys;
    private final boolean offers;
    private final boolean atOnce;

    Server(SSLContext keys, boolean offers, boolean atOnce) throws IOException {
      this.keys = keys;
      this.offers = offers;
      this.atOnce = atOnce;
      Thread thread = new Thread(this::serve, "mail server");
      thread.setDaemon(true);
      thread.start();
    }

    private void serve() {
      while (!socket.isClosed()) {
        try (Socket client = socket.accept()) {
          talk(atOnce ? secure(client) : client, atOnce, true);
        } catch (IOException e) {
          // The client went away, as some have to; or the test is over.
          Thread.onSpinWait();
        }
      }
    }

    private SSLSocket secure(Socket client) throws IOException {
      SSLSocket secure =
          (SSLSocket) keys.getSocketFactory().createSocket(client, null, client.getPort(), false);
      secure.setUseClientMode(false);
      return secure;
    }

    private void talk(Socket client, boolean safe, boolean greets) throws IOException {
      BufferedReader in =
          new BufferedReader(
              new InputStreamReader(client.getInputStream(), StandardCharsets.US_ASCII));
      if (greets) {
        say(client, "220 mail");
      }
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        String command = line.split(" ")[0].toUpperCase(java.util.Locale.ROOT);
        if (!safe) {
          plain.add(command);
        }
        switch (command) {
          case "EHLO" ->
              say(
                  client,
                  "250-mail\r\n" + (offers && !safe ? "250-STARTTLS\r\n" : "") + "250 AUTH PLAIN");
          case "STARTTLS" -> {
            say(client, "220 go on");
            talk(secure(client), true, false);
            return;
          }
          case "AUTH" -> say(client, "235 welcome");
          case "DATA" -> {
            say(client, "354 go on");
            StringBuilder mail = new StringBuilder();
            for (line = in.readLine(); !".".equals(line); line = in.readLine()) {
              mail.append(line).append('\n');
            }
            mails.add(mail.toString());
            say(client, "250 taken");
          }
          case "QUIT" -> {
            say(client, "221 bye");
            return;
          }
          default -> say(client, "250 well");
        }
      }
    }

    private static void say(Socket client, String line) throws IOException {
      client.getOutputStream().write((line + "\r\n").getBytes(StandardCharsets.US_ASCII));
      client.getOutputStream().flush();
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }
}
