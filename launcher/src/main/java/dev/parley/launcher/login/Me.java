// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.login;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.nimbusds.jwt.JWTClaimsSet;
import java.io.IOException;
import java.text.ParseException;

/** {@code /auth/me}: whom a token is for, as Medplum's client asks after it has logged in. */
final class Me {
  static final String PROJECT = "parley";
  private static final ObjectMapper JSON = new ObjectMapper();
  private final Tokens tokens;
  private final People people;

  Me(Tokens tokens, People people) {
    this.tokens = tokens;
    this.people = people;
  }

  /** What Medplum calls a profile: a person, or the software itself. */
  static String profile(String person, String client) {
    return person == null ? "ClientApplication/" + client : person;
  }

  void answer(Exchange exchange) throws IOException {
    JWTClaimsSet claims = tokens.good(exchange.bearer()).orElseThrow(OAuthError::token);
    try {
      String person = claims.getStringClaim("fhirUser");
      String[] profile = profile(person, claims.getStringClaim("client_id")).split("/");
      ObjectNode answer = JSON.createObjectNode();
      resource(answer, "project", "Project", PROJECT)
          .put("name", "Parley")
          .putArray("features")
          .add("websocket-subscriptions");
      resource(answer, "membership", "ProjectMembership", profile[1]);
      ObjectNode who = resource(answer, "profile", profile[0], profile[1]);
      if (person != null) {
        who.putArray("name").addObject().put("text", people.named(person).name());
      }
      resource(answer, "config", "UserConfiguration", profile[1]);
      resource(answer, "accessPolicy", "AccessPolicy", PROJECT);
      exchange.json(answer);
    } catch (ParseException e) {
      throw new IllegalStateException(e);
    }
  }

  private static ObjectNode resource(ObjectNode in, String name, String type, String id) {
    return in.putObject(name).put("resourceType", type).put("id", id);
  }
}
