// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.demo;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.parley.config.Config;
import dev.parley.config.Setting;
import dev.parley.launcher.client.FhirClient;
import dev.parley.launcher.load.Loader;
import dev.parley.launcher.postgres.Holdings;
import dev.parley.launcher.terminal.PlainError;
import java.io.IOException;
import java.io.InputStream;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.LocalDate;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * The hospital that an empty database is filled with: made by demo-hospital, kept as NDJSON, its
 * dates moved so that it ends today. The database remembers that it was loaded, or half loaded.
 */
public final class DemoHospital {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final List<String> FILES =
      List.of("hospital.ndjson.gz", "conversations.ndjson.gz");
  private final DataSource database;

  public DemoHospital(DataSource database) {
    this.database = database;
  }

  /** Whether a database is empty or holds it, wholly or in part; asked before the server starts. */
  public static boolean mayBeIn(Config config) {
    PGSimpleDataSource source = new PGSimpleDataSource();
    source.setUrl(config.text(Setting.PARLEY_JDBC_URL));
    source.setUser(config.text(Setting.PARLEY_JDBC_USER));
    source.setPassword(config.text(Setting.PARLEY_JDBC_PASSWORD));
    DemoHospital hospital = new DemoHospital(source);
    boolean fresh =
        hospital.one("select (to_regclass('parley_state') is null)::text").equals("true");
    return fresh || hospital.wanted() || hospital.isThere();
  }

  /** Whether the database is empty, or a load of the hospital was interrupted in it. */
  public boolean wanted() {
    return switch (state()) {
      case "" -> one("select (not " + Holdings.ANY + ")::text").equals("true");
      case "loading" -> true;
      default -> false;
    };
  }

  /** Whether the database holds it. */
  public boolean isThere() {
    return state().equals("loaded");
  }

  /** Loads it over the server's own API; what was loaded before is loaded again. */
  public void load(FhirClient client, Clock clock, Consumer<String> progress) {
    mark("loading");
    send(client, clock, progress);
    mark("loaded");
  }

  /** Loads it into any server. */
  public static void send(FhirClient client, Clock clock, Consumer<String> progress) {
    try {
      JsonNode manifest = JSON.readTree(resource("manifest.json"));
      LocalDate base = LocalDate.parse(manifest.path("baseDate").asText());
      DateShift shift = new DateShift(ChronoUnit.DAYS.between(base, LocalDate.now(clock)));
      progress.accept(
          "Loading the demo hospital, %,d resources".formatted(manifest.path("resources").asInt()));
      Loader loader = new Loader(client, progress);
      for (String file : FILES) {
        loader.load(file, resource(file), shift);
      }
    } catch (IOException e) {
      throw new PlainError("the demo hospital cannot be read: " + e.getMessage(), e);
    }
  }

  /** The people in it who have a story. */
  public static List<Person> people() {
    try (InputStream in = resource("people.json")) {
      return JSON.readValue(in, new TypeReference<>() {});
    } catch (IOException e) {
      throw new PlainError("the demo hospital cannot be read: " + e.getMessage(), e);
    }
  }

  private static InputStream resource(String name) {
    return DemoHospital.class.getResourceAsStream(name);
  }

  private String state() {
    return one("select coalesce((select value from parley_state where name = 'demo'), '')");
  }

  private String one(String sql) {
    try (Connection connection = database.getConnection();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getString(1);
    } catch (SQLException e) {
      throw new PlainError("the database does not answer: " + e.getMessage(), e);
    }
  }

  private void mark(String state) {
    String sql =
        """
        insert into parley_state (name, value) values ('demo', ?)
        on conflict (name) do update set value = excluded.value
        """;
    try (Connection connection = database.getConnection();
        PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setString(1, state);
      statement.executeUpdate();
    } catch (SQLException e) {
      throw new PlainError("the database does not answer: " + e.getMessage(), e);
    }
  }
}
