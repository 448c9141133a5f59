// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.login;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import dev.parley.launcher.client.CommandLineKey;
import dev.parley.launcher.terminal.PlainError;
import java.text.ParseException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Who may ask for tokens: {@code clients.json} of the login folder, made at the first start with
 * two systems and an app in it, to be edited; and the command line of this very Parley.
 */
final class Clients {
  static final String FILE = "clients.json";
  private static final String SYSTEM = "system/*.cruds";
  private static final ObjectMapper JSON =
      new ObjectMapper().setDefaultPropertyInclusion(JsonInclude.Include.NON_EMPTY);
  private final Map<String, Client> byId = new LinkedHashMap<>();
  private final LoginFolder folder;

  Clients(LoginFolder folder) {
    this.folder = folder;
    String text = folder.readOrWrite(FILE, this::initial);
    try {
      for (Client client : JSON.readValue(text, new TypeReference<List<Client>>() {})) {
        byId.put(client.id(), client);
      }
      byId.put(CommandLineKey.CLIENT, signing(CommandLineKey.CLIENT, CommandLineKey.FILE, 3600));
    } catch (JsonProcessingException e) {
      throw new PlainError(
          "%s cannot be read: %s".formatted(folder.file(FILE), e.getOriginalMessage()), e);
    }
  }

  /** The client of this id, or null. */
  Client get(String id) {
    return byId.get(id);
  }

  List<Client> all() {
    return List.copyOf(byId.values());
  }

  /** Where they are told of. */
  String file() {
    return folder.file(FILE).toString();
  }

  private String initial() {
    Client ehr =
        new Client(
            "demo-ehr",
            "Demo EHR",
            null,
            Random.text(),
            null,
            null,
            SYSTEM + " messaging",
            SYSTEM,
            3600);
    List<String> redirects =
        List.of(
            "http://127.0.0.1:3000/callback",
            "http://localhost:3000/callback",
            "http://127.0.0.1:3000/",
            "http://localhost:3000/");
    Client app = new Client("demo-app", "Demo app", redirects, null, null, null, null, null, 3600);
    try {
      return JSON.writerWithDefaultPrettyPrinter()
          .writeValueAsString(List.of(ehr, signing("demo-backend", "demo-backend.jwk", 300), app));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A system that proves itself by a key, whose private part lies in the folder. */
  private Client signing(String id, String file, int seconds) {
    try {
      ECKey key = ECKey.parse(folder.readOrWrite(file, () -> fresh().toJSONString()));
      String jwks = new JWKSet(key.toPublicJWK()).toString();
      String name = id.equals(CommandLineKey.CLIENT) ? "Parley's commands" : "Demo backend";
      String scope = SYSTEM + " messaging";
      return new Client(id, name, null, null, JSON.readTree(jwks), null, scope, SYSTEM, seconds);
    } catch (ParseException | JsonProcessingException e) {
      throw new PlainError("%s holds no key; remove it".formatted(folder.file(file)), e);
    }
  }

  private static ECKey fresh() {
    try {
      return new ECKeyGenerator(Curve.P_384)
          .keyUse(KeyUse.SIGNATURE)
          .algorithm(JWSAlgorithm.ES384)
          .keyIDFromThumbprint(true)
          .generate();
    } catch (JOSEException e) {
      throw new IllegalStateException(e);
    }
  }
}
