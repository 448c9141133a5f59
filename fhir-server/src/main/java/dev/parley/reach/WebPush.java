// SPDX-License-Identifier: Apache-2.0
package dev.parley.reach;

import dev.parley.config.Config;
import dev.parley.config.Setting;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/** One push without a body: RFC 8030, signed by RFC 8292. */
final class WebPush {
  private static final Duration TIMEOUT = Duration.ofSeconds(8);

  /** How long a push service keeps it for a device that is off. */
  private static final Duration LIFE = Duration.ofDays(1);

  private final Outside outside;
  private final Vapid vapid;
  private final Supplier<String> subject;
  private final Clock clock;

  WebPush(Config config, Outside outside, Vapid vapid, Clock clock) {
    this.outside = outside;
    this.vapid = vapid;
    this.clock = clock;
    String named = config.text(Setting.PARLEY_VAPID_SUBJECT);
    this.subject = named.isEmpty() ? outside.page() : () -> named;
  }

  /**
   * What became of it.
   *
   * @param after what the push service asks for; null if it asks for nothing
   */
  record Result(Kind kind, int status, Duration after) {}

  enum Kind {
    SENT,
    GONE,
    LATER,
    REFUSED
  }

  /** Never fails: what cannot be reached is for later. */
  CompletableFuture<Result> send(Push push, boolean urgent) {
    URI endpoint = URI.create(push.endpoint());
    HttpRequest request =
        HttpRequest.newBuilder(endpoint)
            .timeout(TIMEOUT)
            .header("Authorization", vapid.authorization(endpoint, subject.get(), clock.instant()))
            .header("TTL", String.valueOf(LIFE.toSeconds()))
            .header("Urgency", urgent ? "high" : "normal")
            // One of each is kept for a device that is off: the last.
            .header("Topic", urgent ? "urgent" : "messages")
            .POST(HttpRequest.BodyPublishers.noBody())
            .build();
    return outside
        .send()
        .apply(request)
        .thenApply(WebPush::result)
        .exceptionally(failure -> new Result(Kind.LATER, 0, null));
  }

  private static Result result(HttpResponse<Void> answer) {
    int status = answer.statusCode();
    Kind kind =
        status / 100 == 2
            ? Kind.SENT
            : status == 404 || status == 410
                ? Kind.GONE
                : status == 429 || status >= 500 ? Kind.LATER : Kind.REFUSED;
    Duration after =
        answer
            .headers()
            .firstValue("Retry-After")
            .filter(value -> value.matches("\\d{1,5}"))
            .map(value -> Duration.ofSeconds(Long.parseLong(value)))
            .orElse(null);
    return new Result(kind, status, after);
  }
}
