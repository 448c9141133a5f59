// SPDX-License-Identifier: Apache-2.0
package dev.parley.http;

import ca.uhn.fhir.rest.api.Constants;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import dev.parley.access.Refusal;
import dev.parley.config.Config;
import dev.parley.config.Setting;
import dev.parley.store.CallerStore;
import dev.parley.store.HistoryPage;
import dev.parley.store.HistoryRequest;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Base64;
import java.util.Map;

/** {@code _history} of an instance, a type, the system. */
final class Histories {
  private static final String CURSOR = "_cursor";

  private final int usual;
  private final int most;

  Histories(Config config) {
    this.usual = config.number(Setting.PARLEY_PAGE_DEFAULT);
    this.most = config.number(Setting.PARLEY_PAGE_LIMIT);
  }

  Answer answer(CallerStore store, String type, String id, RequestDetails request) {
    return Answer.json(
        bundle(store, type, id, request.getParameters(), request.getFhirServerBase()));
  }

  /** The Bundle of one page. */
  String bundle(
      CallerStore store, String type, String id, Map<String, String[]> query, String base) {
    int count = count(parameter(query, Constants.PARAM_COUNT));
    String since = parameter(query, Constants.PARAM_SINCE);
    HistoryPage page =
        store.history(
            new HistoryRequest(
                type,
                id,
                since == null ? null : instant(since),
                Math.max(count, 1),
                place(parameter(query, CURSOR))));
    String parameters =
        "?_count=" + count + (since == null ? "" : "&_since=" + since.replace("+", "%2B"));
    String self =
        base
            + (type == null ? "" : "/" + type)
            + (id == null ? "" : "/" + id)
            + "/_history"
            + parameters;
    String next =
        page.next() == null || count == 0 ? null : self + "&" + CURSOR + "=" + cursor(page.next());
    BundleText bundle =
        new BundleText("history", 2_000 * page.versions().size() + 500)
            .total(page.total())
            .links(self, null, next);
    if (count > 0) {
      page.versions().forEach(version -> bundle.version(base, version));
    }
    return bundle.json();
  }

  private int count(String value) {
    if (value == null) {
      return usual;
    }
    if (!value.matches("\\d{1,9}")) {
      throw Refusal.invalid("wrong-value", "_count has to be a whole number, 0 or more");
    }
    return Math.min(Integer.parseInt(value), most);
  }

  private static Instant instant(String value) {
    try {
      return OffsetDateTime.parse(value.replace(' ', '+')).toInstant();
    } catch (DateTimeException e) {
      throw Refusal.invalid("wrong-value", "_since has to be an instant like 2026-11-22T10:00:00Z");
    }
  }

  private static String cursor(HistoryRequest.Place place) {
    String text = place.updated().toEpochMilli() + " " + place.self() + " " + place.version();
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(text.getBytes(StandardCharsets.US_ASCII));
  }

  private static HistoryRequest.Place place(String cursor) {
    if (cursor == null) {
      return null;
    }
    try {
      String[] parts =
          new String(Base64.getUrlDecoder().decode(cursor), StandardCharsets.US_ASCII).split(" ");
      return new HistoryRequest.Place(
          Instant.ofEpochMilli(Long.parseLong(parts[0])),
          Long.parseLong(parts[1]),
          Integer.parseInt(parts[2]));
    } catch (IllegalArgumentException | ArrayIndexOutOfBoundsException e) {
      throw Refusal.of(
          410, "not-found", "page-expired", "This page link is no longer good; search again");
    }
  }

  private static String parameter(Map<String, String[]> query, String name) {
    String[] values = query.get(name);
    if (values == null || values.length == 0 || values[0].isEmpty()) {
      return null;
    }
    if (values.length > 1) {
      throw Refusal.invalid("repeated-parameter", name + " may appear only once");
    }
    return values[0];
  }
}
