// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.login;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URLDecoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A real Keycloak as a process of its own, with the realm that docker/compose.yaml uses. */
final class Keycloak implements AutoCloseable {
  static final String SECRET = "of-the-ehr";
  private static final String ADMIN = "admin";
  private static final ObjectMapper JSON = new ObjectMapper();
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final Process process;
  private final String url;

  private Keycloak(Process process, String url) {
    this.process = process;
    this.url = url;
  }

  static Keycloak start() throws IOException {
    Path home = home();
    Path imported = Files.createDirectories(home.resolve("data/import"));
    Files.copy(
        Path.of("../docker/keycloak/parley-realm.json"),
        imported.resolve("parley-realm.json"),
        StandardCopyOption.REPLACE_EXISTING);
    int port = freePort();
    ProcessBuilder command =
        new ProcessBuilder(
                "bash",
                home.resolve("bin/kc.sh").toString(),
                "start-dev",
                "--import-realm",
                "--db=dev-mem",
                "--http-host=127.0.0.1",
                "--http-port=" + port)
            .redirectErrorStream(true)
            .redirectOutput(home.resolve("log").toFile());
    command.environment().put("JAVA_HOME", System.getProperty("java.home"));
    command.environment().put("JAVA_OPTS_KC_HEAP", "-Xms64m -Xmx512m");
    command.environment().put("DEMO_EHR_SECRET", SECRET);
    command.environment().put("KC_BOOTSTRAP_ADMIN_USERNAME", ADMIN);
    command.environment().put("KC_BOOTSTRAP_ADMIN_PASSWORD", ADMIN);
    Keycloak keycloak = new Keycloak(command.start(), "http://127.0.0.1:" + port);
    await()
        .atMost(Duration.ofMinutes(3))
        .failFast("Keycloak has ended", () -> !keycloak.process.isAlive())
        .until(keycloak::answers);
    return keycloak;
  }

  private static Path home() throws IOException {
    Path unpacked = Path.of("target/keycloak");
    if (!Files.isDirectory(unpacked)) {
      throw new AssertionError("Keycloak is not there; ./parley test --long fetches it");
    }
    try (Stream<Path> inside = Files.list(unpacked)) {
      return inside
          .filter(p -> p.getFileName().toString().startsWith("keycloak-"))
          .findFirst()
          .orElseThrow()
          .toAbsolutePath();
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private boolean answers() {
    try {
      return send(HttpRequest.newBuilder(
                  URI.create(issuer() + "/.well-known/openid-configuration")))
              .statusCode()
          == 200;
    } catch (UncheckedIOException e) {
      return false;
    }
  }

  String issuer() {
    return url + "/realms/parley";
  }

  /** By name and password, as the demo terminal. */
  String person(String name, String scope) throws IOException {
    return token(
        "parley",
        Map.of(
            "grant_type",
            "password",
            "client_id",
            "demo-terminal",
            "username",
            name,
            "password",
            "demo",
            "scope",
            scope));
  }

  /** By client id and secret. */
  String system(String scope) throws IOException {
    return token(
        "parley",
        Map.of(
            "grant_type",
            "client_credentials",
            "client_id",
            "demo-ehr",
            "client_secret",
            SECRET,
            "scope",
            scope));
  }

  /** Keycloak's own administrator, whose token is for nothing but Keycloak. */
  String admin() throws IOException {
    return token(
        "master",
        Map.of(
            "grant_type",
            "password",
            "client_id",
            "admin-cli",
            "username",
            ADMIN,
            "password",
            ADMIN));
  }

  /** By its log-in page, code and PKCE, as an app in a browser. */
  String byCode(String name, String scope, String challenge, String verifier) throws IOException {
    String redirect = "http://127.0.0.1:3000/callback";
    Map<String, String> request = new HashMap<>();
    request.put("response_type", "code");
    request.put("client_id", "demo-app");
    request.put("redirect_uri", redirect);
    request.put("scope", scope);
    request.put("state", "s");
    request.put("code_challenge", challenge);
    request.put("code_challenge_method", "S256");
    HttpResponse<String> page =
        send(
            HttpRequest.newBuilder(
                URI.create(issuer() + "/protocol/openid-connect/auth?" + form(request))));
    Matcher action = Pattern.compile("action=\"([^\"]+)\"").matcher(page.body());
    if (!action.find()) {
      throw new AssertionError(page.body());
    }
    // They are for TLS or, as in browsers, for this machine; Java's own jar knows only TLS.
    String cookies =
        page.headers().allValues("Set-Cookie").stream()
            .map(cookie -> cookie.split(";")[0])
            .collect(Collectors.joining("; "));
    HttpResponse<String> back =
        post(
            action.group(1).replace("&amp;", "&"),
            Map.of("username", name, "password", "demo"),
            "Cookie",
            cookies);
    String location = back.headers().firstValue("Location").orElseThrow();
    Matcher code = Pattern.compile("[?&]code=([^&]+)").matcher(location);
    if (!code.find()) {
      throw new AssertionError(location);
    }
    return token(
        "parley",
        Map.of(
            "grant_type",
            "authorization_code",
            "client_id",
            "demo-app",
            "redirect_uri",
            redirect,
            "code_verifier",
            verifier,
            "code",
            URLDecoder.decode(code.group(1), StandardCharsets.UTF_8)));
  }

  /** Signs with a new key from now on. */
  void rotateKeys() throws IOException {
    String body =
        """
        {"name":"newer","providerId":"rsa-generated","providerType":"org.keycloak.keys.KeyProvider",
         "config":{"priority":["200"],"active":["true"],"enabled":["true"]}}
        """;
    HttpResponse<String> answer =
        send(
            HttpRequest.newBuilder(URI.create(url + "/admin/realms/parley/components"))
                .header("Authorization", "Bearer " + admin())
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body)));
    if (answer.statusCode() != 201) {
      throw new AssertionError(answer.statusCode() + " " + answer.body());
    }
  }

  private String token(String realm, Map<String, String> form) throws IOException {
    JsonNode answer =
        JSON.readTree(
            post(url + "/realms/" + realm + "/protocol/openid-connect/token", form).body());
    if (!answer.hasNonNull("access_token")) {
      throw new AssertionError(answer.toString());
    }
    return answer.path("access_token").asText();
  }

  private HttpResponse<String> post(String address, Map<String, String> form, String... headers) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(address))
            .header("Content-Type", "application/x-www-form-urlencoded")
            .POST(HttpRequest.BodyPublishers.ofString(form(form)));
    return send(headers.length == 0 ? request : request.headers(headers));
  }

  private static String form(Map<String, String> parameters) {
    return parameters.entrySet().stream()
        .map(e -> e.getKey() + "=" + Provider.encoded(e.getValue()))
        .collect(Collectors.joining("&"));
  }

  private HttpResponse<String> send(HttpRequest.Builder request) {
    try {
      return http.send(
          request.timeout(Duration.ofSeconds(30)).build(), HttpResponse.BodyHandlers.ofString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Ends it, and the Java that its script has started. */
  @Override
  public void close() {
    List<ProcessHandle> all = process.descendants().collect(Collectors.toList());
    all.add(process.toHandle());
    all.forEach(ProcessHandle::destroy);
    for (ProcessHandle each : all) {
      try {
        each.onExit().get(30, TimeUnit.SECONDS);
      } catch (java.util.concurrent.ExecutionException | java.util.concurrent.TimeoutException e) {
        each.destroyForcibly();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
