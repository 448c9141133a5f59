// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher;

import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;
import picocli.CommandLine.IVersionProvider;

/** What was built here. */
final class Version implements IVersionProvider {
  @Override
  public String[] getVersion() throws IOException {
    Properties properties = new Properties();
    try (InputStream in = Version.class.getResourceAsStream("version.properties")) {
      properties.load(in);
    }
    return new String[] {
      "Parley " + properties.getProperty("version"),
      "Java %s, PostgreSQL %s".formatted(Runtime.version(), properties.getProperty("postgres"))
    };
  }
}
