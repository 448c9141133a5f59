// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import ca.uhn.fhir.context.FhirContext;
import dev.parley.TestDatabase;
import dev.parley.access.Caller;
import dev.parley.access.Refusal;
import dev.parley.config.Config;
import dev.parley.db.Database;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.hl7.fhir.r4.model.Resource;

/** A database of its own with the writer's half of the store, and searches over it. */
final class TestStore implements AutoCloseable {
  static final FhirContext FHIR = FhirContext.forR4Cached();
  static final SearchParams PARAMS = new SearchParams(FHIR);

  final Config config = TestDatabase.fresh(Map.of("PARLEY_PORT", "8080"));
  final Database database = Database.open(config, List.of());
  final ResourceTypes types = new ResourceTypes(database);
  final SearchIndexer indexer = new SearchIndexer(PARAMS, config);
  final AtomicReference<Visibility> visibility = new AtomicReference<>(Visibility.OPEN);
  final ResourceSearch search =
      new ResourceSearch(
          database,
          types,
          PARAMS,
          new Visibility() {
            @Override
            public Sql condition(Caller caller, Access access, String type, String alias) {
              return visibility.get().condition(caller, access, type, alias);
            }

            @Override
            public Sql compartment(References.Local owner, String alias) {
              return Sql.TRUE;
            }

            @Override
            public boolean sees(
                Caller caller, String type, long self, long[] keys, long[] audience) {
              return true;
            }

            @Override
            public long[] audience(Caller caller, Resource resource, IndexValues values) {
              return null;
            }
          },
          Redaction.NONE,
          Clock.systemUTC(),
          config);

  /** Stores JSON that has an id. */
  void put(String json) {
    Resource resource = (Resource) FHIR.newJsonParser().parseResource(json);
    put(resource, Instant.now());
  }

  void put(Resource resource, Instant updated) {
    String type = resource.fhirType();
    String id = resource.getIdElement().getIdPart();
    resource.setId((String) null);
    String text = FHIR.newJsonParser().encodeResourceToString(resource);
    IndexValues v = indexer.index(resource, id);
    try (Connection connection = database.connection()) {
      write(connection, type, id, updated, v, text);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  void write(
      Connection connection, String type, String id, Instant updated, IndexValues v, String text)
      throws SQLException {
    try (PreparedStatement s =
        connection.prepareStatement(
            "select new_version from write_resource(?, null, ?, ?, ?, ?, 'C', ?, ?, ?, ?, ?, ?, ?,"
                + " ?, ?, ?, ?, ?, ?, ?, ?, ?)")) {
      int i = 0;
      long[] none = {};
      s.setObject(++i, none);
      s.setObject(++i, none);
      s.setLong(++i, Keys.self(type, id));
      s.setShort(++i, types.code(type));
      s.setString(++i, id);
      s.setObject(++i, time(updated));
      s.setObject(++i, v.at() == null ? null : time(v.at()));
      s.setObject(++i, v.thread());
      s.setObject(++i, v.keys());
      s.setObject(++i, v.who());
      s.setObject(++i, none);
      s.setString(++i, text);
      s.setObject(++i, v.strings().stream().mapToLong(IndexValues.Text::param).toArray());
      s.setObject(++i, v.strings().stream().map(IndexValues.Text::value).toArray(String[]::new));
      s.setObject(++i, v.dates().stream().mapToLong(IndexValues.Span::param).toArray());
      s.setObject(
          ++i,
          connection.createArrayOf(
              "timestamptz", v.dates().stream().map(d -> text(d.low())).toArray()));
      s.setObject(
          ++i,
          connection.createArrayOf(
              "timestamptz", v.dates().stream().map(d -> text(d.high())).toArray()));
      s.setObject(++i, v.numbers().stream().mapToLong(IndexValues.Amount::param).toArray());
      s.setObject(
          ++i,
          connection.createArrayOf(
              "numeric",
              v.numbers().stream().map(IndexValues.Amount::low).toArray(BigDecimal[]::new)));
      s.setObject(
          ++i,
          connection.createArrayOf(
              "numeric",
              v.numbers().stream().map(IndexValues.Amount::high).toArray(BigDecimal[]::new)));
      s.setObject(
          ++i,
          v.numbers().stream()
              .map(n -> n.units().toString().replace('[', '{').replace(']', '}'))
              .toArray(String[]::new));
      s.executeQuery().close();
    }
  }

  private static String text(Instant time) {
    return time.equals(Instant.MIN)
        ? "-infinity"
        : time.equals(Instant.MAX) ? "infinity" : time.toString();
  }

  private static OffsetDateTime time(Instant time) {
    return time.equals(Instant.MAX) ? OffsetDateTime.MAX : time.atOffset(ZoneOffset.UTC);
  }

  SearchRequest request(String url) {
    int mark = url.indexOf('?');
    String path = mark < 0 ? url : url.substring(0, mark);
    String[] parts = path.split("/");
    References.Local compartment =
        parts.length == 3 ? new References.Local(parts[0], parts[1]) : null;
    String type = parts[parts.length - 1];
    return search.request(
        type.isEmpty() || type.equals("*") ? null : type,
        compartment,
        ResourceSearch.parse(mark < 0 ? "" : url.substring(mark + 1)),
        true);
  }

  SearchPage page(String url) {
    return search.search(Caller.ANYONE, request(url));
  }

  /** Ids of the matches of one large page, in their order. */
  List<String> ids(String url) {
    SearchPage page = page(url + (url.contains("?") ? "&" : "?") + "_count=1000");
    return page.matches().stream().map(StoredResource::id).toList();
  }

  /** The refusal that a search meets. */
  Refusal refusal(String url) {
    try {
      page(url);
    } catch (Refusal refusal) {
      return refusal;
    }
    throw new AssertionError("not refused: " + url);
  }

  @Override
  public void close() {
    database.close();
  }
}
