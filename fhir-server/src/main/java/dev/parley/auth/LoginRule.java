// SPDX-License-Identifier: Apache-2.0
package dev.parley.auth;

import dev.parley.db.Rows;
import dev.parley.store.Change;
import dev.parley.store.Codes;
import dev.parley.store.Keys;
import dev.parley.store.References;
import dev.parley.store.Rule;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.hl7.fhir.r4.model.BooleanType;
import org.hl7.fhir.r4.model.Person;
import org.hl7.fhir.r4.model.PractitionerRole;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.Resource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends the logins of whoever may not come in any more, in the transaction that writes it: a
 * practitioner made inactive, the end of a role or of a proxy's authority, a death.
 */
final class LoginRule implements Rule {
  private static final Logger LOG = LoggerFactory.getLogger(LoginRule.class);
  private static final Set<String> TYPES =
      Set.of("Practitioner", "PractitionerRole", "Patient", "RelatedPerson", "Person");
  private static final String ENDED = "parley.auth.ended";

  private final EndedLogins logins;
  private final References references;
  private final Clock clock;

  LoginRule(EndedLogins logins, References references, Clock clock) {
    this.logins = logins;
    this.references = references;
    this.clock = clock;
  }

  @Override
  public void afterWrite(Change change, Connection connection) throws SQLException {
    if (change.before() == null || !TYPES.contains(change.type())) {
      return;
    }
    Instant now = clock.instant();
    if (!Standing.of(change.before(), now).good()) {
      return;
    }
    Standing after = Standing.of(change.after(), now);
    boolean over = !after.good();
    Set<String> ended = new LinkedHashSet<>(leads(change.before(), change));
    if (!over) {
      // A role that goes to somebody else has ended for the first.
      ended.removeAll(leads(change.after(), change));
    }
    String reason = over ? after.ended() : "role-ended";
    for (String person : ended) {
      logins.end(connection, person, reason, now);
      if (person.startsWith("Patient/")) {
        for (String proxy : proxies(connection, person)) {
          logins.end(connection, proxy, reason, now);
        }
      }
    }
    if (!ended.isEmpty() || isShift(change.before())) {
      String itself = change.type() + "/" + change.id();
      if (!ended.contains(itself)) {
        // It may be named as fhirUser itself.
        logins.end(connection, itself, reason, now);
      }
      change.before().setUserData(ENDED, true);
    }
  }

  /** Whose logins depend on it. */
  private List<String> leads(Resource resource, Change change) {
    if (isShift(resource)) {
      return List.of();
    }
    if (resource instanceof PractitionerRole role) {
      return local(List.of(role.getPractitioner()));
    }
    if (resource instanceof Person person) {
      return local(person.getLink().stream().map(Person.PersonLinkComponent::getTarget).toList());
    }
    return resource == null
            && (change.type().equals("PractitionerRole") || change.type().equals("Person"))
        ? List.of()
        : List.of(change.type() + "/" + change.id());
  }

  /** Taken and given up each day, by people who are here by another role. */
  private static boolean isShift(Resource resource) {
    return resource instanceof PractitionerRole role
        && role.getExtensionsByUrl(Codes.SHIFT_ROLE).stream()
            .anyMatch(e -> e.getValue() instanceof BooleanType yes && yes.booleanValue());
  }

  private List<String> local(List<Reference> all) {
    return all.stream()
        .map(Reference::getReference)
        .filter(Objects::nonNull)
        .flatMap(text -> references.local(text).stream())
        .map(References.Local::toString)
        .collect(Collectors.toList());
  }

  private static List<String> proxies(Connection connection, String patient) throws SQLException {
    String sql =
        "select id from resource where body is not null and keys @> array[?::bigint] limit 1000";
    return Rows.list(
        connection,
        sql,
        row -> "RelatedPerson/" + row.getString(1),
        Keys.param("RelatedPerson", "patient") ^ Keys.of(patient));
  }

  @Override
  public void afterCommit(List<Change> changes) {
    if (changes.stream().anyMatch(c -> c.before() != null && c.before().hasUserData(ENDED))) {
      try {
        logins.refresh();
      } catch (SQLException e) {
        LOG.warn("Ended logins are read in a moment: {}", e.toString());
      }
    }
  }
}
