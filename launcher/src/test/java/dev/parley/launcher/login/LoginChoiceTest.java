// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.login;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.config.Config;
import dev.parley.launcher.terminal.PlainError;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LoginChoiceTest {
  private static final Config PLAIN = Config.from(Map.of());
  private static final Config ISSUER =
      Config.from(Map.of("PARLEY_ISSUER", "https://login.example.org", "PARLEY_HOST", "0.0.0.0"));
  private static final Config YOURS =
      Config.from(Map.of("PARLEY_JDBC_URL", "jdbc:postgresql://127.0.0.1/parley"));
  private static final Config NOBODY = Config.from(Map.of("PARLEY_INSECURE_NO_LOGIN", "true"));

  @Test
  void the_demo_login_is_for_the_demo_hospital_or_for_who_insists() {
    assertEquals(LoginChoice.DEMO, LoginChoice.of(PLAIN, false, false));
    assertEquals(LoginChoice.DEMO, LoginChoice.of(PLAIN, true, true));
    assertEquals(LoginChoice.DEMO, LoginChoice.of(YOURS, false, true));
    refused(PLAIN, true, false);
    refused(YOURS, false, false);
  }

  @Test
  void it_is_never_reached_from_another_machine_nor_by_tls() {
    for (Map<String, String> reached :
        java.util.List.of(
            Map.of("PARLEY_HOST", "0.0.0.0"),
            Map.of("PARLEY_HOST", "::"),
            Map.of("PARLEY_HOST", "192.0.2.1"),
            Map.of("PARLEY_TLS_CERTIFICATE", "cert.pem", "PARLEY_TLS_KEY", "key.pem"),
            Map.of("PARLEY_PUBLIC_URL", "https://192.0.2.1"))) {
      refused(Config.from(reached), false, false);
      refused(Config.from(reached), false, true);
    }
    assertEquals(
        LoginChoice.DEMO,
        LoginChoice.of(
            Config.from(Map.of("PARLEY_HOST", "::1", "PARLEY_PUBLIC_URL", "http://localhost:9000")),
            false,
            false));
  }

  @Test
  void an_issuer_is_enough_and_has_no_demo_login_beside_it() {
    assertEquals(LoginChoice.ISSUER, LoginChoice.of(ISSUER, true, false));
    assertThrows(PlainError.class, () -> LoginChoice.of(ISSUER, false, true));
    assertDoesNotThrow(() -> LoginChoice.require(ISSUER));
    assertThrows(PlainError.class, () -> LoginChoice.require(PLAIN));
  }

  @Test
  void no_login_at_all_is_for_this_machine_only() {
    assertEquals(LoginChoice.NONE, LoginChoice.of(NOBODY, true, false));
    assertDoesNotThrow(() -> LoginChoice.require(NOBODY));
    Config reached =
        Config.from(Map.of("PARLEY_INSECURE_NO_LOGIN", "true", "PARLEY_HOST", "0.0.0.0"));
    refused(reached, false, false);
    assertThrows(PlainError.class, () -> LoginChoice.require(reached));
  }

  private static void refused(Config config, boolean noDemo, boolean insecure) {
    PlainError error =
        assertThrows(PlainError.class, () -> LoginChoice.of(config, noDemo, insecure));
    assertTrue(error.getMessage().contains("PARLEY_ISSUER"), error.getMessage());
  }
}
