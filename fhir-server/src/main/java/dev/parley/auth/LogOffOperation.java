// SPDX-License-Identifier: Apache-2.0
package dev.parley.auth;

import ca.uhn.fhir.rest.annotation.Operation;
import ca.uhn.fhir.rest.annotation.OperationParam;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import dev.parley.access.Caller;
import dev.parley.access.Refusal;
import dev.parley.db.SqlFailure;
import dev.parley.feature.Tools;
import dev.parley.store.Codes;
import dev.parley.store.Moments;
import dev.parley.store.References;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Set;
import org.hl7.fhir.r4.model.Parameters;
import org.hl7.fhir.r4.model.Reference;

/** {@code $log-off}: ends every login of a person, on every device, sockets included. */
public final class LogOffOperation {
  /** Who may log off others. */
  private static final Set<String> OFFICERS = Set.of("security-officer", "administrator");

  private static final Set<String> PEOPLE = Set.of("Practitioner", "Patient", "RelatedPerson");

  private final EndedLogins logins;
  private final Tools tools;

  LogOffOperation(EndedLogins logins, Tools tools) {
    this.logins = logins;
    this.tools = tools;
  }

  @Operation(name = "$log-off", canonicalUrl = Codes.OPERATIONS + "log-off")
  public Parameters logOff(
      @OperationParam(name = "person") Reference other, RequestDetails request) {
    Caller caller = tools.caller().apply(request);
    String person = other == null ? caller.reference() : named(other);
    if (!person.equals(caller.reference())) {
      officer(caller, person);
    } else if (caller.isSystem()) {
      throw Refusal.invalid("person", "A system names the person to log off");
    }
    Instant now = tools.clock().instant();
    try {
      logins.end(person, "logged-off", now);
    } catch (SQLException e) {
      throw new SqlFailure(e);
    }
    Parameters answer = new Parameters();
    answer.addParameter("person", new Reference(person));
    answer.addParameter("before", Moments.instant(now));
    return answer;
  }

  private String named(Reference other) {
    return tools
        .references()
        .local(String.valueOf(other.getReference()))
        .filter(l -> PEOPLE.contains(l.type()))
        .map(References.Local::toString)
        .orElseThrow(
            () -> Refusal.invalid("person", "person refers to one of " + PEOPLE + " here"));
  }

  private static void officer(Caller caller, String person) {
    if (caller.isSystem()) {
      caller.require(person.substring(0, person.indexOf('/')), "u");
    } else if (caller.roles().stream().noneMatch(OFFICERS::contains)) {
      throw Refusal.forbidden(
          "not-an-officer", "Only a security officer or an administrator logs off others");
    }
  }
}
