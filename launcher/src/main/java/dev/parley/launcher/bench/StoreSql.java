// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.bench;

import ca.uhn.fhir.context.FhirContext;
import dev.parley.access.Caller;
import dev.parley.config.Config;
import dev.parley.db.Database;
import dev.parley.store.Redaction;
import dev.parley.store.ResourceSearch;
import dev.parley.store.ResourceTypes;
import dev.parley.store.SearchParams;
import dev.parley.store.Sql;
import dev.parley.store.Visibility;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.util.List;
import java.util.function.Function;

/** The limit of a search: the statements that the server runs for it, run by bare JDBC. */
final class StoreSql implements AutoCloseable {
  private final Config config;
  private final Database database;
  private final ResourceSearch search;

  StoreSql(Config config) {
    this.config = config;
    this.database = Database.open(config, List.of());
    FhirContext fhir = FhirContext.forR4();
    this.search =
        new ResourceSearch(
            database,
            new ResourceTypes(database),
            new SearchParams(fhir),
            Visibility.OPEN,
            Redaction.NONE,
            Clock.systemUTC(),
            config);
  }

  /**
   * Pages of searches drawn at random.
   *
   * @param queries {@code Communication?...}, each drawn as often as any other
   */
  <T> Contender pages(List<T> of, Function<T, String> query, long postmaster) {
    List<Sql> statements = of.stream().map(query).map(this::statement).toList();
    return new Contender("JDBC, same SQL", number -> new Pages(number, statements), 0, postmaster);
  }

  private Sql statement(String query) {
    int mark = query.indexOf('?');
    return search.firstPage(
        Caller.ANYONE,
        search.request(
            query.substring(0, mark), null, ResourceSearch.parse(query.substring(mark + 1)), true));
  }

  private final class Pages implements Work.Client {
    private final Connection connection;
    private final List<Sql> statements;
    private final Random32 random;

    Pages(int number, List<Sql> statements) throws SQLException {
      this.connection = Postgres.connect(config);
      this.statements = statements;
      this.random = new Random32(number);
    }

    @Override
    public String once() throws SQLException {
      int rows = 0;
      int bytes = 0;
      try (PreparedStatement statement = random.pick(statements).prepare(connection);
          ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          rows++;
          bytes += row.getString("body").length();
        }
      }
      return rows > 0 && bytes > 0 ? null : "no rows";
    }

    @Override
    public void close() {
      try {
        connection.close();
      } catch (SQLException e) {
        // The server ends what is left.
      }
    }
  }

  @Override
  public void close() {
    database.close();
  }
}
