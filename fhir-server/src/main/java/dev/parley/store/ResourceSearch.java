// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import dev.parley.access.Caller;
import dev.parley.access.Refusal;
import dev.parley.config.Config;
import dev.parley.db.Database;
import dev.parley.db.SqlFailure;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.hibernate.StatelessSession;
import org.hl7.fhir.r4.model.ValueSet;
import org.postgresql.PGStatement;

/** Finds resources. Whatever it touches on the way is only what the caller may see. */
public final class ResourceSearch {
  /** The owners that R4 defines compartments for. */
  static final List<String> COMPARTMENTS =
      List.of("Device", "Encounter", "Patient", "Practitioner", "RelatedPerson");

  private static final String TIMEOUT = "57014";

  private final Database database;
  private final ResourceTypes types;
  private final SearchParams params;
  private final Visibility visibility;
  private final Redaction redaction;
  private final Clock clock;
  private final SearchParser parser;
  private final CursorSeal seal;
  private final Includes includes;

  public ResourceSearch(
      Database database,
      ResourceTypes types,
      SearchParams params,
      Visibility visibility,
      Redaction redaction,
      Clock clock,
      Config config) {
    this.database = database;
    this.types = types;
    this.params = params;
    this.visibility = visibility;
    this.redaction = redaction;
    this.clock = clock;
    this.parser = new SearchParser(types, params, config);
    this.seal = new CursorSeal(database);
    this.includes = new Includes(params, types, new References(config));
  }

  /**
   * Reads a query.
   *
   * @param type null for a search over all types
   * @param compartment the owner of the compartment to look in, or null
   * @param query names (with modifiers) and values, percent-decoded
   * @param strict whether unknown parameters are refused, rather than ignored with a warning
   * @throws Refusal 400 that names the parameter
   */
  public SearchRequest request(
      String type, References.Local compartment, Map<String, String[]> query, boolean strict) {
    if (compartment != null && !COMPARTMENTS.contains(compartment.type())) {
      throw Refusal.notSupported(
          "compartment",
          "%s is no compartment; there are %s"
              .formatted(compartment.type(), String.join(", ", COMPARTMENTS)));
    }
    return parser.parse(type, compartment, query, strict);
  }

  /**
   * One page of a search.
   *
   * @throws Refusal 410 if its page link is not one of this search
   */
  public SearchPage search(Caller caller, SearchRequest request) {
    try (Connection connection = database.connection()) {
      return new Search(caller, request, connection).page();
    } catch (SQLException e) {
      throw failure(e);
    }
  }

  /** The statement that reads a first page: what a search costs without anything around it. */
  public Sql firstPage(Caller caller, SearchRequest request) {
    return new Search(caller, request, null)
        .statements
        .page(null, request.count() + 1)
        .get(0)
        .get()
        .sql();
  }

  /** How many resources match. */
  public long count(Caller caller, SearchRequest request) {
    try (Connection connection = database.connection()) {
      return new Search(caller, MergedRecords.widen(request, connection), connection).count();
    } catch (SQLException e) {
      throw failure(e);
    }
  }

  /**
   * The resources that a conditional interaction means, in the transaction of the session: at most
   * two, which is enough to know that it is not one.
   *
   * @param query the criteria as they stand behind the question mark, percent-encoded
   * @throws Refusal 400 for unknown parameters, or if there are no criteria
   */
  public List<StoredResource> match(
      StatelessSession session, Caller caller, String type, String query) {
    SearchRequest request = criteria(type, query);
    return session.doReturningWork(c -> new Search(caller, request, c).some(2));
  }

  /** The same outside any transaction. */
  public List<StoredResource> match(Caller caller, String type, String query) {
    SearchRequest request = criteria(type, query);
    try (Connection connection = database.connection()) {
      return new Search(caller, request, connection).some(2);
    } catch (SQLException e) {
      throw failure(e);
    }
  }

  private SearchRequest criteria(String type, String query) {
    SearchRequest request = request(type, null, parse(query), true);
    if (request.criteria().isEmpty()) {
      throw Refusal.invalid("no-criteria", "A conditional " + type + " needs search criteria");
    }
    return request;
  }

  /** Names and values of a query string. */
  public static Map<String, String[]> parse(String query) {
    Map<String, List<String>> values = new LinkedHashMap<>();
    for (String part : query.split("&")) {
      int equals = part.indexOf('=');
      if (equals > 0) {
        values
            .computeIfAbsent(decode(part.substring(0, equals)), n -> new ArrayList<>())
            .add(decode(part.substring(equals + 1)));
      }
    }
    Map<String, String[]> arrays = new LinkedHashMap<>();
    values.forEach((name, list) -> arrays.put(name, list.toArray(String[]::new)));
    return arrays;
  }

  private static String decode(String text) {
    try {
      return URLDecoder.decode(text, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw Refusal.invalid("percent-encoding", "The query is not percent-encoded properly");
    }
  }

  private static RuntimeException failure(SQLException e) {
    String state = String.valueOf(e.getSQLState());
    if (state.equals(TIMEOUT)) {
      return Refusal.of(
          400, "too-costly", "too-costly", "This search takes too long; add a narrower parameter");
    }
    return new SqlFailure(e);
  }

  /** One search over one connection. */
  private final class Search {
    private final Caller caller;
    private final SearchRequest request;
    private final Connection connection;
    private final PageSql statements;

    Search(Caller caller, SearchRequest request, Connection connection) {
      this.caller = caller;
      this.connection = connection;
      this.request = sortsByWords(request) && wordless() ? nothing(request) : request;
      SearchSql sql =
          new SearchSql(
              caller,
              visibility,
              type -> closedSince(type),
              this::wordless,
              types,
              params,
              new ValueSets(this::valueSet),
              clock.instant());
      this.statements = new PageSql(this.request, params, types, sql, clock.instant());
    }

    SearchPage page() throws SQLException {
      if (request.count() == 0) {
        SearchRequest meant = MergedRecords.widen(request, connection);
        long all = new Search(caller, meant, connection).count();
        return new SearchPage(
            List.of(), List.of(), all, null, null, request.used(), request.warnings());
      }
      return page(MergedRecords.named(request));
    }

    /**
     * @param asked Patients of whom it is not known yet whether their records are merged
     */
    private SearchPage page(Set<Long> asked) throws SQLException {
      String bound = bound();
      Cursor cursor = request.cursor() == null ? null : seal.open(request.cursor(), bound);
      boolean back = cursor != null && cursor.back();
      int limit = request.count() + 1;
      List<Match> rows = new ArrayList<>();
      Set<Long> patients = asked;
      for (Supplier<PageSql.Statement> statement : statements.page(cursor, limit)) {
        if (rows.size() < limit) {
          SearchRequest meant = read(statement.get(), limit, patients, rows);
          if (meant != request) {
            return new Search(caller, meant, connection).page(Set.of());
          }
          patients = Set.of();
        }
      }
      boolean more = rows.size() > request.count();
      List<Match> page = new ArrayList<>(more ? rows.subList(0, request.count()) : rows);
      if (back) {
        Collections.reverse(page);
      }
      Long total = total(cursor, page, more);
      boolean hasNext = back || more;
      boolean hasPrevious = back ? more : cursor != null;
      Match last = page.isEmpty() ? null : page.get(page.size() - 1);
      return new SearchPage(
          page.stream().map(Match::resource).toList(),
          request.includes().isEmpty() || page.isEmpty()
              ? List.of()
              : includes.of(
                  page,
                  request.includes(),
                  visibility.condition(caller, Visibility.Access.SEARCH, null, "r"),
                  connection),
          total,
          last != null && hasNext ? link(last, false, total, bound) : null,
          last != null && hasPrevious ? link(page.get(0), true, total, bound) : null,
          request.used(),
          request.warnings());
    }

    /** Told on every page if it was asked for, or if the first page is all there is. */
    private Long total(Cursor cursor, List<Match> page, boolean more) throws SQLException {
      if (cursor != null) {
        return cursor.total() >= 0 ? cursor.total() : null;
      }
      return !more ? Long.valueOf(page.size()) : request.total() ? count() : null;
    }

    private String link(Match beside, boolean back, Long total, String bound) {
      return seal.seal(
          new Cursor(
              back,
              beside.undated(),
              beside.sortValues(),
              beside.self(),
              total == null ? -1 : total),
          bound);
    }

    /** What a page link belongs to: who asked, and everything that decides matches and order. */
    private String bound() {
      return caller.reference()
          + request.types()
          + request.compartment()
          + request.used().stream().filter(u -> SearchParser.decides(u.name())).toList();
    }

    /**
     * Adds rows, unless it turns out that more is meant.
     *
     * @param patients of whom it is asked, in the same round trip, whether their records are merged
     * @return the request as it is meant
     */
    private SearchRequest read(
        PageSql.Statement statement, int limit, Set<Long> patients, List<Match> rows)
        throws SQLException {
      Sql sql = statement.fixed() ? statement.sql() : planned(statement.sql());
      Sql whole = patients.isEmpty() ? sql : MergedRecords.before(patients, sql);
      try (PreparedStatement prepared = whole.prepare(connection)) {
        execute(prepared, statement.fixed());
        if (!patients.isEmpty()) {
          SearchRequest meant;
          try (ResultSet others = prepared.getResultSet()) {
            meant = MergedRecords.widen(request, others);
          }
          if (meant != request) {
            return meant;
          }
          prepared.getMoreResults();
        }
        boolean withKeys = !request.includes().isEmpty();
        try (ResultSet result = statement.fixed() ? prepared.getResultSet() : planned(prepared)) {
          while (result.next() && rows.size() < limit) {
            rows.add(Match.read(result, types, statement, withKeys));
          }
        }
      }
      return request;
    }

    List<StoredResource> some(int limit) throws SQLException {
      List<Match> rows = new ArrayList<>();
      PageSql.Statement any =
          new PageSql.Statement(statements.some(limit), false, List.of(), false);
      read(any, limit, Set.of(), rows);
      return rows.stream().map(Match::resource).toList();
    }

    long count() throws SQLException {
      try (PreparedStatement prepared = planned(statements.count()).prepare(connection)) {
        execute(prepared, false);
        try (ResultSet result = planned(prepared)) {
          result.next();
          return result.getLong(1);
        }
      }
    }

    /**
     * Planned anew each time, because which index is right depends on the values. Goes to the
     * database in one round trip.
     */
    private static Sql planned(Sql sql) {
      return new Sql(
          "set plan_cache_mode = force_custom_plan; %s; set plan_cache_mode = %s"
              .formatted(sql.text(), Database.PLANS),
          sql.values());
    }

    /**
     * @param kept whether its plan is kept
     */
    private static void execute(PreparedStatement prepared, boolean kept) throws SQLException {
      if (!kept) {
        prepared.unwrap(PGStatement.class).setPrepareThreshold(0);
      }
      prepared.execute();
    }

    /** The rows of the statement in the middle of the three. */
    private static ResultSet planned(PreparedStatement prepared) throws SQLException {
      prepared.getMoreResults();
      return prepared.getResultSet();
    }

    private static boolean sortsByWords(SearchRequest request) {
      return request.sorts().stream().anyMatch(s -> s.param() != null && s.param().isTopic());
    }

    private static SearchRequest nothing(SearchRequest request) {
      List<Criterion> criteria = new ArrayList<>(request.criteria());
      criteria.add(new Criterion.Ids(List.of(), false));
      return request.over(criteria, request.merged());
    }

    private boolean wordless() {
      try {
        return redaction.closesWords(connection, caller);
      } catch (SQLException e) {
        throw failure(e);
      }
    }

    private Map<String, Instant> closedSince(String type) {
      try {
        return redaction.closedSince(connection, caller, type);
      } catch (SQLException e) {
        throw failure(e);
      }
    }

    /** A stored ValueSet by "ValueSet/id" or canonical. */
    private Optional<ValueSet> valueSet(String name) {
      boolean byId = name.startsWith("ValueSet/");
      Map<String, String[]> query =
          Map.of(byId ? "_id" : "url", new String[] {byId ? name.substring(9) : name});
      try {
        return new Search(caller, request("ValueSet", null, escaped(query), true), connection)
            .some(1).stream()
                .findFirst()
                .map(r -> params.fhir().newJsonParser().parseResource(ValueSet.class, r.text()));
      } catch (SQLException e) {
        throw failure(e);
      }
    }

    private static Map<String, String[]> escaped(Map<String, String[]> query) {
      Map<String, String[]> escaped = new LinkedHashMap<>();
      query.forEach(
          (n, v) -> escaped.put(n, new String[] {v[0].replace("\\", "\\\\").replace(",", "\\,")}));
      return escaped;
    }
  }
}
