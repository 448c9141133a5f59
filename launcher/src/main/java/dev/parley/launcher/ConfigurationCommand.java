// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher;

import picocli.CommandLine.Command;

@Command(
    name = "configuration",
    description = "Print every setting with its default, as docs/configuration.md has it.",
    mixinStandardHelpOptions = true)
final class ConfigurationCommand implements Runnable {
  @Override
  public void run() {
    System.out.print(ConfigurationPage.text());
  }
}
