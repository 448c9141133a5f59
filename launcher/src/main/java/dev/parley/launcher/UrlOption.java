// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher;

import dev.parley.launcher.client.FhirClient;
import picocli.CommandLine.Option;

/** Which running server a command talks to. */
final class UrlOption {
  @Option(
      names = "--url",
      paramLabel = "URL",
      defaultValue = "http://127.0.0.1:8080",
      description = "A running server, or any FHIR base. Default: ${DEFAULT-VALUE}.")
  private String url;

  FhirClient client() {
    return new FhirClient(url);
  }
}
