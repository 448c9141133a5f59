// SPDX-License-Identifier: Apache-2.0
package dev.parley.conversation;

import dev.parley.feature.Tools;
import dev.parley.store.Change;
import dev.parley.store.Codes;
import dev.parley.store.Rule;
import dev.parley.store.Transaction;
import java.sql.SQLException;
import java.util.Optional;
import java.util.Set;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.Extension;
import org.hl7.fhir.r4.model.Reference;

/**
 * Writes on a message to a CareTeam or Group who was in it when it was sent: who was meant stays,
 * whoever comes and goes later and sees the thread by its rules.
 */
final class TeamRule implements Rule {
  /** Of a recipient that is a team or group: one who was in it, a Reference; repeated. */
  static final String MEMBER = Codes.EXTENSIONS + "member";

  // A family member's part in a team is not told to the others of the thread.
  private static final Set<String> NAMED =
      Set.of("Practitioner", "PractitionerRole", "Organization", "HealthcareService");
  private static final String MARKED = "parley.message.members";

  private final Tools tools;

  TeamRule(Tools tools) {
    this.tools = tools;
  }

  @Override
  public boolean needsTransaction(Change change) {
    return (change.sends() || change.byOperation()) && MessageRule.begins(change);
  }

  @Override
  public boolean completes(Change change) {
    return change.after() != null && change.after().getUserData(MARKED) != null;
  }

  @Override
  public void beforeWrite(Change change, Transaction transaction) throws SQLException {
    if (!needsTransaction(change)) {
      return;
    }
    Communication message = (Communication) change.after();
    for (Reference recipient : message.getRecipient()) {
      if (recipient.getExtension().removeIf(e -> MEMBER.equals(e.getUrl()))) {
        message.setUserData(MARKED, true);
      }
      Optional<String> team =
          tools
              .chart()
              .local(recipient)
              .filter(who -> who.startsWith("CareTeam/") || who.startsWith("Group/"));
      if (team.isPresent()) {
        message.setUserData(MARKED, true);
        tools.chart().people(transaction.connection(), team.get(), tools.clock().instant()).stream()
            .filter(who -> NAMED.contains(who.substring(0, who.indexOf('/'))))
            .forEach(who -> recipient.addExtension(new Extension(MEMBER, new Reference(who))));
      }
    }
  }
}
