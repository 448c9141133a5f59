// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher;

import dev.parley.config.Setting;

/** docs/configuration.md, as the settings have it. */
final class ConfigurationPage {
  private ConfigurationPage() {}

  static String text() {
    StringBuilder page =
        new StringBuilder(
            """
            # Configuration

            Every setting is an environment variable, and every one has a default that works on a laptop. Wrong values and
            unknown names that begin with `PARLEY_` stop the start and are listed all together. Some settings have a flag, which wins
            (`./parley up --help`). This page is printed by `./parley configuration`; a test compares.

            | setting | takes | default | what it does |
            |---|---|---|---|
            """);
    for (Setting setting : Setting.values()) {
      page.append(
          "| `%s` | %s | %s | %s |\n"
              .formatted(
                  setting.name(),
                  setting.type().word(),
                  setting.fallback().isEmpty() ? "" : "`" + setting.fallback() + "`",
                  setting.sentence()));
    }
    return page.toString();
  }
}
