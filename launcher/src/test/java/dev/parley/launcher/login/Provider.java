// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.login;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import dev.parley.FhirServer;
import dev.parley.Mount;
import dev.parley.TestDatabase;
import dev.parley.config.Config;
import dev.parley.launcher.client.FhirClient;
import dev.parley.launcher.client.LocalLogin;
import dev.parley.launcher.client.Login;
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
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** The real server with the demo provider beside it, and plain HTTP to both. */
final class Provider implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final FhirServer server;
  private final Path data;

  private Provider(Path data, FhirServer server) {
    this.data = data;
    this.server = server;
  }

  static Provider start(Path data, Mount... beside) {
    return start(data, TestDatabase.fresh(Map.of("PARLEY_INSECURE_NO_LOGIN", "false")), beside);
  }

  static Provider start(Path data, Config config, Mount... beside) {
    List<Mount> mounts = new ArrayList<>(List.of(beside));
    mounts.add(new DemoLogin(data, List::of));
    return new Provider(
        data, FhirServer.start(config, Clock.systemUTC(), mounts.toArray(Mount[]::new)));
  }

  /** A practitioner with a role, a patient, and the patient's mother. */
  Provider withPeople() {
    FhirClient system = new FhirClient(root(), Login.local(root(), "system"));
    system.post(
        "",
        """
        {"resourceType":"Bundle","type":"transaction","entry":[%s,%s,%s,%s,%s]}
        """
            .formatted(
                put("Practitioner/ann", "\"name\":[{\"family\":\"Berg\",\"given\":[\"Ann\"]}]"),
                put(
                    "PractitionerRole/ann",
                    "\"practitioner\":{\"reference\":\"Practitioner/ann\"},\"code\":[{\"coding\":"
                        + "[{\"system\":\"http://snomed.info/sct\",\"code\":\"309343006\"}]}]"),
                put("Patient/tim", "\"name\":[{\"family\":\"Rath\",\"given\":[\"Tim\"]}]"),
                put(
                    "RelatedPerson/eva",
                    "\"patient\":{\"reference\":\"Patient/tim\"},\"name\":[{\"family\":\"Rath\",\"given\":[\"Eva\"]}]"),
                put("Patient/o-1", "\"name\":[{\"text\":\"O <b>One</b>\"}]")));
    return this;
  }

  private static String put(String reference, String content) {
    String[] parts = reference.split("/");
    return "{\"resource\":{\"resourceType\":\"%s\",\"id\":\"%s\",%s},\"request\":{\"method\":\"PUT\",\"url\":\"%s\"}}"
        .formatted(parts[0], parts[1], content, reference);
  }

  String root() {
    return "http://127.0.0.1:" + server.port();
  }

  FhirServer server() {
    return server;
  }

  /** What is registered for a client. */
  JsonNode client(String id) throws IOException {
    for (JsonNode client : JSON.readTree(data.resolve("login/clients.json").toFile())) {
      if (client.path("client_id").asText().equals(id)) {
        return client;
      }
    }
    throw new AssertionError("no client " + id);
  }

  ECKey key(String file) throws IOException, ParseException {
    return ECKey.parse(Files.readString(data.resolve("login").resolve(file)));
  }

  LocalLogin commands() throws IOException {
    return LocalLogin.at(root()).orElseThrow();
  }

  /** A client and its secret, as HTTP Basic has them. */
  String basic(String id, String secret) {
    return "Basic " + java.util.Base64.getEncoder().encodeToString((id + ":" + secret).getBytes());
  }

  HttpResponse<String> get(String path, String... headers) throws Exception {
    return http.send(
        headers(HttpRequest.newBuilder(URI.create(root() + path)), headers).build(),
        HttpResponse.BodyHandlers.ofString());
  }

  HttpResponse<String> post(String path, Map<String, String> form, String... headers)
      throws Exception {
    String body =
        form.entrySet().stream()
            .map(e -> encoded(e.getKey()) + "=" + encoded(e.getValue()))
            .collect(Collectors.joining("&"));
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(root() + path))
            .header("Content-Type", "application/x-www-form-urlencoded")
            .POST(HttpRequest.BodyPublishers.ofString(body));
    return http.send(headers(request, headers).build(), HttpResponse.BodyHandlers.ofString());
  }

  private static HttpRequest.Builder headers(HttpRequest.Builder request, String... headers) {
    for (int i = 0; i < headers.length; i += 2) {
      request.header(headers[i], headers[i + 1]);
    }
    return request;
  }

  /** The status of a read with a token. */
  int fhir(String path, String token) throws Exception {
    return get("/fhir/R4/" + path, "Authorization", "Bearer " + token).statusCode();
  }

  static JsonNode json(HttpResponse<String> response) throws IOException {
    return JSON.readTree(response.body());
  }

  static String error(HttpResponse<String> response) throws IOException {
    return json(response).path("error").asText(response.statusCode() + " " + response.body());
  }

  static JWTClaimsSet claims(String token) throws ParseException {
    return SignedJWT.parse(token).getJWTClaimsSet();
  }

  static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  @Override
  public void close() {
    server.close();
  }
}
