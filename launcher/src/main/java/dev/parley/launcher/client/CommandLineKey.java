// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.client;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;

/**
 * What Parley's commands and its demo provider agree on: the provider says in which file the
 * commands' key lies; whoever may read that file may be anybody.
 */
public final class CommandLineKey {
  /** The commands, as a client. */
  public static final String CLIENT = "parley-command";

  /** The file in the login folder, a private EC key as a JWK. */
  public static final String FILE = "parley-command.jwk";

  /** Where the provider says which file. */
  public static final String PATH = "/oauth2/command-key";

  /** RFC 7523, 2.1. */
  public static final String GRANT_TYPE = "urn:ietf:params:oauth:grant-type:jwt-bearer";

  /** The subject of a token that is for no person. */
  public static final String SYSTEM = "system";

  private CommandLineKey() {}

  public static JsonNode told(String file) {
    return new ObjectMapper().createObjectNode().put("key", file);
  }
}
