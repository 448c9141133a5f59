// SPDX-License-Identifier: Apache-2.0
package dev.parley.auth;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.nimbusds.jose.jwk.JWKSet;
import dev.parley.TestClock;
import dev.parley.TestIssuer;
import dev.parley.TestServer;
import dev.parley.config.Config.WrongSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where an issuer's word comes from, and what happens while it is away. */
class IssuerKeysTest {

  private static int ask(TestServer server) {
    return server.asSystem().get("Patient").status();
  }

  @Test
  void keys_are_fetched_once_and_again_for_a_new_one() {
    try (TestServer server = TestServer.withLogin()) {
      for (int i = 0; i < 5; i++) {
        assertEquals(200, ask(server));
      }
      assertEquals(1, server.issuer().keyFetches());
      server.issuer().rotate();
      assertEquals(200, ask(server));
      assertEquals(2, server.issuer().keyFetches());
    }
  }

  @Test
  void unknown_key_ids_do_not_flood_the_issuer() {
    try (TestServer server = TestServer.withLogin();
        TestIssuer stranger = TestIssuer.withOtherKey()) {
      assertEquals(200, ask(server));
      for (int i = 0; i < 20; i++) {
        assertEquals(
            401,
            server
                .as(stranger.sign(server.issuer().claims("system/*.r", Map.of("n", i))))
                .get("Patient")
                .status());
      }
      assertTrue(server.issuer().keyFetches() <= 3, "fetches " + server.issuer().keyFetches());
      assertEquals(200, ask(server));
    }
  }

  @Test
  void known_keys_serve_on_while_the_issuer_is_away() {
    // Kept for 9 s at the least; asked after that, the issuer is away.
    try (TestServer server =
        TestServer.withLogin(
            Map.of("PARLEY_ISSUER_KEYS_SECONDS", "1", "PARLEY_ISSUER_OUTAGE_SECONDS", "60"),
            Clock.systemUTC())) {
      assertEquals(200, ask(server));
      server.issuer().away(true);
      int before = server.issuer().keyFetches();
      await()
          .atMost(Duration.ofSeconds(30))
          .pollInterval(Duration.ofMillis(500))
          .until(
              () -> {
                assertEquals(200, ask(server));
                return server.issuer().keyFetches() > before;
              });
      assertEquals(200, ask(server));
    }
  }

  @Test
  void without_keys_nothing_opens_and_it_is_said_to_be_for_now() {
    try (TestServer server = TestServer.withLogin()) {
      server.issuer().away(true);
      TestServer.Reply reply = server.asSystem().get("Patient");
      assertEquals(503, reply.status());
      assertEquals("issuer-unavailable", reply.reason());
      assertEquals("5", reply.header("Retry-After"));
      server.issuer().away(false);
      await().until(() -> ask(server) == 200);
    }
  }

  @Test
  void keys_come_from_a_file_if_the_settings_name_one(@TempDir Path folder) throws IOException {
    try (TestIssuer issuer = TestIssuer.start()) {
      Path file = folder.resolve("keys.json");
      Files.writeString(file, new JWKSet(issuer.key()).toPublicJWKSet().toString());
      try (TestServer server =
          TestServer.withLogin(
              Map.of("PARLEY_ISSUER", issuer.url(), "PARLEY_ISSUER_JWKS", file.toString()),
              Clock.systemUTC())) {
        issuer.audience(server.base());
        assertEquals(200, server.as(issuer.system("system/*.s")).get("Patient").status());
        assertEquals(0, issuer.keyFetches());
      }
    }
  }

  @Test
  void several_issuers_each_vouch_with_their_own_keys() {
    try (TestIssuer one = TestIssuer.start();
        TestIssuer two = TestIssuer.withOtherKey();
        TestServer server =
            TestServer.withLogin(
                Map.of("PARLEY_ISSUER", one.url() + ", " + two.url()), Clock.systemUTC())) {
      one.audience(server.base());
      two.audience(server.base());
      assertEquals(200, server.as(one.system("system/*.s")).get("Patient").status());
      assertEquals(200, server.as(two.system("system/*.s")).get("Patient").status());
      String mixed = two.sign(one.claims("system/*.s", Map.of("sub", "x")));
      assertEquals(401, server.as(mixed).get("Patient").status());
    }
  }

  @Test
  void opaque_tokens_are_asked_about_and_kept_for_a_moment() { // E-29, E-30
    TestClock clock = new TestClock();
    try (TestIssuer issuer = TestIssuer.start();
        TestServer server =
            TestServer.withLogin(
                Map.of(
                    "PARLEY_ISSUER",
                    issuer.url(),
                    "PARLEY_INTROSPECTION_URL",
                    issuer.introspectionUrl(),
                    "PARLEY_INTROSPECTION_CLIENT",
                    "parley",
                    "PARLEY_INTROSPECTION_SECRET",
                    "secret"),
                clock)) {
      issuer.audience(server.base());
      String token = issuer.opaque(issuer.claims("system/*.s", Map.of("sub", "backend")));
      assertEquals(200, server.as(token).get("Patient").status());
      assertEquals(200, server.as(token).get("Patient").status());
      assertEquals(1, issuer.questions());

      issuer.revoke(token);
      clock.forward(Duration.ofSeconds(21));
      assertEquals(401, server.as(token).get("Patient").status());

      String other =
          issuer.opaque(issuer.claims("system/*.s", Map.of("sub", "x", "aud", "https://else")));
      assertEquals(401, server.as(other).get("Patient").status());

      String late = issuer.opaque(issuer.claims("system/*.s", Map.of("sub", "x")));
      issuer.away(true);
      TestServer.Reply reply = server.as(late).get("Patient");
      assertEquals(503, reply.status(), reply.body());
      issuer.away(false);
      assertEquals(200, server.as(late).get("Patient").status());
      assertEquals(200, server.as(issuer.system("system/*.s")).get("Patient").status());
    }
  }

  @Test
  void without_an_issuer_there_is_no_start() {
    WrongSettings none =
        assertThrows(
            WrongSettings.class,
            () -> TestServer.start(Map.of("PARLEY_INSECURE_NO_LOGIN", "false")));
    assertTrue(none.getMessage().contains("PARLEY_ISSUER"), none.getMessage());
    WrongSettings reached =
        assertThrows(WrongSettings.class, () -> TestServer.start(Map.of("PARLEY_HOST", "0.0.0.0")));
    assertTrue(reached.getMessage().contains("PARLEY_INSECURE_NO_LOGIN"), reached.getMessage());
  }

  @Test
  void settings_that_do_not_fit_stop_the_start() {
    assertThrows(
        WrongSettings.class,
        () ->
            TestServer.withLogin(
                Map.of("PARLEY_TOKEN_ALGORITHMS", "RS256,HS256"), Clock.systemUTC()));
    assertThrows(
        WrongSettings.class,
        () -> TestServer.withLogin(Map.of("PARLEY_TOKEN_ALGORITHMS", "none"), Clock.systemUTC()));
    assertThrows(
        WrongSettings.class,
        () ->
            TestServer.withLogin(Map.of("PARLEY_ISSUER_JWKS", "/no/such/file"), Clock.systemUTC()));
  }
}
