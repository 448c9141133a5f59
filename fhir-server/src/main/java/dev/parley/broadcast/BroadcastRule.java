// SPDX-License-Identifier: Apache-2.0
package dev.parley.broadcast;

import dev.parley.access.Caller;
import dev.parley.access.Notice;
import dev.parley.access.Refusal;
import dev.parley.feature.Tools;
import dev.parley.store.Change;
import dev.parley.store.Chart;
import dev.parley.store.Codes;
import dev.parley.store.Holders;
import dev.parley.store.Moments;
import dev.parley.store.Rule;
import dev.parley.store.Transaction;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Set;
import org.hl7.fhir.r4.model.CommunicationRequest;
import org.hl7.fhir.r4.model.CommunicationRequest.CommunicationRequestStatus;
import org.hl7.fhir.r4.model.DateTimeType;
import org.hl7.fhir.r4.model.Reference;

/**
 * A broadcast that becomes active is begun in the transaction that makes it so: who gets it is
 * settled, and when. From then on it can only be revoked.
 */
final class BroadcastRule implements Rule {
  static final String KIND = "broadcast";
  private static final String CODE = "broadcast";
  private static final String PEOPLE = "parley.broadcast.people";
  private final Tools tools;
  private final Recipients recipients;

  BroadcastRule(Tools tools) {
    this.tools = tools;
    this.recipients = new Recipients(tools.chart());
  }

  static boolean is(Object resource) {
    return resource instanceof CommunicationRequest request
        && request.getCategory().stream()
            .flatMap(c -> c.getCoding().stream())
            .anyMatch(c -> Codes.CATEGORIES.equals(c.getSystem()) && CODE.equals(c.getCode()));
  }

  private static boolean isActive(Object resource) {
    return resource instanceof CommunicationRequest request
        && request.getStatus() == CommunicationRequestStatus.ACTIVE;
  }

  /** Whether it is the one by which the broadcast begins. */
  private static boolean begins(Change change) {
    return change.sends()
        && is(change.after())
        && isActive(change.after())
        && (change.before() == null || isDraft(change.before()));
  }

  private static boolean isDraft(Object resource) {
    return ((CommunicationRequest) resource).getStatus() == CommunicationRequestStatus.DRAFT;
  }

  @Override
  public boolean needsTransaction(Change change) {
    return change.type().equals("CommunicationRequest")
        && (is(change.before()) || is(change.after()))
        && (change.before() != null || change.sends());
  }

  @Override
  public boolean completes(Change change) {
    return begins(change);
  }

  @Override
  public void beforeWrite(Change change, Transaction transaction) throws SQLException {
    if (!needsTransaction(change)) {
      return;
    }
    Caller.Kind kind = change.caller().kind();
    if (kind == Caller.Kind.PATIENT || kind == Caller.Kind.PROXY) {
      throw Refusal.forbidden("not-staff", "Broadcasts are sent by staff and by systems");
    }
    if (change.before() != null && is(change.before()) && !isDraft(change.before())) {
      begun((CommunicationRequest) change.before(), (CommunicationRequest) change.after());
    } else if (begins(change)) {
      begin(change, transaction);
    }
  }

  /** What is on its way stays as it is, except that no more of it is sent. */
  private static void begun(CommunicationRequest before, CommunicationRequest after) {
    CommunicationRequestStatus asked = after == null ? null : after.getStatus();
    if (after == null
        || asked != before.getStatus()
            && asked != CommunicationRequestStatus.REVOKED
            && asked != CommunicationRequestStatus.COMPLETED
        || !bare(before).equalsDeep(bare(after))) {
      throw Refusal.forbidden(
          "sent-is-final",
          "A broadcast on its way does not change; what is not sent yet can be revoked");
    }
  }

  private static CommunicationRequest bare(CommunicationRequest request) {
    CommunicationRequest bare = request.copy();
    bare.setId((String) null);
    bare.setMeta(null);
    bare.setStatusElement(null);
    bare.setStatusReason(null);
    return bare;
  }

  private void begin(Change change, Transaction transaction) throws SQLException {
    CommunicationRequest request = (CommunicationRequest) change.after();
    Instant now = tools.clock().instant();
    if (!request.hasPayload()) {
      throw Refusal.unprocessable("required", "no-text", "A broadcast says something: payload")
          .at("CommunicationRequest.payload");
    }
    if (!change.caller().isSystem()) {
      own(change.caller(), request, transaction.connection(), now);
    } else if (!request.hasSender()) {
      throw Refusal.unprocessable("required", "no-sender", "Say in whose name it is sent: sender")
          .at("CommunicationRequest.sender");
    }
    Set<String> people = recipients.of(request, transaction.connection(), now);
    if (request.hasSubject() && people.stream().anyMatch(Chart::isPatientSide)) {
      throw Refusal.unprocessable(
              "business-rule",
              "subject-of-broadcast",
              "A message to a patient is about themselves: leave out the subject")
          .at("CommunicationRequest.subject");
    }
    request.setAuthoredOnElement(Moments.utc(now));
    request.setUserData(PEOPLE, people);
    change.tell(
        Notice.information(
            CODE, "A message of their own goes to each of %d".formatted(people.size())));
  }

  private void own(Caller caller, CommunicationRequest request, Connection connection, Instant now)
      throws SQLException {
    if (!request.hasSender()) {
      request.setSender(new Reference(caller.reference()));
    }
    String sender = tools.chart().local(request.getSender()).orElse("");
    if (!Holders.isIn(connection, caller.reference(), sender, now)) {
      throw Refusal.forbidden(
              "not-the-sender",
              "A broadcast is sent in one's own name, or that of a role one is in")
          .at("CommunicationRequest.sender");
    }
  }

  @Override
  @SuppressWarnings("unchecked")
  public void afterWrite(Change change, Connection connection) throws SQLException {
    if (begins(change) && change.after().getUserData(PEOPLE) instanceof Set<?> people) {
      BroadcastTable.begin(
          connection, change.id(), change.caller(), (Set<String>) people, tools.own()::newId);
      tools.agenda().at(connection, KIND, change.id(), when((CommunicationRequest) change.after()));
    } else if (is(change.before())
        && isActive(change.before())
        && change.after() instanceof CommunicationRequest after
        && after.getStatus() == CommunicationRequestStatus.REVOKED) {
      BroadcastTable.revoke(connection, change.id());
    }
  }

  private Instant when(CommunicationRequest request) {
    Instant now = tools.clock().instant();
    return request.getOccurrence() instanceof DateTimeType time
            && time.getValue().toInstant().isAfter(now)
        ? time.getValue().toInstant()
        : now;
  }
}
