// SPDX-License-Identifier: Apache-2.0
package dev.parley.reach;

import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.util.Base64URL;
import com.nimbusds.jwt.SignedJWT;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a browser's push service does with a push: asks who signed it, and keeps it. */
final class PushService implements AutoCloseable {
  private static final Pattern VAPID = Pattern.compile("vapid t=([^,]+), k=([A-Za-z0-9_-]+)");

  final List<Received> received = new ArrayList<>();
  private final Map<String, Integer> answers = new ConcurrentHashMap<>();
  private final HttpServer server;

  /** One push. */
  record Received(String path, String urgency, String topic, String ttl, int bytes, String key) {}

  PushService() {
    try {
      server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    server.createContext("/", this::push);
    server.start();
  }

  /** The address of a browser. */
  String endpoint(String browser) {
    return "http://127.0.0.1:" + server.getAddress().getPort() + "/" + browser;
  }

  /** What it answers for a browser from now on. */
  void answers(String browser, int status) {
    answers.put("/" + browser, status);
  }

  synchronized List<Received> of(String browser) {
    return received.stream().filter(r -> r.path().equals("/" + browser)).toList();
  }

  private void push(HttpExchange exchange) throws IOException {
    int status = 400;
    try (exchange) {
      byte[] body = exchange.getRequestBody().readAllBytes();
      String path = exchange.getRequestURI().getPath();
      String key = signer(exchange.getRequestHeaders().getFirst("Authorization"));
      synchronized (this) {
        received.add(
            new Received(
                path,
                exchange.getRequestHeaders().getFirst("Urgency"),
                exchange.getRequestHeaders().getFirst("Topic"),
                exchange.getRequestHeaders().getFirst("TTL"),
                body.length,
                key));
      }
      status = key == null ? 403 : answers.getOrDefault(path, 201);
      if (status == 429) {
        exchange.getResponseHeaders().set("Retry-After", "120");
      }
      exchange.sendResponseHeaders(status, -1);
    }
  }

  /** The public key, if it has signed for this service a token that ends within a day. */
  private String signer(String authorization) {
    try {
      Matcher vapid = VAPID.matcher(authorization);
      if (!vapid.matches()) {
        return null;
      }
      byte[] point = new Base64URL(vapid.group(2)).decode();
      ECKey key =
          new ECKey.Builder(
                  Curve.P_256,
                  Base64URL.encode(Arrays.copyOfRange(point, 1, 33)),
                  Base64URL.encode(Arrays.copyOfRange(point, 33, 65)))
              .build();
      SignedJWT token = SignedJWT.parse(vapid.group(1));
      String origin = "http://127.0.0.1:" + server.getAddress().getPort();
      boolean good =
          token.verify(new ECDSAVerifier(key))
              && token.getHeader().getAlgorithm().getName().equals("ES256")
              && token.getJWTClaimsSet().getAudience().equals(List.of(origin))
              && token.getJWTClaimsSet().getSubject().equals("mailto:it@hospital.example");
      return good && token.getJWTClaimsSet().getExpirationTime().toInstant().isAfter(Instant.now())
          ? vapid.group(2)
          : null;
    } catch (Exception e) {
      return null;
    }
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
