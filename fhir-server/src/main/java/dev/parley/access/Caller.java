// SPDX-License-Identifier: Apache-2.0
package dev.parley.access;

import java.time.Instant;
import java.util.Set;

/**
 * Who asks. Everything that reads or writes goes through {@code store.as(caller)}.
 *
 * @param reference who it is, as a FHIR reference ("Practitioner/dr-berg"), or "system"
 * @param client the software that speaks for them: the OAuth client id
 * @param scopes what the token delegates
 * @param patient the patient that the token was given for ("Patient/p1"), or null
 * @param roles what the organisation says they are: clinician, analyst, privacy-officer
 * @param assurance how sure the session is of the person, 0 to 3
 * @param purpose why they ask, if they say so; null for the usual
 * @param session the login that the token belongs to; null for the server itself
 */
public record Caller(
    String reference,
    String client,
    Kind kind,
    Scopes scopes,
    String patient,
    Set<String> roles,
    int assurance,
    Purpose purpose,
    Session session) {
  /** What staff are called means nothing on the login of a patient or proxy. */
  public Caller {
    roles = kind == Kind.PATIENT || kind == Kind.PROXY ? Set.of() : roles;
  }

  /** The server itself: timed work, loading, deliveries. */
  public static final Caller SYSTEM = system("parley", Scopes.ALL);

  /** Whoever comes while there is no login. Loopback only. */
  public static final Caller ANYONE = system("anyone", Scopes.ALL);

  /** Roles of those who treat patients. */
  public static final Set<String> CLINICIANS = Set.of("clinician", "nurse", "physician");

  /** What decides, before anything else, by which rules somebody is judged. */
  public enum Kind {
    SYSTEM,
    STAFF,
    PATIENT,
    PROXY
  }

  /**
   * A login.
   *
   * @param issuer who vouches for it
   * @param id of the session, or of the token where there is none
   * @param expires when the token ends, or before that the login if it is not used again
   */
  public record Session(String issuer, String id, Instant expires) {}

  /**
   * Why somebody asks for what they have no relation to.
   *
   * @param code of v3-ActReason: BTG, ETREAT
   * @param reason in their words; goes to the audit and nowhere else
   */
  public record Purpose(String code, String reason) {}

  /** A client that is no person. */
  public static Caller system(String client, Scopes scopes) {
    return new Caller("system", client, Kind.SYSTEM, scopes, null, Set.of(), 0, null, null);
  }

  /** A person, with nothing said of the session. */
  public static Caller person(String reference, String client, Scopes scopes) {
    return new Caller(reference, client, kindOf(reference), scopes, null, Set.of(), 0, null, null);
  }

  /** The same login, whose person turned out to be this one. */
  public Caller being(String person) {
    return new Caller(
        person, client, kindOf(person), scopes, patient, roles, assurance, purpose, session);
  }

  /** The same login, which ends at this moment if its token does not before. */
  public Caller until(Instant end) {
    return !end.isBefore(session.expires())
        ? this
        : new Caller(
            reference,
            client,
            kind,
            scopes,
            patient,
            roles,
            assurance,
            purpose,
            new Session(session.issuer(), session.id(), end));
  }

  /** The same person in a session of this level. */
  public Caller assured(int level) {
    return new Caller(reference, client, kind, scopes, patient, roles, level, purpose, session);
  }

  private static Kind kindOf(String reference) {
    return switch (reference.substring(0, reference.indexOf('/'))) {
      case "Patient" -> Kind.PATIENT;
      case "RelatedPerson" -> Kind.PROXY;
      default -> Kind.STAFF;
    };
  }

  /**
   * Refuses what the token does not delegate for any resource of this type; which ones it does is
   * for {@code Visibility}.
   *
   * @param type a resource type; * where all types are meant
   * @param letters of SMART scopes, each of which is needed: c, r, u, d, s (E-6)
   * @throws Refusal 403 naming the scope
   */
  public void require(String type, String letters) {
    for (int i = 0; i < letters.length(); i++) {
      if (!scopes.allows(type, letters.charAt(i))) {
        String scope =
            "%s/%s.%c".formatted(isSystem() ? "system" : "user", type, letters.charAt(i));
        throw Refusal.forbidden(
                "insufficient-scope", "The token lacks the scope %s for this".formatted(scope))
            .with(
                "WWW-Authenticate",
                "Bearer realm=\"parley\", error=\"insufficient_scope\", scope=\"%s\""
                    .formatted(scope));
      }
    }
  }

  /** The same with the patient of the launch; null for none. */
  public Caller launchedFor(String ofLaunch) {
    return new Caller(
        reference, client, kind, scopes, ofLaunch, roles, assurance, purpose, session);
  }

  /** The same, asking for a purpose; null is the usual one. */
  public Caller asking(Purpose why) {
    return why == null
        ? this
        : new Caller(reference, client, kind, scopes, patient, roles, assurance, why, session);
  }

  /** Whether what the one made is the other's: the same person through the same client. */
  public boolean is(Caller other) {
    return made(other.reference, other.client);
  }

  /**
   * Whether what was made by this person, through this client, is theirs. Another app of the same
   * person has scopes of its own, and may be less trusted.
   */
  public boolean made(String byReference, String byClient) {
    return reference.equals(byReference) && client.equals(byClient);
  }

  /** One of staff whom the organisation calls a clinician. */
  public boolean isClinician() {
    return kind == Kind.STAFF && roles.stream().anyMatch(CLINICIANS::contains);
  }

  public boolean isSystem() {
    return kind == Kind.SYSTEM;
  }
}
