// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class ConfigurationPageTest {
  @Test
  void the_page_says_what_the_settings_say() throws IOException {
    String page = Files.readString(Path.of("../docs/configuration.md"));
    assertEquals(
        ConfigurationPage.text(), page, "run ./parley configuration > docs/configuration.md");
  }
}
