// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.login;

import static dev.parley.launcher.login.Provider.claims;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.nimbusds.jwt.SignedJWT;
import dev.parley.TestDatabase;
import dev.parley.config.Config;
import dev.parley.launcher.client.FhirClient;
import dev.parley.launcher.client.Login;
import dev.parley.launcher.terminal.PlainError;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tokens for the one who started Parley, who proves it by a file. */
class CommandTokenTest {
  @TempDir Path data;

  @Test
  void a_reference_an_id_a_name_or_a_role_is_enough() throws Exception {
    try (Provider provider = Provider.start(data).withPeople()) {
      for (String name :
          List.of("Practitioner/ann", "ann", "Berg", "physician", "clinician", "Ann Berg")) {
        String token = provider.commands().token(name, null).text();
        assertEquals("Practitioner/ann", claims(token).getClaim("fhirUser"), name);
        assertEquals(
            Set.of("clinician", "physician"),
            Set.copyOf(claims(token).getStringListClaim("roles")));
        assertEquals(200, provider.fhir("Practitioner/ann", token));
      }
      String patient = provider.commands().token("Patient/tim", "patient/*.rs").text();
      assertEquals("patient/*.rs", claims(patient).getClaim("scope"));
      String system = provider.commands().token("system", null).text();
      assertEquals("system/*.cruds", claims(system).getClaim("scope"));
      assertEquals(200, provider.fhir("Patient?_count=1", system));
      assertEquals(401, provider.fhir("Patient?_count=1", system + "x"));
    }
  }

  @Test
  void only_who_may_treat_is_a_clinician() throws Exception {
    try (Provider provider = Provider.start(data).withPeople()) {
      FhirClient system = new FhirClient(provider.root(), Login.local(provider.root(), "system"));
      for (String[] each :
          new String[][] {
            {"doctor", "clinician physician"},
            {"analyst", "analyst"},
            {"28229004", "clinician"},
            {null, "clinician"}
          }) {
        String id =
            system.post("Practitioner", "{\"resourceType\":\"Practitioner\"}").path("id").asText();
        if (each[0] != null) {
          system.post(
              "PractitionerRole",
              """
              {"resourceType":"PractitionerRole","practitioner":{"reference":"Practitioner/%s"},
               "code":[{"coding":[{"code":"%s"}]}]}
              """
                  .formatted(id, each[0]));
        }
        String token = provider.commands().token("Practitioner/" + id, null).text();
        assertEquals(
            each[1], String.join(" ", new TreeSet<>(claims(token).getStringListClaim("roles"))));
      }
    }
  }

  @Test
  void whoever_is_not_there_or_not_one_gets_none() throws Exception {
    try (Provider provider = Provider.start(data).withPeople()) {
      for (String name : List.of("Practitioner/none", "Nobody", "nurse", "Device/x", "")) {
        assertThrows(PlainError.class, () -> provider.commands().token(name, null), name);
      }
      PlainError nobody =
          assertThrows(PlainError.class, () -> provider.commands().token("nobody", null));
      assertTrue(
          nobody.getMessage().contains("patient, proxy, nurse, physician"), nobody.getMessage());
      PlainError two =
          assertThrows(PlainError.class, () -> provider.commands().token("Rath", null));
      assertTrue(two.getMessage().contains("Patient/tim or RelatedPerson/eva"), two.getMessage());
      assertThrows(PlainError.class, () -> provider.commands().token("system", "user/*.rs"));
    }
  }

  @Test
  void a_command_whose_login_has_ended_logs_in_again() throws Exception {
    try (Provider provider = Provider.start(data).withPeople()) {
      Login login = Login.local(provider.root(), "ann");
      FhirClient ann = new FhirClient(provider.root(), login);
      String token = login.get();
      ann.post("$log-off", "{\"resourceType\":\"Parameters\"}");
      assertEquals(401, provider.fhir("Practitioner/ann", token));
      // Logins of the very second count as ended, too.
      await()
          .atMost(Duration.ofSeconds(5))
          .until(
              () ->
                  provider.fhir("Practitioner/ann", provider.commands().token("ann", null).text())
                      == 200);
      assertEquals("ann", ann.get("Practitioner/ann").path("id").asText());
    }
  }

  @Test
  void keys_stay_over_a_restart_and_only_their_owner_reads_them() throws Exception {
    Config config = TestDatabase.fresh(Map.of("PARLEY_INSECURE_NO_LOGIN", "false"));
    String kid;
    try (Provider provider = Provider.start(data, config)) {
      kid = kid(provider.commands().token("system", null).text());
    }
    try (Provider provider = Provider.start(data, config);
        Stream<Path> files = Files.list(data.resolve("login"))) {
      assertEquals(kid, kid(provider.commands().token("system", null).text()));
      for (Path file : files.toList()) {
        assertEquals(
            "rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
      }
      assertEquals(
          "rwx------",
          PosixFilePermissions.toString(Files.getPosixFilePermissions(data.resolve("login"))));
    }
  }

  @Test
  void a_new_signing_key_leaves_the_old_one_published() throws Exception {
    LoginFolder folder = LoginFolder.in(data);
    SigningKeys keys = new SigningKeys(folder, java.time.Clock.systemUTC());
    String old = keys.newest().getKeyID();
    keys.rotate();
    assertNotEquals(old, keys.newest().getKeyID());
    assertEquals(2, keys.published().size());
    assertEquals(false, keys.published().getKeyByKeyId(old).isPrivate());
    SigningKeys later =
        new SigningKeys(
            folder, java.time.Clock.offset(java.time.Clock.systemUTC(), Duration.ofDays(40)));
    // A month later another one signs; those before it have ended a day after they signed last.
    assertEquals(2, later.published().size());
    assertEquals(null, later.published().getKeyByKeyId(old));
  }

  private static String kid(String token) throws Exception {
    return SignedJWT.parse(token).getHeader().getKeyID();
  }
}
