// SPDX-License-Identifier: Apache-2.0
package dev.parley.subscription;

import ca.uhn.fhir.rest.annotation.IdParam;
import ca.uhn.fhir.rest.annotation.Operation;
import ca.uhn.fhir.rest.annotation.OperationParam;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import dev.parley.access.Caller;
import dev.parley.access.Refusal;
import dev.parley.db.SqlFailure;
import dev.parley.feed.BackportDialect;
import dev.parley.feed.Feed;
import dev.parley.feed.LiveSubscription;
import dev.parley.feed.Missed;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.List;
import java.util.function.Function;
import org.hl7.fhir.r4.model.CodeType;
import org.hl7.fhir.r4.model.IdType;
import org.hl7.fhir.r4.model.StringType;

/** {@code $events}: events by number (B-43 to B-45), a page of them at a time. */
public final class EventsOperation {
  private static final int PAGE = 200;

  /** From least to most: a caller may ask for less than the subscription gives, not for more. */
  private static final List<String> CONTENTS = List.of("empty", "id-only", "full-resource");

  private final Feed feed;
  private final Requests requests;
  private final BackportDialect backport;

  EventsOperation(Feed feed, Function<RequestDetails, Caller> callers, BackportDialect backport) {
    this.feed = feed;
    this.requests = new Requests(feed, callers);
    this.backport = backport;
  }

  /** Both numbers are included. The text is the stored one, so it is written past HAPI. */
  @Operation(
      name = "$events",
      typeName = "Subscription",
      idempotent = true,
      canonicalUrl = Backport.OPERATION + "backport-subscription-events",
      manualResponse = true)
  public void events(
      @IdParam IdType id,
      @OperationParam(name = "eventsSinceNumber") StringType since,
      @OperationParam(name = "eventsUntilNumber") StringType until,
      @OperationParam(name = "content") CodeType content,
      RequestDetails request,
      HttpServletResponse response)
      throws IOException {
    LiveSubscription subscription = requests.one(request, id.getIdPart());
    long from = Math.max(1, number("eventsSinceNumber", since, 1));
    long to = number("eventsUntilNumber", until, Long.MAX_VALUE);
    String most = subscription.row().content();
    String level = content == null ? most : content.getValue();
    if (!CONTENTS.contains(level)) {
      throw Refusal.invalid("content", "content is one of " + CONTENTS);
    }
    level = CONTENTS.get(Math.min(CONTENTS.indexOf(level), CONTENTS.indexOf(most)));
    byte[] body = read(subscription, from, to, level).getBytes(StandardCharsets.UTF_8);
    response.setContentType("application/fhir+json;charset=UTF-8");
    response.setHeader("Cache-Control", "no-store");
    response.setContentLength(body.length);
    response.getOutputStream().write(body);
  }

  private String read(LiveSubscription subscription, long from, long to, String level) {
    try {
      Missed events = feed.events(subscription, from, to, PAGE, level);
      return backport.queryEvents(subscription, events, from, level);
    } catch (SQLException e) {
      throw new SqlFailure(e);
    }
  }

  private static long number(String name, StringType value, long otherwise) {
    if (value == null || value.isEmpty()) {
      return otherwise;
    }
    if (!value.getValue().matches("\\d{1,18}")) {
      throw Refusal.invalid("event-number", name + " is a number in a string");
    }
    return Long.parseLong(value.getValue());
  }
}
