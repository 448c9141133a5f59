// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.config.Setting;
import dev.parley.launcher.client.Login;
import dev.parley.launcher.postgres.LocalPostgres;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * No patient content in any output: a server is flooded with marked content, good and broken,
 * through each door, its database fails under it, and then everything it said is searched.
 */
class LeakTest {
  private static final String MARK = "zqxmark";
  private final HttpClient http = HttpClient.newHttpClient();
  private final List<String> leaks = new ArrayList<>();
  private final List<String> frames = new CopyOnWriteArrayList<>();
  @TempDir Path data;
  private String base;
  private String token;
  private int number;

  /** A mark that says where it was put. */
  private String mark() {
    return MARK + (++number);
  }

  private static String quoted(String text) {
    return '"' + text + '"';
  }

  private void send(String method, String path, String body, String... headers) throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(base + path))
            .header("Authorization", "Bearer " + token)
            .method(
                method,
                body == null
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofString(body));
    boolean typed = false;
    for (int i = 0; i < headers.length; i += 2) {
      request.setHeader(headers[i], headers[i + 1]);
      typed |= headers[i].equals("Content-Type");
    }
    if (body != null && !typed) {
      request.header("Content-Type", "application/fhir+json");
    }
    HttpResponse<String> reply = http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    String headersOf = reply.headers().map().toString();
    if (reply.statusCode() >= 400 && (reply.body() + headersOf).toLowerCase().contains(MARK)) {
      leaks.add(method + " " + path + " " + reply.statusCode() + " " + reply.body() + headersOf);
    }
    if (reply.statusCode() < 400 && headersOf.toLowerCase().contains(MARK)) {
      leaks.add(method + " " + path + " " + headersOf);
    }
  }

  private String patient() {
    return """
        {"resourceType":"Patient","name":[{"family":"%s","given":["%s"]}],"birthDate":"1970-01-01",
         "identifier":[{"system":"urn:mrn","value":"%s"}],"telecom":[{"value":"%s"}]}"""
        .formatted(mark(), mark(), mark(), mark());
  }

  private String message(String text) {
    return """
        {"resourceType":"Communication","status":"completed","topic":{"text":"%s"},
         "sender":{"reference":"Practitioner/writer"},"recipient":[{"reference":"Practitioner/reader"}],
         "payload":[{"contentString":"%s"}],"note":[{"text":"%s"}]}"""
        .formatted(mark(), text, mark());
  }

  private void floodWithGood() throws Exception {
    send("POST", "/Patient", patient());
    send("POST", "/Communication", message(mark()));
    send("PUT", "/Patient/p1", patient().replace("{\"res", "{\"id\":\"p1\",\"res"));
    send("GET", "/Patient?name=" + mark(), null);
    send("GET", "/Patient?identifier=urn:mrn%7C" + mark(), null);
    send(
        "POST",
        "/Patient/_search",
        "name=" + mark(),
        "Content-Type",
        "application/x-www-form-urlencoded");
    String patch = "[{\"op\":\"replace\",\"path\":\"/birthDate\",\"value\":\"1971-01-01\"}]";
    send("PATCH", "/Patient/p1", patch, "Content-Type", "application/json-patch+json");
    send("DELETE", "/Patient?identifier=" + mark(), null);
    send("POST", "/Patient", patient(), "If-None-Exist", "identifier=urn:mrn%7C" + mark());
  }

  /** Each is refused somewhere else on the way. */
  private void floodWithBroken() throws Exception {
    String cut = patient();
    for (String body :
        List.of(
            mark(),
            cut.substring(0, cut.length() - 20),
            patient().replace("\"1970-01-01\"", quoted(mark())),
            patient().replace("[{\"family\"", "{\"family\"").replace("]}],\"birth", "]},\"birth"),
            patient()
                .replace("{\"resourceType\"", "{\"gender\":\"" + mark() + "\",\"resourceType\""),
            patient()
                .replace("{\"resourceType\"", "{\"active\":\"" + mark() + "\",\"resourceType\""),
            patient()
                .replace(
                    "{\"resourceType\"",
                    "{\"active\":true,\"active\":\"" + mark() + "\",\"resourceType\""),
            patient()
                .replace(
                    "{\"resourceType\"",
                    "{\"multipleBirthInteger\":" + mark() + ",\"resourceType\""),
            patient().replace("1970-01-01", "1970-13-01 " + mark()),
            patient().replace("\"urn:mrn\"", "\"has " + mark() + " spaces\""),
            patient()
                .replace(
                    "{\"resourceType\"",
                    "{\"text\":{\"status\":\"generated\",\"div\":\"<script>"
                        + mark()
                        + "</script>\"},\"resourceType\""),
            patient().replace("{\"resourceType\"", "{\"id\":\"" + mark() + " x\",\"resourceType\""),
            patient().replace("urn:mrn", "\\u0000" + mark()))) {
      send("POST", "/Patient", body);
      send("PUT", "/Patient/p2", body);
      send("POST", "/Patient/$validate", body);
      send(
          "POST",
          "",
          "{\"resourceType\":\"Bundle\",\"type\":\"batch\",\"entry\":[{\"resource\":"
              + body
              + ",\"request\":{\"method\":\"POST\",\"url\":\"Patient\"}}]}");
    }
    send(
        "POST",
        "/Communication",
        message(mark()).replace("Practitioner/reader", "Practitioner/nobody"));
    send("POST", "/Communication", message(mark()).replace("completed", mark()));
    send(
        "POST",
        "/Communication",
        message(mark()).replace("\"2026\"", mark()),
        "Content-Type",
        "text/plain");
    send(
        "POST",
        "/Patient",
        "<Patient xmlns=\"http://hl7.org/fhir\"><name><family value=\""
            + mark()
            + "\"/><unknown/></name></Patient>",
        "Content-Type",
        "application/fhir+xml");
    send(
        "PATCH",
        "/Patient/p1",
        "[{\"op\":\"replace\",\"path\":\"/name/0/nothing/7\",\"value\":\"" + mark() + "\"}]",
        "Content-Type",
        "application/json-patch+json");
    send(
        "PATCH",
        "/Patient/p1",
        "[{\"op\":\"replace\",\"path\":\"/birthDate\",\"value\":\"" + mark() + "\"}]",
        "Content-Type",
        "application/json-patch+json");
    send(
        "PATCH",
        "/Patient/p1",
        "[{\"op\":\"test\",\"path\":\"/birthDate\",\"value\":\"" + mark() + "\"}]",
        "Content-Type",
        "application/json-patch+json");
    send(
        "PUT",
        "/Patient/p1",
        patient().replace("{\"res", "{\"id\":\"p1\",\"res"),
        "If-Match",
        "W/\"99\"");
    send("PUT", "/Patient/p1", patient(), "If-Match", mark());
    send("POST", "/Patient", patient(), "If-None-Exist", "nothing=" + mark());
    for (String query :
        List.of(
            "birthdate=" + mark(),
            "_count=" + mark(),
            "_lastUpdated=" + mark(),
            "_cursor=" + mark(),
            "_has:Observation:x:y=" + mark(),
            "general-practitioner:nothing=" + mark(),
            "_include=" + mark(),
            "_since=" + mark())) {
      send(
          "GET",
          "/Patient?"
              + URLEncoder.encode(query, StandardCharsets.UTF_8)
                  .replace("%3D", "=")
                  .replace("%3A", ":"),
          null);
    }
    send("GET", "/Patient/p1/_history?_since=" + mark(), null);
    send(
        "POST",
        "/Subscription",
        """
        {"resourceType":"Subscription","status":"requested","reason":"%s","criteria":"Communication?nothing=%s",
         "channel":{"type":"websocket"}}"""
            .formatted(mark(), mark(), mark()));
    send(
        "POST",
        "/Patient/p1/$break-glass",
        "{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"reason\",\"valueString\":\""
            + mark()
            + " unconscious\"}]}");
    send("GET", "/Patient/p1", null, "X-Purpose-Of-Use", "BTG;reason=" + mark());
    send("GET", "/Patient/p1", null, "X-Purpose-Of-Use", mark() + " " + mark());
    send("GET", "/Patient/p1", null, "Authorization", "Bearer " + mark());
    send("GET", "/Patient/p1", null, "Accept", mark() + "/x");
    send("GET", "/Patient/p1", null, "X-Request-Id", mark() + " not an id");
  }

  private void floodTheSocket() {
    WebSocket.Listener listener =
        new WebSocket.Listener() {
          @Override
          public CompletionStage<?> onText(WebSocket socket, CharSequence text, boolean last) {
            frames.add(text.toString());
            return WebSocket.Listener.super.onText(socket, text, last);
          }

          @Override
          public CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
            frames.add(reason);
            return null;
          }
        };
    String url = base.replaceFirst("^http", "ws").replace("/fhir/R4", "/ws/subscriptions-r4");
    for (String text :
        List.of(
            mark(),
            "bind " + mark(),
            "bind-with-token " + mark(),
            "{\"type\":\"" + mark() + "\"}",
            "{\"type\":\"bind-with-token\",\"payload\":{\"token\":\"" + mark() + "\"}}",
            "{" + mark())) {
      int before = frames.size();
      WebSocket socket = http.newWebSocketBuilder().buildAsync(URI.create(url), listener).join();
      socket.sendText(text, true).join();
      await()
          .atMost(20, TimeUnit.SECONDS)
          .until(() -> frames.size() > before || socket.isInputClosed());
      socket.abort();
    }
  }

  /** Every table in turn refuses its rows: what is then thrown and logged quotes none. */
  private void failUnderneath() throws Exception {
    Map<Setting, String> access = LocalPostgres.running(data).orElseThrow();
    try (Connection connection =
            DriverManager.getConnection(
                access.get(Setting.PARLEY_JDBC_URL),
                access.get(Setting.PARLEY_JDBC_USER),
                access.get(Setting.PARLEY_JDBC_PASSWORD));
        Statement statement = connection.createStatement()) {
      for (String table :
          List.of(
              "resource",
              "version",
              "string_value",
              "date_value",
              "timeline",
              "event",
              "audit_inbox")) {
        statement.execute(
            "alter table " + table + " add constraint broken check (false) not valid");
        floodWithGood();
        send(
            "POST",
            "",
            "{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[{\"resource\":"
                + patient()
                + ",\"request\":{\"method\":\"POST\",\"url\":\"Patient\"}},{\"resource\":"
                + message(mark())
                + ",\"request\":{\"method\":\"POST\",\"url\":\"Communication\"}}]}");
        statement.execute("alter table " + table + " drop constraint broken");
      }
    }
  }

  @Test
  void no_mark_is_in_any_output_metric_or_error() throws Exception {
    try (ParleyProcess parley = ParleyProcess.up(data, "0")) {
      base = parley.base();
      token = Login.local(base, "system").get();
      Writers.prepare(base);
      floodWithGood();
      floodWithBroken();
      floodTheSocket();
      failUnderneath();
      String root = base.replace("/fhir/R4", "");
      for (String page : List.of("/metrics", "/health/ready", "/health/live")) {
        String text =
            http.send(
                    HttpRequest.newBuilder(URI.create(root + page)).build(),
                    HttpResponse.BodyHandlers.ofString())
                .body();
        assertFalse(text.toLowerCase().contains(MARK), page);
      }
      parley.terminate().exit();
      assertTrue(number > 200, "marks: " + number);
      String output = parley.output();
      assertTrue(output.contains("failed"), "the failures were logged: " + output);
      output
          .lines()
          .filter(line -> line.toLowerCase().contains(MARK))
          .forEach(line -> leaks.add("log: " + line));
      frames.stream().filter(f -> f.contains(MARK)).forEach(f -> leaks.add("socket: " + f));
      assertEquals("", String.join("\n", leaks));
    }
  }
}
