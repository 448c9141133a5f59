// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import dev.parley.access.Caller;
import dev.parley.access.Refusal;
import dev.parley.db.Database;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.hibernate.query.NativeQuery;

/** Reads by id, by version and through history. */
final class ResourceReader {
  private final Database database;
  private final ResourceTypes types;
  private final Visibility visibility;

  ResourceReader(Database database, ResourceTypes types, Visibility visibility) {
    this.database = database;
    this.types = types;
    this.visibility = visibility;
  }

  Optional<StoredResource> find(Caller caller, String type, String id) {
    long self = Keys.self(type, id);
    return Optional.ofNullable(database.read(s -> s.get(ResourceRow.class, self)))
        .filter(row -> row.id.equals(id) && visibility.sees(caller, type, id, null))
        .map(row -> row.stored(types));
  }

  StoredResource read(Caller caller, String type, String id) {
    StoredResource stored =
        find(caller, type, id).orElseThrow(() -> Refusal.notFound(type + "/" + id));
    if (stored.deleted()) {
      throw Refusal.gone(stored.reference());
    }
    return stored;
  }

  StoredResource readVersion(Caller caller, String type, String id, String version) {
    String what = type + "/" + id + "/_history/" + version;
    if (!version.matches("[1-9]\\d{0,8}")) {
      throw Refusal.notFound(what);
    }
    int number = Integer.parseInt(version);
    StoredResource current =
        find(caller, type, id).orElseThrow(() -> Refusal.notFound(type + "/" + id));
    StoredResource found = current.version() == number ? current : older(type, id, number);
    if (found == null) {
      throw Refusal.notFound(what);
    }
    if (found.deleted()) {
      throw Refusal.gone(what);
    }
    return found;
  }

  private StoredResource older(String type, String id, int version) {
    VersionRow row =
        database.read(
            s -> s.get(VersionRow.class, new VersionRow.Key(Keys.self(type, id), version)));
    return row == null ? null : row.stored(types);
  }

  HistoryPage history(Caller caller, HistoryRequest request) {
    if (request.id() != null && find(caller, request.type(), request.id()).isEmpty()) {
      throw Refusal.notFound(request.type() + "/" + request.id());
    }
    String before =
        request.before() == null
            ? ""
            : " and (updated, self, version) < (:updated, :beforeSelf, :beforeVersion)";
    String from =
        " from (%s) v where %s".formatted(versions(request), visibility.condition(caller, "v"));
    return database.read(
        s -> {
          NativeQuery<VersionRow> page =
              s.createNativeQuery(
                  "select *" + from + before + " order by updated desc, self desc, version desc",
                  VersionRow.class);
          scope(page, request);
          if (request.before() != null) {
            page.setParameter("updated", request.before().updated(), Instant.class);
            page.setParameter("beforeSelf", request.before().self());
            page.setParameter("beforeVersion", request.before().version());
          }
          List<VersionRow> rows = page.setMaxResults(request.count() + 1).list();
          NativeQuery<Long> total = s.createNativeQuery("select count(*)" + from, Long.class);
          scope(total, request);
          boolean more = rows.size() > request.count();
          List<VersionRow> shown = more ? rows.subList(0, request.count()) : rows;
          VersionRow last = shown.isEmpty() ? null : shown.get(shown.size() - 1);
          return new HistoryPage(
              shown.stream().map(row -> row.stored(types)).toList(),
              total.getSingleResult(),
              more && last != null
                  ? new HistoryRequest.Place(last.updated, last.self, last.version)
                  : null);
        });
  }

  /** Both halves of the truth: what is current, and what was. */
  private static String versions(HistoryRequest request) {
    String scope =
        request.id() != null ? "self = :self" : request.type() != null ? "type = :type" : "true";
    String since = request.since() == null ? "" : " and updated >= :since";
    return Stream.of("resource", "version")
        .map(
            table ->
                "select self, updated, version, type, kind, id, body from %s where %s%s"
                    .formatted(table, scope, since))
        .collect(Collectors.joining(" union all "));
  }

  private void scope(NativeQuery<?> query, HistoryRequest request) {
    if (request.id() != null) {
      query.setParameter("self", Keys.self(request.type(), request.id()));
    } else if (request.type() != null) {
      query.setParameter("type", types.code(request.type()));
    }
    if (request.since() != null) {
      query.setParameter("since", request.since(), Instant.class);
    }
  }
}
