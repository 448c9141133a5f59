// SPDX-License-Identifier: Apache-2.0
package dev.parley.identity;

import dev.parley.access.Caller;
import dev.parley.access.Refusal;
import dev.parley.feature.Tools;
import dev.parley.store.Change;
import dev.parley.store.Draft;
import dev.parley.store.Rule;
import dev.parley.store.Transaction;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.Communication.CommunicationStatus;
import org.hl7.fhir.r4.model.Resource;

/**
 * Marks a message that cannot be read yet, so that its sender knows, and has an urgent one called
 * about at once. Systems that keep records store what was sent.
 */
final class IdentityRule implements Rule {
  private static final String MARKED = "parley.identity.marked";
  private static final Set<CommunicationStatus> NOT_SENT =
      EnumSet.of(
          CommunicationStatus.PREPARATION, CommunicationStatus.ONHOLD, CommunicationStatus.NOTDONE);

  private final Tools tools;
  private final Levels levels;
  private final CallTasks calls;
  private final Unveiling unveiling;

  IdentityRule(Tools tools, Levels levels, CallTasks calls, Unveiling unveiling) {
    this.tools = tools;
    this.levels = levels;
    this.calls = calls;
    this.unveiling = unveiling;
  }

  /** A message by somebody who sends, not a record of one. */
  private static boolean isSent(Change change) {
    return change.sends()
        && change.after() instanceof Communication message
        && (message.hasPayload() && !NOT_SENT.contains(message.getStatus())
            || Withheld.is(message));
  }

  @Override
  public boolean needsTransaction(Change change) {
    return isSent(change) || unveiling.concerns(change);
  }

  @Override
  public void beforeWrite(Change change, Transaction transaction) throws SQLException {
    if (change.after() instanceof Communication message) {
      if (isFromPatient(change)
          && change.before() instanceof Communication before
          && !NOT_SENT.contains(before.getStatus())) {
        StaffNotes.keep(before, message);
        message.setUserData(MARKED, true);
      }
      refuseLess(message);
      if (isSent(change)) {
        // After what the consent rule has marked: an emergency message passes here, too.
        boolean withheld =
            isNew(change)
                ? new Gate(tools.chart(), levels, tools.clock(), transaction.connection())
                    .withholdsFromSomebody(message)
                : Withheld.is((Communication) change.before());
        if (Withheld.mark(message, withheld)) {
          message.setUserData(MARKED, true);
        }
      }
    }
  }

  private static boolean isFromPatient(Change change) {
    return change.caller().kind() == Caller.Kind.PATIENT
        || change.caller().kind() == Caller.Kind.PROXY;
  }

  /** Whether it was not there before, or not sent yet. */
  private static boolean isNew(Change change) {
    return !(change.before() instanceof Communication before)
        || NOT_SENT.contains(before.getStatus());
  }

  /** From whom something is withheld has been answered before this. */
  private static void refuseLess(Communication message) {
    boolean less =
        message.getMeta().getTag().stream()
            .anyMatch(
                t ->
                    WithheldText.SUBSETTED.equals(t.getCode())
                        && WithheldText.OBSERVATION_VALUES.equals(t.getSystem()));
    if (less) {
      throw Refusal.unprocessable(
              "business-rule",
              "subsetted",
              "The resource is tagged SUBSETTED: read all of it before writing it back")
          .at("Communication.meta.tag");
    }
  }

  @Override
  public boolean completes(Change change) {
    return change.after() != null && change.after().getUserData(MARKED) != null;
  }

  @Override
  public List<Draft> adds(List<Change> changes, Connection connection) {
    List<Resource> created = new ArrayList<>();
    for (Change change : changes) {
      if (isSent(change)
          && isNew(change)
          && change.after() instanceof Communication message
          && Withheld.is(message)
          && CallTasks.isUrgent(message)) {
        created.add(calls.about("Communication/" + change.id(), message));
      }
    }
    return created.stream().map(r -> Draft.of(r, tools.fhir())).toList();
  }

  @Override
  public void afterWrite(Change change, Connection connection) throws SQLException {
    unveiling.note(change, connection);
  }

  @Override
  public void afterCommit(List<Change> changes) {
    changes.forEach(unveiling::after);
  }
}
