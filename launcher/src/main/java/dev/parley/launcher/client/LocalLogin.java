// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.client;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import dev.parley.launcher.terminal.PlainError;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.Optional;
import java.util.UUID;

/** Tokens of a demo provider that runs on this machine, for the one who started it. */
public final class LocalLogin {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private final HttpClient http;
  private final String root;
  private final ECKey key;

  private LocalLogin(HttpClient http, String root, Path file) {
    this.http = http;
    this.root = root;
    try {
      // Another program on that port could name any file: only our kind of key is ever used.
      ECKey read = file.endsWith(CommandLineKey.FILE) ? ECKey.parse(Files.readString(file)) : null;
      if (read == null || !read.isPrivate()) {
        throw new PlainError("what listens at %s is not Parley's demo log-in".formatted(root));
      }
      this.key = read;
    } catch (IOException e) {
      throw new PlainError(
          "%s cannot be read; only the one who started Parley gets tokens".formatted(file), e);
    } catch (ParseException e) {
      throw new PlainError(file + " holds no key", e);
    }
  }

  /**
   * The demo provider at an address; empty if something else answers there.
   *
   * @param root "http://127.0.0.1:8080"
   * @throws IOException if nothing answers
   * @throws PlainError if its key is not for us
   */
  public static Optional<LocalLogin> at(String root) throws IOException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(root + CommandLineKey.PATH)).timeout(PATIENCE).build();
    HttpClient http = Requests.client();
    HttpResponse<String> answer = Requests.send(http, request);
    String file = answer.statusCode() == 200 ? json(answer.body()).path("key").asText() : "";
    return file.isEmpty()
        ? Optional.empty()
        : Optional.of(new LocalLogin(http, root, Path.of(file)));
  }

  /**
   * A token.
   *
   * @param subject a reference, name or role, or {@link CommandLineKey#SYSTEM}
   * @param scope null for the usual
   * @throws PlainError saying why there is none
   */
  public Token token(String subject, String scope) {
    String form =
        "grant_type=%s&assertion=%s"
            .formatted(encoded(CommandLineKey.GRANT_TYPE), encoded(assertion(subject)));
    if (scope != null) {
      form += "&scope=" + encoded(scope);
    }
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(root + "/oauth2/token"))
            .timeout(PATIENCE)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .POST(HttpRequest.BodyPublishers.ofString(form))
            .build();
    JsonNode answer;
    try {
      answer = json(Requests.send(http, request).body());
    } catch (IOException e) {
      throw new PlainError("no answer from %s; is ./parley up running there?".formatted(root), e);
    }
    return Token.of(answer, Instant.now());
  }

  private String assertion(String subject) {
    Instant now = Instant.now();
    JWTClaimsSet claims =
        new JWTClaimsSet.Builder()
            .issuer(CommandLineKey.CLIENT)
            .subject(subject)
            .audience(root + "/oauth2/token")
            .jwtID(UUID.randomUUID().toString())
            .expirationTime(Date.from(now.plusSeconds(60)))
            .build();
    JWSHeader header =
        new JWSHeader.Builder(JWSAlgorithm.ES384)
            .keyID(key.getKeyID())
            .type(JOSEObjectType.JWT)
            .build();
    SignedJWT jwt = new SignedJWT(header, claims);
    try {
      jwt.sign(new ECDSASigner(key));
      return jwt.serialize();
    } catch (JOSEException e) {
      throw new PlainError("the key of the commands cannot sign: " + e.getMessage(), e);
    }
  }

  /** Something else may listen there, whose answer is none of ours. */
  private static JsonNode json(String body) {
    try {
      return JSON.readTree(body);
    } catch (JsonProcessingException e) {
      return MissingNode.getInstance();
    }
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }
}
