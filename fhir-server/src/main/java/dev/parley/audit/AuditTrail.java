// SPDX-License-Identifier: Apache-2.0
package dev.parley.audit;

import ca.uhn.fhir.context.FhirContext;
import dev.parley.access.Caller;
import dev.parley.access.Refusal;
import dev.parley.config.Config;
import dev.parley.config.Setting;
import dev.parley.db.Database;
import dev.parley.store.Derived;
import dev.parley.store.ResourceSearch;
import dev.parley.store.ResourceTypes;
import dev.parley.store.SearchPage;
import dev.parley.store.StoredResource;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Matcher;

/** The type AuditEvent: made of the trail's rows, newest first. */
public final class AuditTrail implements Derived {
  private static final String ROLE = "privacy-officer";

  /** Reading that many takes some milliseconds. */
  private static final int NEWEST = 10_000;

  private final Database database;
  private final ResourceTypes types;
  private final ResourceSearch search;
  private final Sealing sealing;
  private final Balp balp;
  private final Supplier<String> base;
  private final int usual;
  private final int most;

  /**
   * @param base of FHIR, without a slash at the end
   */
  public AuditTrail(
      Config config,
      Database database,
      ResourceTypes types,
      ResourceSearch search,
      Sealing sealing,
      FhirContext fhir,
      Supplier<String> base) {
    this.database = database;
    this.types = types;
    this.search = search;
    this.sealing = sealing;
    this.balp = new Balp(fhir, base);
    this.base = base;
    this.usual = config.number(Setting.PARLEY_PAGE_DEFAULT);
    this.most = config.number(Setting.PARLEY_PAGE_LIMIT);
  }

  @Override
  public String type() {
    return "AuditEvent";
  }

  /**
   * Privacy officers, and systems by scope. Events are made, not found, so a scope for some of them
   * gives none.
   *
   * @param letters of SMART scopes, each of which is needed
   */
  static void require(Caller caller, String letters) {
    caller.require("AuditEvent", letters);
    for (char letter : letters.toCharArray()) {
      if (caller.scopes().covering("AuditEvent", letter).stream()
          .noneMatch(grant -> !grant.context().equals("patient") && grant.query().isEmpty())) {
        throw Refusal.forbidden(
            "insufficient-scope",
            "A scope of one patient, or with a query, cannot be judged for AuditEvent");
      }
    }
    if (!caller.roles().contains(ROLE) && !caller.isSystem()) {
      throw Refusal.forbidden(
          "audit-officers-only", "The audit trail is for privacy officers (role " + ROLE + ")");
    }
  }

  @Override
  public Optional<StoredResource> find(Caller caller, String id) {
    Matcher event = AuditQuery.event(id);
    if (!event.matches()) {
      return Optional.empty();
    }
    require(caller, "r");
    AuditQuery query = query(Map.of("_id", new String[] {id}), true);
    int part = Integer.parseInt(event.group(4));
    return Optional.of(
        rows(query, 1).stream()
            .filter(row -> part < row.parts())
            .findFirst()
            .map(row -> balp.stored(row, part))
            .orElseThrow(() -> Refusal.notFound("AuditEvent/" + id)));
  }

  @Override
  public Optional<SearchPage> search(
      Caller caller, String compartment, Map<String, String[]> given, boolean strict) {
    require(caller, "s");
    if (asksForStored(given)) {
      return Optional.empty();
    }
    Map<String, String[]> parameters = new LinkedHashMap<>(given);
    if (compartment != null) {
      String name = compartment.startsWith("Patient/") ? "patient" : "agent";
      parameters.put(name, new String[] {compartment});
    }
    AuditQuery query = query(parameters, strict);
    if (compartment != null) {
      query.used.removeIf(used -> used.value().equals(compartment));
    }
    if (query.count == 0) {
      return Optional.of(page(query, List.of(), null, count(query)));
    }
    List<StoredResource> found = new ArrayList<>();
    AuditQuery.Place last = null;
    boolean more = false;
    for (AuditRow row : rows(query, query.count + 1)) {
      for (int part = 0; part < row.parts() && !more; part++) {
        AuditQuery.Place here = new AuditQuery.Place(row.segment(), row.position(), part);
        if (!isPast(query.after, here) && isAsked(query, row, part)) {
          more = found.size() == query.count;
          if (!more) {
            found.add(balp.stored(row, part));
            last = here;
          }
        }
      }
    }
    boolean all = !more && query.after == null;
    Long total = all ? Long.valueOf(found.size()) : query.total ? Long.valueOf(count(query)) : null;
    return Optional.of(page(query, found, more ? last.toString() : null, total));
  }

  /** Examples that were PUT while there was no login are found by id, and by what meta holds. */
  private static boolean asksForStored(Map<String, String[]> given) {
    String[] ids = given.get("_id");
    return ids != null && ids.length == 1 && !AuditQuery.event(ids[0].split(",")[0]).matches()
        || given.keySet().stream().anyMatch(Set.of("_tag", "_profile", "_security")::contains);
  }

  private static SearchPage page(
      AuditQuery query, List<StoredResource> found, String next, Long total) {
    return new SearchPage(found, List.of(), total, next, null, query.used, query.warnings);
  }

  /** Whether an earlier page had it. */
  private static boolean isPast(AuditQuery.Place after, AuditQuery.Place here) {
    return after != null
        && here.segment() == after.segment()
        && here.position() == after.position()
        && here.part() <= after.part();
  }

  /** A row about several is several events; not all of them may be asked for. */
  private static boolean isAsked(AuditQuery query, AuditRow row, int part) {
    return (query.patients.isEmpty() || query.patients.contains(row.patient(part)))
        && (query.agents.isEmpty() || query.agents.contains(row.agent(part).reference()))
        && (query.parts.isEmpty() || query.parts.contains(part));
  }

  AuditQuery query(Map<String, String[]> parameters, boolean strict) {
    String host = base.get().replaceFirst("^https?://", "").replaceFirst("[:/].*", "");
    return new AuditQuery(usual, types, this::identified, host).read(parameters, strict, most);
  }

  private List<String> identified(String type, String identifier) {
    Map<String, String[]> query = Map.of("identifier", new String[] {identifier});
    return search.search(Caller.SYSTEM, search.request(type, null, query, true)).matches().stream()
        .map(StoredResource::id)
        .toList();
  }

  /**
   * Rows of a query, newest first, from where its page begins. Who is in most rows fills a page
   * from the newest of all; of who is not there, the index gives few rows, and those are sorted.
   */
  List<AuditRow> rows(AuditQuery query, int limit) {
    if (query.keys.isEmpty()) {
      return rows(query, "audit a", "a.segment desc", limit);
    }
    List<AuditRow> newest = rows(query, newest(query), "a.segment desc", limit);
    // "+ 0": the order of the index over segments is none to look for them by.
    return newest.size() == limit ? newest : rows(query, "audit a", "a.segment + 0 desc", limit);
  }

  private List<AuditRow> rows(AuditQuery query, String table, String order, int limit) {
    List<Object> values = new ArrayList<>();
    if (query.after != null && !table.equals("audit a")) {
      addPlace(query, values);
    }
    String sql = from(query, table, values);
    if (query.after != null) {
      sql += " and (a.segment, a.position) <= (?, ?)";
      addPlace(query, values);
    }
    sql = "select " + AuditRow.COLUMNS + sql + " order by " + order + ", a.position desc limit ?";
    values.add(limit);
    return read(
        sql,
        values,
        row -> {
          List<AuditRow> rows = new ArrayList<>();
          while (row.next()) {
            rows.add(AuditRow.read(row));
          }
          return rows;
        });
  }

  private static void addPlace(AuditQuery query, List<Object> values) {
    values.add(query.after.segment());
    values.add(query.after.position());
  }

  private static String newest(AuditQuery query) {
    return "(select * from audit "
        + (query.after == null ? "" : "where (segment, position) <= (?, ?) ")
        + "order by segment desc, position desc limit %d) a".formatted(NEWEST);
  }

  private long count(AuditQuery query) {
    List<Object> values = new ArrayList<>();
    String events = "greatest(cardinality(a.patients), 1) * greatest(cardinality(a.recipients), 1)";
    if (!query.patients.isEmpty()) {
      events =
          "(select count(*) from unnest(a.patients) p where p = any(?))"
              + " * greatest(cardinality(a.recipients), 1)";
      values.add(query.patients.toArray(String[]::new));
    }
    String sql = "select coalesce(sum(" + events + "), 0)" + from(query, "audit a", values);
    return read(
        sql,
        values,
        row -> {
          row.next();
          return row.getLong(1);
        });
  }

  private static String from(AuditQuery query, String table, List<Object> values) {
    StringBuilder sql =
        new StringBuilder(" from ").append(table).append(AuditRow.JOIN).append(" where true");
    for (String[] keys : query.keys) {
      sql.append(" and ")
          .append(AuditSql.KEYS)
          .append(" && array(select hashtextextended(k, 0) from unnest(?::text[]) k)");
      values.add(keys);
    }
    for (String condition : query.conditions) {
      sql.append(" and ").append(condition);
    }
    values.addAll(query.values);
    return sql.toString();
  }

  /** Work with a result. */
  private interface Reader<T> {
    T read(ResultSet row) throws SQLException;
  }

  /** Of everything up to now: it is sealed first. */
  private <T> T read(String sql, List<Object> values, Reader<T> reader) {
    try {
      sealing.now();
      try (Connection connection = database.connection();
          PreparedStatement statement = connection.prepareStatement(sql)) {
        for (int i = 0; i < values.size(); i++) {
          Object value = values.get(i);
          if (value instanceof Object[] array) {
            statement.setArray(i + 1, connection.createArrayOf("text", array));
          } else {
            statement.setObject(i + 1, value);
          }
        }
        try (ResultSet row = statement.executeQuery()) {
          return reader.read(row);
        }
      }
    } catch (SQLException e) {
      throw new UnreadableTrail(e);
    }
  }

  /** An {@link SQLException} on its way out. */
  static final class UnreadableTrail extends RuntimeException {
    private static final long serialVersionUID = 1L;

    UnreadableTrail(SQLException cause) {
      super(cause);
    }
  }
}
