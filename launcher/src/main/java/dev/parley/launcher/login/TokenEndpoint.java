// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.login;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.parley.launcher.client.CommandLineKey;
import dev.parley.launcher.demo.Person;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.util.Base64;
import java.util.Map;
import java.util.Set;

/** {@code /oauth2/token} (E-15 to E-18, E-22 to E-27). */
final class TokenEndpoint {
  private static final int SECONDS = 3600;
  private static final ObjectMapper JSON = new ObjectMapper();
  private final ClientLogin clients;
  private final Assertions assertions;
  private final People people;
  private final Tokens tokens;
  private final OneTime<Authorize.Code> codes;
  private final OneTime<Grant> refreshes;
  private final Clock clock;

  TokenEndpoint(
      ClientLogin clients,
      Assertions assertions,
      People people,
      Tokens tokens,
      OneTime<Authorize.Code> codes,
      OneTime<Grant> refreshes,
      Clock clock) {
    this.clients = clients;
    this.assertions = assertions;
    this.people = people;
    this.tokens = tokens;
    this.codes = codes;
    this.refreshes = refreshes;
    this.clock = clock;
  }

  void answer(Exchange exchange) throws IOException {
    Map<String, String> form = exchange.form();
    String type = form.get("grant_type");
    if (type == null) {
      throw OAuthError.request("grant_type is needed");
    }
    switch (type) {
      case "authorization_code" -> exchange.json(code(clients.of(exchange, form), form));
      case "refresh_token" -> exchange.json(refresh(clients.of(exchange, form), form));
      case "client_credentials" -> exchange.json(system(clients.of(exchange, form), form));
      case CommandLineKey.GRANT_TYPE -> exchange.json(command(form));
      default -> throw OAuthError.of("unsupported_grant_type", "there is no such grant_type");
    }
  }

  private ObjectNode code(Client client, Map<String, String> form) {
    Authorize.Code code = codes.take(form.get("code"));
    if (!code.grant().client().equals(client.id())
        || !code.redirect().equals(form.get("redirect_uri"))) {
      throw OAuthError.grant("the code is another client's, or for another redirect_uri");
    }
    if (!code.challenge().equals(sha256(form.getOrDefault("code_verifier", "")))) {
      throw OAuthError.grant("code_verifier is not what code_challenge was made of");
    }
    return token(code.grant(), code.grant().scope(), SECONDS);
  }

  private ObjectNode refresh(Client client, Map<String, String> form) {
    String token = form.getOrDefault("refresh_token", "");
    Grant known = refreshes.look(token);
    if (known != null && !known.client().equals(client.id())) {
      throw OAuthError.grant("the refresh token is another client's");
    }
    if (known != null && form.get("scope") != null) {
      ScopeChoice.narrower(form.get("scope"), known.scope());
    }
    Grant grant = refreshes.take(token);
    if (tokens.hasEnded(grant.session())) {
      throw OAuthError.grant("the session has ended");
    }
    return token(grant, ScopeChoice.narrower(form.get("scope"), grant.scope()), SECONDS);
  }

  private ObjectNode system(Client client, Map<String, String> form) {
    if (client.scope().isEmpty() || client.isPublic()) {
      throw OAuthError.of("unauthorized_client", "this client acts for people only");
    }
    String scope = ScopeChoice.ofSystem(form.getOrDefault("scope", client.usual()), client.scope());
    return token(Grant.system(client, scope, clock.instant()), scope, client.seconds());
  }

  /** The commands of this Parley may be whoever they say: they prove that the folder is theirs. */
  private ObjectNode command(Map<String, String> form) {
    Assertions.Proven proven = assertions.check(form.getOrDefault("assertion", ""));
    if (!proven.client().id().equals(CommandLineKey.CLIENT)) {
      throw OAuthError.of("unauthorized_client", "this client speaks for itself only");
    }
    if (CommandLineKey.SYSTEM.equals(proven.subject())) {
      String asked = form.getOrDefault("scope", proven.client().usual());
      String scope = ScopeChoice.ofSystem(asked, proven.client().scope());
      return token(
          Grant.system(proven.client(), scope, clock.instant()), scope, proven.client().seconds());
    }
    Person person = people.named(proven.subject());
    Set<String> roles = people.roles(person);
    String patient = people.patientOf(person);
    String asked = form.getOrDefault("scope", ScopeChoice.usual(roles));
    Grant grant =
        new Grant(
            CommandLineKey.CLIENT,
            person.reference(),
            person.name(),
            roles,
            patient,
            ScopeChoice.ofPerson(asked, patient != null),
            Random.text(),
            clock.instant(),
            null);
    return token(grant, grant.scope(), SECONDS);
  }

  /**
   * @param scope of this token; that of the grant may be wider
   */
  private ObjectNode token(Grant grant, String scope, int seconds) {
    Grant now = grant.narrowed(scope);
    ObjectNode answer =
        JSON.createObjectNode()
            .put("access_token", tokens.access(now, seconds))
            .put("token_type", "Bearer")
            .put("expires_in", seconds)
            .put("scope", scope);
    if (grant.person() != null && now.has("openid")) {
      answer.put("id_token", tokens.identity(now, seconds));
    }
    if (grant.person() != null && (grant.has("offline_access") || grant.has("online_access"))) {
      answer.put("refresh_token", refreshes.put(grant));
    }
    if (grant.patient() != null && (now.has("launch/patient") || scope.contains("patient/"))) {
      answer.put("patient", grant.patient());
    }
    answer.putObject("project").put("reference", "Project/" + Me.PROJECT);
    answer.putObject("profile").put("reference", Me.profile(grant.person(), grant.client()));
    return answer;
  }

  private static String sha256(String verifier) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(verifier.getBytes(StandardCharsets.US_ASCII));
      return Base64.getUrlEncoder().withoutPadding().encodeToString(hash);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
