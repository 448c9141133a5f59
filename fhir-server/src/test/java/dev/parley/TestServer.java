// SPDX-License-Identifier: Apache-2.0
package dev.parley;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.parley.config.Config;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.sql.PreparedStatement;
import java.sql.Timestamp;
import java.time.Clock;
import java.util.HashMap;
import java.util.Map;

/** The real server on a free port over a database of its own, and a plain HTTP client for it. */
public final class TestServer implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final FhirServer server;
  private final Config config;
  private final TestIssuer issuer;
  private final String token;

  private TestServer(Config config, Clock clock, TestIssuer issuer, Mount... mounts) {
    this(config, FhirServer.start(config, clock, mounts), issuer, null);
  }

  private TestServer(Config config, FhirServer server, TestIssuer issuer, String token) {
    this.config = config;
    this.server = server;
    this.issuer = issuer;
    this.token = token;
  }

  public static TestServer start(Mount... mounts) {
    return start(Map.of(), mounts);
  }

  public static TestServer start(Map<String, String> settings, Mount... mounts) {
    return new TestServer(TestDatabase.fresh(settings), Clock.systemUTC(), null, mounts);
  }

  public static TestServer start(Config config, Clock clock, Mount... mounts) {
    return new TestServer(config, clock, null, mounts);
  }

  /**
   * With an issuer of tokens: a request without one is refused. Whom a token names has to be there:
   *
   * <pre>
   * server.as(server.issuer().system("system/*.cruds")).put("Practitioner/dr-1", ...);
   * server.as(server.issuer().token("Practitioner/dr-1", "user/*.cruds")).get("Patient/p1");
   * </pre>
   */
  public static TestServer withLogin(Mount... mounts) {
    return withLogin(Map.of(), Clock.systemUTC(), mounts);
  }

  /** The same with more settings and a clock that the test turns: tokens are good by it. */
  public static TestServer withLogin(Map<String, String> settings, Clock clock, Mount... mounts) {
    TestIssuer issuer = TestIssuer.start();
    Map<String, String> all = new HashMap<>(settings);
    all.putIfAbsent("PARLEY_ISSUER", issuer.url());
    // Only tests of identity ask for it: everybody is verified to the others.
    all.putIfAbsent("PARLEY_IDENTITY_LEVELS", "greeting=0,scheduling=0,clinical=0,sensitive=0");
    all.put("PARLEY_INSECURE_NO_LOGIN", "false");
    TestServer server = new TestServer(TestDatabase.fresh(all), clock, issuer, mounts);
    issuer.audience(server.base()).by(clock);
    return server;
  }

  /** Who gives the tokens; null without login. */
  public TestIssuer issuer() {
    return issuer;
  }

  /** The same server, asked with this token. */
  public TestServer as(String bearerToken) {
    return new TestServer(config, server, issuer, bearerToken);
  }

  /** The same server, asked by a client that may do everything. */
  public TestServer asSystem() {
    return as(issuer.system("system/*.cruds"));
  }

  /** The same server, asked by a person who delegates everything they may do. */
  public TestServer asUser(String fhirUser) {
    return as(issuer.token(fhirUser, "user/*.cruds"));
  }

  /** The settings it was started with: another server can be started over the same database. */
  public Config config() {
    return config;
  }

  public FhirServer server() {
    return server;
  }

  /** As if nobody had written anything: between tests that share a server, and use the same ids. */
  public void empty() {
    TestDatabase.empty(config, server.wiring().clock().instant());
  }

  /** Has everything done that is due by the clock. */
  public void runDue() {
    server.wiring().agenda().runDue();
  }

  /** Has work that is always done again, as "retention", done now. */
  public void doNow(String kind) {
    String sql = "update scheduled_tasks set execution_time = ? where task_name = ? and not picked";
    await()
        .until(
            () ->
                server
                    .wiring()
                    .database()
                    .with(
                        connection -> {
                          try (PreparedStatement due = connection.prepareStatement(sql)) {
                            due.setTimestamp(1, Timestamp.from(server.wiring().clock().instant()));
                            due.setString(2, kind);
                            return due.executeUpdate() == 1;
                          }
                        }));
    runDue();
  }

  public String base() {
    return server.base();
  }

  public Reply get(String path, String... headers) {
    return send("GET", path, null, headers);
  }

  public Reply post(String path, String body, String... headers) {
    return send("POST", path, body, headers);
  }

  public Reply put(String path, String body, String... headers) {
    return send("PUT", path, body, headers);
  }

  public Reply delete(String path, String... headers) {
    return send("DELETE", path, null, headers);
  }

  /**
   * One exchange.
   *
   * @param path below the FHIR base, or absolute
   * @param headers name, value, name, value; a body is FHIR JSON unless Content-Type is among them
   */
  public Reply send(String method, String path, String body, String... headers) {
    String url =
        path.startsWith("http")
            ? path
            : base() + (path.isEmpty() || path.startsWith("?") ? "" : "/") + path;
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(url.replace("|", "%7C").replace(" ", "%20")))
            .method(
                method,
                body == null
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofString(body));
    boolean typed = false;
    if (token != null) {
      request.header("Authorization", "Bearer " + token);
    }
    for (int i = 0; i < headers.length; i += 2) {
      request.header(headers[i], headers[i + 1]);
      typed |= headers[i].equalsIgnoreCase("Content-Type");
    }
    if (body != null && !typed) {
      request.header("Content-Type", "application/fhir+json");
    }
    try {
      return new Reply(client.send(request.build(), HttpResponse.BodyHandlers.ofString()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The same for bytes, which are sent as Content-Type says, or not at all. */
  public HttpResponse<byte[]> bytes(String method, String path, byte[] body, String... headers) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(path.startsWith("http") ? path : base() + "/" + path))
            .method(
                method,
                body == null
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofByteArray(body));
    if (token != null) {
      request.header("Authorization", "Bearer " + token);
    }
    for (int i = 0; i < headers.length; i += 2) {
      request.header(headers[i], headers[i + 1]);
    }
    try {
      return client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    server.close();
    if (issuer != null) {
      issuer.close();
    }
  }

  /** What came back. */
  public record Reply(HttpResponse<String> response) {
    public int status() {
      return response.statusCode();
    }

    public String body() {
      return response.body();
    }

    public JsonNode json() {
      try {
        return JSON.readTree(body());
      } catch (IOException e) {
        throw new UncheckedIOException(body(), e);
      }
    }

    public String header(String name) {
      return response.headers().firstValue(name).orElse(null);
    }

    /** The id in the Location header. */
    public String id() {
      return header("Location").replaceAll(".*/([^/]+)/_history/.*", "$1");
    }

    /** The stable reason of the first issue of an OperationOutcome. */
    public String reason() {
      return json().at("/issue/0/details/coding/0/code").asText();
    }
  }
}
