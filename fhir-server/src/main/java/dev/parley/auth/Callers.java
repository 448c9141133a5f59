// SPDX-License-Identifier: Apache-2.0
package dev.parley.auth;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.parley.access.Caller;
import dev.parley.access.Caller.Kind;
import dev.parley.access.Caller.Session;
import dev.parley.access.Scopes;
import dev.parley.config.Config;
import dev.parley.config.Setting;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Makes a caller of what a token says. */
final class Callers {
  private static final Pattern PERSON =
      Pattern.compile(
          "(?:(https?://\\S+)/)?(Practitioner|PractitionerRole|Patient|RelatedPerson|Person)"
              + "/([A-Za-z0-9.-]{1,64})");
  private static final Pattern PATIENT = Pattern.compile("(?:\\S*/)?([A-Za-z0-9.-]{1,64})");

  private final Cache<Claims, Caller> parsed =
      Caffeine.newBuilder().weakKeys().maximumSize(50_000).build();
  private final String base;
  private final String rolesClaim;
  private final Map<String, Integer> levels = new HashMap<>();
  private final People people;
  private final EndedLogins ended;
  private final Sessions sessions;

  Callers(Config config, String base, People people, EndedLogins ended, Sessions sessions) {
    this.base = base;
    this.people = people;
    this.ended = ended;
    this.sessions = sessions;
    this.rolesClaim = config.text(Setting.PARLEY_ROLES_CLAIM);
    for (String pair : config.list(Setting.PARLEY_ACR_LEVELS)) {
      int equals = pair.lastIndexOf('=');
      levels.put(pair.substring(0, equals), Integer.valueOf(pair.substring(equals + 1)));
    }
  }

  /**
   * @throws BadToken if the token names nobody, or somebody who may not come in, or not any more
   */
  Admitted admit(Claims claims) throws BadToken {
    Caller caller = parsed.getIfPresent(claims);
    if (caller == null) {
      caller = parse(claims);
      parsed.put(claims, caller);
    }
    return caller.isSystem() ? new Admitted(caller, false) : admitted(caller, claims);
  }

  /**
   * Somebody who may come in.
   *
   * @param begins whether a person's login is used for the first time
   */
  record Admitted(Caller caller, boolean begins) {}

  private Admitted admitted(Caller caller, Claims claims) throws BadToken {
    String who = people.identity(caller.reference());
    Instant issued = claims.time("iat");
    if (issued == null) {
      throw new BadToken("The token does not say when it was issued (iat)");
    }
    Instant login = claims.time("auth_time") == null ? issued : claims.time("auth_time");
    if (ended.ended(who, login)) {
      throw new BadToken("The login has ended; log in again");
    }
    Sessions.Use use =
        sessions.use(caller.session().issuer() + " " + caller.session().id(), who, login);
    Caller person = who.equals(caller.reference()) ? caller : caller.being(who);
    return new Admitted(person.until(use.until()), use.begins());
  }

  private Caller parse(Claims claims) throws BadToken {
    Scopes scopes = Scopes.parse(String.join(" ", claims.words("scope")));
    String client = claims.client() == null ? claims.text("sub") : claims.client();
    if (client == null) {
      throw new BadToken("The token names no client (client_id or azp)");
    }
    String who = claims.all().get("fhirUser") == null ? "system" : person(claims.text("fhirUser"));
    String patient = patient(claims.text("patient"));
    return new Caller(
        who,
        client,
        kind(who),
        own(scopes, who, patient),
        patient,
        claims.words(rolesClaim),
        levels.getOrDefault(String.valueOf(claims.all().get("acr")), 0),
        null,
        new Session(String.valueOf(claims.text("iss")), claims.session(), claims.expires()));
  }

  private String person(String fhirUser) throws BadToken {
    Matcher person = PERSON.matcher(fhirUser == null ? "" : fhirUser);
    if (!person.matches() || person.group(1) != null && !person.group(1).equals(base)) {
      throw new BadToken("The token's fhirUser is nobody of this server");
    }
    return person.group(2) + "/" + person.group(3);
  }

  private static Kind kind(String who) {
    return switch (who.replaceAll("/.*", "")) {
      case "system" -> Kind.SYSTEM;
      case "Patient" -> Kind.PATIENT;
      case "RelatedPerson" -> Kind.PROXY;
      default -> Kind.STAFF;
    };
  }

  /**
   * E-9, E-11: user/ and patient/ delegate a person's rights, and mean nothing where nobody is, or
   * no patient was chosen; system/ is for a client that acts for nobody. A token with a person's
   * scopes and no person has lost them on its way, and must not come in as a system.
   */
  private static Scopes own(Scopes scopes, String who, String patient) throws BadToken {
    boolean system = who.equals("system");
    if (system && scopes.grants().stream().anyMatch(g -> !g.context().equals("system"))) {
      throw new BadToken("The token has scopes of a person, and names none (fhirUser)");
    }
    List<Scopes.Grant> own =
        scopes.grants().stream()
            .filter(g -> g.context().equals("system") == system)
            .filter(g -> !g.context().equals("patient") || patient != null)
            .toList();
    if (system && own.isEmpty()) {
      throw new BadToken("The token names no person (fhirUser) and has no system scope");
    }
    return new Scopes(own, scopes.words());
  }

  private static String patient(String claim) {
    if (claim == null) {
      return null;
    }
    Matcher patient = PATIENT.matcher(claim);
    return patient.matches() ? "Patient/" + patient.group(1) : null;
  }
}
