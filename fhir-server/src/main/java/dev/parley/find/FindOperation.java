// SPDX-License-Identifier: Apache-2.0
package dev.parley.find;

import ca.uhn.fhir.rest.annotation.Operation;
import ca.uhn.fhir.rest.annotation.OperationParam;
import ca.uhn.fhir.rest.api.RequestTypeEnum;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import dev.parley.access.Refusal;
import dev.parley.feature.Tools;
import dev.parley.find.Hits.Hit;
import dev.parley.store.CallerStore;
import dev.parley.store.Codes;
import dev.parley.store.StoredResource;
import dev.parley.store.TimeRange;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.hl7.fhir.r4.model.BooleanType;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.DecimalType;
import org.hl7.fhir.r4.model.IntegerType;
import org.hl7.fhir.r4.model.OperationOutcome;
import org.hl7.fhir.r4.model.StringType;

/** {@code Communication/$find}: messages by their words, best first, with what was found marked. */
public final class FindOperation {
  private static final int USUAL = 20;
  private static final int MOST = 100;

  /** Of a rare phrase of common words a page may be short, and say where to go on. */
  private static final int WINDOWS = 10;

  private final Tools tools;
  private final Hits hits;
  private final Snippets snippets;
  private final Languages languages;

  FindOperation(Tools tools, Hits hits, Snippets snippets, Languages languages) {
    this.tools = tools;
    this.hits = hits;
    this.snippets = snippets;
    this.languages = languages;
  }

  /** A hit as the caller may read it. */
  private record Found(Hit hit, Question.Window window, Communication message) {}

  /**
   * A page.
   *
   * @param text words; "a phrase"; a or b; -without, as on search pages
   */
  @Operation(
      name = "$find",
      typeName = "Communication",
      idempotent = true,
      canonicalUrl = Codes.OPERATIONS + "find")
  public Bundle find(
      @OperationParam(name = "text") StringType text,
      @OperationParam(name = "thread") StringType thread,
      @OperationParam(name = "person") StringType person,
      @OperationParam(name = "from") StringType from,
      @OperationParam(name = "to") StringType to,
      @OperationParam(name = "has-attachment") BooleanType file,
      @OperationParam(name = "_count") IntegerType count,
      @OperationParam(name = "_cursor") StringType cursor,
      RequestDetails request) {
    tools.caller().apply(request).require("Communication", "s");
    Languages.Asked words = value(text) == null ? null : languages.query(value(text));
    if (words == null) {
      throw Refusal.invalid(
          "find-text", "Say in \"text\" which words to look for; -without is not enough");
    }
    Question.Cursor place = value(cursor) == null ? null : Question.Cursor.of(value(cursor));
    Question question =
        new Question(
            value(text),
            words,
            local("thread", thread),
            local("person", person),
            time("from", from, false),
            time("to", to, true),
            file == null ? null : file.getValue(),
            place == null ? null : place.window(),
            place == null ? null : place.after());
    int page = count == null ? USUAL : Math.max(1, Math.min(MOST, count.getValue()));
    return answer(question, page, request);
  }

  private Bundle answer(Question question, int count, RequestDetails request) {
    CallerStore mine = tools.as(request);
    List<Found> found = new ArrayList<>();
    Question next = question;
    int windows = 0;
    // What waits for its reader's identity matches and is left out; others take its place.
    while (next != null && found.size() <= count && windows++ < WINDOWS) {
      Hits.Some some = hits.of(mine.caller(), next);
      for (int i = 0; i < some.hits().size() && found.size() <= count; i += count + 1) {
        List<Hit> part = some.hits().subList(i, Math.min(i + count + 1, some.hits().size()));
        found.addAll(readable(mine, part, next.window()));
      }
      next = some.next() == null ? null : next.before(some.next());
    }
    List<Found> shown = found.size() > count ? found.subList(0, count) : found;
    Bundle bundle = bundle(shown, question.text(), request.getFhirServerBase());
    if (shown.isEmpty() && next == null) {
      tellUnknown(bundle, mine, question);
    }
    if (found.size() > count) {
      Found last = shown.get(count - 1);
      String place = new Question.Cursor(last.window(), last.hit().place()).text();
      bundle.addLink().setRelation("next").setUrl(link(request, place));
    } else if (next != null) {
      String place = new Question.Cursor(next.window(), Question.FIRST).text();
      bundle.addLink().setRelation("next").setUrl(link(request, place));
    }
    return bundle;
  }

  /** A slip in a filter looks like nothing found: it is told from that. */
  private static void tellUnknown(Bundle bundle, CallerStore mine, Question question) {
    for (String named : new String[] {question.thread(), question.person()}) {
      int slash = named == null ? -1 : named.indexOf('/');
      if (slash < 0
          || mine.find(named.substring(0, slash), named.substring(slash + 1))
              .filter(stored -> !stored.deleted())
              .isPresent()) {
        continue;
      }
      OperationOutcome outcome = new OperationOutcome();
      outcome
          .addIssue()
          .setSeverity(OperationOutcome.IssueSeverity.WARNING)
          .setCode(OperationOutcome.IssueType.NOTFOUND)
          .setDiagnostics(named + " is not known here, or not yours to see")
          .getDetails()
          .setText(named + " is not known here, or not yours to see")
          .addCoding()
          .setSystem(Codes.NOTICES)
          .setCode("filter-unknown");
      bundle.addEntry().setResource(outcome).getSearch().setMode(Bundle.SearchEntryMode.OUTCOME);
    }
  }

  /** Through the store: the trail has what is shown, and nothing of what is withheld. */
  private List<Found> readable(CallerStore mine, List<Hit> some, Question.Window window) {
    if (some.isEmpty()) {
      return List.of();
    }
    String ids = some.stream().map(Hit::id).collect(Collectors.joining(","));
    Map<String, String[]> query =
        Map.of("_id", new String[] {ids}, "_count", new String[] {String.valueOf(some.size())});
    Map<String, StoredResource> stored = new HashMap<>();
    mine.search("Communication", null, query, true)
        .matches()
        .forEach(resource -> stored.put(resource.id(), resource));
    List<Found> found = new ArrayList<>();
    for (Hit hit : some) {
      StoredResource resource = stored.get(hit.id());
      if (resource != null && !resource.withheld()) {
        found.add(new Found(hit, window, tools.chart().parse(resource, Communication.class)));
      }
    }
    return found;
  }

  private Bundle bundle(List<Found> found, String text, String base) {
    Bundle bundle = new Bundle();
    bundle.setType(Bundle.BundleType.SEARCHSET);
    List<String> marked =
        found.isEmpty()
            ? List.of()
            : snippets.of(found.stream().map(Found::message).toList(), text);
    for (int i = 0; i < found.size(); i++) {
      Found each = found.get(i);
      Bundle.BundleEntryComponent entry = bundle.addEntry();
      entry.setFullUrl(base + "/Communication/" + each.hit().id());
      entry.setResource(each.message());
      entry.getSearch().setMode(Bundle.SearchEntryMode.MATCH);
      entry
          .getSearch()
          .setScoreElement(
              new DecimalType(
                  BigDecimal.valueOf(each.hit().place().score())
                      .setScale(6, RoundingMode.HALF_UP)));
      entry.getSearch().addExtension(Codes.SNIPPET, new StringType(marked.get(i)));
    }
    return bundle;
  }

  /** The words of a question that came by POST are not put into a URL: it is posted again. */
  private static String link(RequestDetails request, String place) {
    StringBuilder url =
        new StringBuilder(request.getFhirServerBase())
            .append("/Communication/$find?_cursor=")
            .append(place);
    if (request.getRequestType() == RequestTypeEnum.GET) {
      request
          .getParameters()
          .forEach(
              (name, values) -> {
                if (!name.equals("_cursor")) {
                  url.append('&').append(encoded(name)).append('=').append(encoded(values[0]));
                }
              });
    }
    return url.toString();
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  private static String value(StringType string) {
    return string == null || string.isEmpty() ? null : string.getValue();
  }

  private String local(String name, StringType reference) {
    if (value(reference) == null) {
      return null;
    }
    String text = value(reference);
    return tools
        .references()
        .local(name.equals("thread") && !text.contains("/") ? "Communication/" + text : text)
        .map(Object::toString)
        .orElseThrow(
            () -> Refusal.invalid("find-reference", name + " is a reference like Practitioner/1"));
  }

  /** A day, month or year lasts until its end; without a zone it is UTC, as in searches. */
  private static Instant time(String name, StringType text, boolean end) {
    if (value(text) == null) {
      return null;
    }
    try {
      TimeRange range = TimeRange.parse(value(text));
      return end ? range.high() : range.low();
    } catch (DateTimeException e) {
      throw Refusal.invalid("find-time", name + " is a date or a time, as 2026-11-27");
    }
  }
}
