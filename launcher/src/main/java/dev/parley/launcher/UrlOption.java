// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher;

import dev.parley.config.Config;
import dev.parley.config.Setting;
import dev.parley.launcher.client.FhirClient;
import dev.parley.launcher.client.IssuerLogin;
import dev.parley.launcher.client.Login;
import picocli.CommandLine.Option;

/** Which running server a command talks to, and as whom. */
final class UrlOption {
  @Option(
      names = "--url",
      paramLabel = "URL",
      defaultValue = "http://127.0.0.1:8080",
      description = "A running server, or any FHIR base. Default: ${DEFAULT-VALUE}.")
  private String url;

  @Option(
      names = "--token",
      paramLabel = "TOKEN",
      defaultValue = "${env:PARLEY_TOKEN}",
      description = {
        "Access token to send (PARLEY_TOKEN, which keeps it out of lists of processes). Without one",
        "the demo log-in of a Parley on this machine gives it."
      })
  private String token;

  @Option(
      names = "--as",
      paramLabel = "NAME",
      description = "Whom that token is for, as in ./parley token.")
  private String name;

  /**
   * @param usual whom the demo log-in's token is for if nobody was named
   */
  FhirClient client(String usual) {
    return new FhirClient(url, login(url, usual));
  }

  private Login login(String address, String usual) {
    if (token != null && !token.isEmpty()) {
      return Login.token(token);
    }
    Config config = Config.from(System.getenv());
    if (config.isSet(Setting.PARLEY_CLIENT_ID)) {
      return new IssuerLogin(
              config.text(Setting.PARLEY_ISSUER),
              config.text(Setting.PARLEY_CLIENT_ID),
              config.text(Setting.PARLEY_CLIENT_SECRET))
          .login();
    }
    return Login.local(address, name == null ? usual : name);
  }
}
