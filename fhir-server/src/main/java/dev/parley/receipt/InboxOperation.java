// SPDX-License-Identifier: Apache-2.0
package dev.parley.receipt;

import ca.uhn.fhir.rest.annotation.Operation;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import dev.parley.access.Caller;
import dev.parley.access.Refusal;
import dev.parley.feature.Tools;
import dev.parley.store.CallerStore;
import dev.parley.store.Chart;
import dev.parley.store.Codes;
import dev.parley.store.Keys;
import dev.parley.store.Moments;
import dev.parley.store.References;
import dev.parley.store.StoredResource;
import dev.parley.store.Visibility;
import dev.parley.store.Visibility.Access;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.hl7.fhir.r4.model.BooleanType;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.Bundle.BundleType;
import org.hl7.fhir.r4.model.Bundle.SearchEntryMode;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.DateTimeType;
import org.hl7.fhir.r4.model.Extension;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.UnsignedIntType;

/**
 * {@code $inbox}: the caller's threads, those in which something happened last first, with what an
 * inbox shows of each. The texts come from a search as the caller, so that what is shown of them,
 * and what the audit trail says, is the same as there.
 */
public final class InboxOperation {

  private final Tools tools;
  private final Unread unread;
  private final Visibility visibility;

  InboxOperation(Tools tools, Unread unread, Visibility visibility) {
    this.visibility = visibility;
    this.tools = tools;
    this.unread = unread;
  }

  @Operation(
      name = "$inbox",
      typeName = "Communication",
      idempotent = true,
      canonicalUrl = Codes.OPERATIONS + "inbox")
  public Bundle inbox(RequestDetails request) {
    Caller caller = tools.caller().apply(request);
    caller.require("Communication", "s");
    if (caller.isSystem()) {
      throw Refusal.forbidden("not-a-person", "Systems have no inbox; search, or ask as a person");
    }
    Map<String, String[]> parameters =
        request.getParameters() == null ? Map.of() : request.getParameters();
    InboxQuery query = InboxQuery.of(parameters, tools.references());
    About about = tools.database().with(connection -> about(caller, query, connection));
    List<InboxRow> rows = about.rows();
    boolean more = rows.size() > query.count();
    List<InboxRow> page = more ? rows.subList(0, query.count()) : rows;
    Bundle bundle = bundle(page, about, caller, texts(tools.as(request), page), request);
    String self = link(request, parameters, null);
    bundle.addLink().setRelation("self").setUrl(self);
    if (more) {
      String cursor = page.get(page.size() - 1).place().text();
      bundle.addLink().setRelation("next").setUrl(link(request, parameters, cursor));
    }
    return bundle;
  }

  /** Headers and last messages by id, as the caller may see them. */
  private static Map<String, StoredResource> texts(CallerStore mine, List<InboxRow> page) {
    List<String> ids =
        page.stream()
            .flatMap(row -> Stream.of(row.id(), row.last()))
            .filter(Objects::nonNull)
            .toList();
    Map<String, StoredResource> texts = new HashMap<>();
    Map<String, String[]> query =
        Map.of(
            "_id",
            new String[] {ids.isEmpty() ? "-" : String.join(",", ids)},
            "_count",
            new String[] {String.valueOf(Math.max(1, ids.size()))});
    mine.search("Communication", null, query, true)
        .matches()
        .forEach(found -> texts.put(found.id(), found));
    return texts;
  }

  /**
   * What is known of threads.
   *
   * @param rows a page of them, and one more if there are more
   */
  private record About(List<InboxRow> rows, Unread.Counts counts, Map<Long, String> dues) {}

  private About about(Caller caller, InboxQuery query, Connection connection) throws SQLException {
    long person = Keys.of(caller.reference());
    Unread.Counts all =
        query.unread() ? unread.of(connection, List.of(person), List.of()).get(person) : null;
    List<InboxRow> rows =
        InboxRow.page(
            connection,
            caller.reference(),
            query,
            all == null ? null : all.unreadThreads(),
            tools.clock().instant());
    Unread.Counts counts =
        all == null
            ? unread.in(connection, person, rows.stream().mapToLong(InboxRow::thread).toArray())
            : all;
    return new About(
        rows,
        counts,
        Dues.of(connection, rows, visibility.condition(caller, Access.READ, "Task", "t")));
  }

  private Bundle bundle(
      List<InboxRow> page,
      About about,
      Caller caller,
      Map<String, StoredResource> texts,
      RequestDetails request) {
    Bundle bundle = new Bundle();
    bundle.setId(UUID.randomUUID().toString());
    bundle.setType(BundleType.SEARCHSET);
    for (InboxRow row : page) {
      if (texts.containsKey(row.id())) {
        Communication header = tools.chart().parse(texts.get(row.id()), Communication.class);
        header.addExtension(extension(row, header, about, caller, texts));
        add(bundle, header, texts.get(row.id()), SearchEntryMode.MATCH, request);
      }
    }
    for (InboxRow row : page) {
      StoredResource last = row.last() == null ? null : texts.get(row.last());
      if (last != null && texts.containsKey(row.id())) {
        Communication message = tools.chart().parse(last, Communication.class);
        add(bundle, message, last, SearchEntryMode.INCLUDE, request);
      }
    }
    return bundle;
  }

  private static void add(
      Bundle bundle,
      Communication resource,
      StoredResource stored,
      SearchEntryMode mode,
      RequestDetails request) {
    bundle
        .addEntry()
        .setFullUrl(request.getFhirServerBase() + "/" + stored.reference())
        .setResource(resource)
        .getSearch()
        .setMode(mode);
  }

  private Extension extension(
      InboxRow row,
      Communication header,
      About about,
      Caller caller,
      Map<String, StoredResource> texts) {
    Extension inbox = new Extension(Codes.INBOX);
    Integer open = about.counts().in(row.thread());
    inbox.addExtension("unread", new UnsignedIntType(open == null ? 0 : open));
    inbox.addExtension("awaiting-reply", new BooleanType(awaitsReply(row, header, caller)));
    inbox.addExtension("activity", Moments.instant(row.activity()));
    if (row.last() != null && texts.containsKey(row.last())) {
      inbox.addExtension("last-message", new Reference("Communication/" + row.last()));
    }
    if (row.pinned()) {
      inbox.addExtension("pinned", new BooleanType(true));
    }
    if (row.muted()) {
      inbox.addExtension("muted", new BooleanType(true));
    }
    if (row.instead()) {
      inbox.addExtension("stand-in", new BooleanType(true));
    }
    String due = about.dues().get(row.thread());
    if (due != null) {
      inbox.addExtension("due", new DateTimeType(due));
    }
    return inbox;
  }

  /**
   * Whether the last word is the other side's: of patient and proxies for staff, of staff for them;
   * among staff, of somebody else.
   */
  private boolean awaitsReply(InboxRow row, Communication header, Caller caller) {
    if (row.speaker() == null) {
      return false;
    }
    String speaker = local(row.speaker());
    boolean withPatient =
        Stream.concat(Stream.of(header.getSender()), header.getRecipient().stream())
            .anyMatch(r -> Chart.isPatientSide(local(r.getReference())));
    return withPatient
        ? Chart.isPatientSide(speaker) != Chart.isPatientSide(caller.reference())
        : !speaker.equals(caller.reference());
  }

  private String local(String reference) {
    return reference == null
        ? ""
        : tools.references().local(reference).map(References.Local::toString).orElse(reference);
  }

  private static String link(
      RequestDetails request, Map<String, String[]> parameters, String cursor) {
    String query =
        parameters.entrySet().stream()
            .filter(each -> cursor == null || !each.getKey().equals(InboxQuery.CURSOR))
            .flatMap(each -> Stream.of(each.getValue()).map(v -> each.getKey() + "=" + encoded(v)))
            .collect(Collectors.joining("&"));
    String next = cursor == null ? "" : InboxQuery.CURSOR + "=" + cursor;
    String both = query.isEmpty() || next.isEmpty() ? query + next : query + "&" + next;
    return request.getFhirServerBase()
        + "/Communication/$inbox"
        + (both.isEmpty() ? "" : "?" + both);
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }
}
