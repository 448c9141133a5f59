// SPDX-License-Identifier: Apache-2.0
package dev.parley.db;

import dev.parley.config.Config;
import dev.parley.config.Setting;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.MigrationInfo;

/** The versions of the schema. */
public final class Migrations {
  private final Flyway flyway;

  private Migrations(Flyway flyway) {
    this.flyway = flyway;
  }

  /** Those up to the newest. */
  public static Migrations of(Config config) {
    return upTo("latest", config);
  }

  /** Those up to a version, to load what was written under it. */
  public static Migrations upTo(String version, Config config) {
    return new Migrations(
        Flyway.configure()
            .dataSource(
                config.text(Setting.PARLEY_JDBC_URL),
                config.text(Setting.PARLEY_JDBC_USER),
                config.text(Setting.PARLEY_JDBC_PASSWORD))
            .initSql("set statement_timeout = 0")
            .locations("classpath:db/migration")
            .loggers("slf4j")
            .target(version)
            .load());
  }

  /**
   * @throws UnusableDatabase if the schema is newer than this Parley, or a migration fails
   */
  public void run() {
    try {
      flyway.migrate();
    } catch (FlywayException e) {
      throw new UnusableDatabase("the database's schema does not fit: " + firstLine(e), e);
    }
  }

  /** The version that the database has now; empty if it has none. */
  public String current() {
    MigrationInfo current = flyway.info().current();
    return current == null ? "" : current.getVersion().getVersion();
  }

  /** Whether this Parley brings a version. */
  public boolean knows(String version) {
    for (MigrationInfo migration : flyway.info().all()) {
      if (migration.getVersion() != null
          && migration.getVersion().getVersion().equals(version)
          && migration.getState().isResolved()) {
        return true;
      }
    }
    return false;
  }

  private static String firstLine(FlywayException e) {
    return e.getMessage().lines().findFirst().orElse(e.toString());
  }
}
