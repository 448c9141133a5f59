// SPDX-License-Identifier: Apache-2.0
package dev.parley.redflag;

import dev.parley.access.Caller;
import dev.parley.access.Notice;
import dev.parley.access.Refusal;
import dev.parley.redflag.RedFlagList.Found;
import dev.parley.store.Change;
import dev.parley.store.Rule;
import dev.parley.store.Sending;
import dev.parley.store.Step;
import dev.parley.store.Transaction;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.hl7.fhir.r4.model.Base;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.Communication.CommunicationPayloadComponent;
import org.hl7.fhir.r4.model.StringType;
import org.hl7.fhir.r4.model.Task;

/**
 * Whoever on the patient's side writes what sounds like danger is told at once what to do, whatever
 * becomes of the message, and staff get a Task; in the transaction of the message, or, if another
 * rule refuses it, in one of its own.
 */
final class RedFlagRule implements Rule {
  static final String CODE = "red-flag";

  private static final String FOUND = "parley.red-flag.found";
  private static final String TOLD = "parley.red-flag.told";
  private final Supplier<RedFlagList> list;
  private final Advice advice;
  private final Aid aid;
  private final Readers readers;

  RedFlagRule(Supplier<RedFlagList> list, Advice advice, Aid aid, Readers readers) {
    this.readers = readers;
    this.list = list;
    this.advice = advice;
    this.aid = aid;
  }

  @Override
  public boolean needsTransaction(Change change) {
    return !found(change).isEmpty() || Aid.is(change.after());
  }

  @Override
  public void afterWrite(Change change, Connection connection) throws SQLException {
    if (Aid.is(change.after())) {
      readers.note((Task) change.after(), change.id(), connection);
    }
  }

  @Override
  public void beforeWrite(Change change, Transaction transaction) throws SQLException {
    if (!found(change).isEmpty()) {
      tell(change, transaction.connection());
    }
  }

  private void tell(Change change, Connection connection) throws SQLException {
    Communication message = (Communication) change.after();
    if (message.getUserData(TOLD) == null) {
      message.setUserData(TOLD, advice.to(message, found(change), connection));
    }
    change.tell(
        Notice.warning(CODE, (String) message.getUserData(TOLD)).at("Communication.payload"));
  }

  @Override
  public List<Step> follows(List<Change> changes, Connection connection) throws SQLException {
    List<Step> steps = new ArrayList<>();
    for (Change change : changes) {
      if (!found(change).isEmpty()) {
        Communication message = (Communication) change.after();
        aid.of(
            new Aid.Cry(
                message,
                change.caller(),
                "Communication/" + change.id(),
                true,
                found(change),
                (String) message.getUserData(TOLD)),
            connection,
            steps);
      }
    }
    return steps;
  }

  @Override
  public List<Step> despiteRefusal(Refusal refusal, List<Change> all) {
    List<Step> steps = new ArrayList<>();
    for (Change change : all) {
      if (!found(change).isEmpty()) {
        try (Connection connection = aid.connection()) {
          tell(change, connection);
          Communication message = (Communication) change.after();
          // Into the thread only if they take part in it, which a missing consent says.
          boolean inThread = refusal.reason().equals("consent-missing");
          aid.of(
              new Aid.Cry(
                  message,
                  change.caller(),
                  null,
                  inThread,
                  found(change),
                  (String) message.getUserData(TOLD)),
              connection,
              steps);
        } catch (SQLException e) {
          throw new IllegalStateException(e);
        }
      }
    }
    return steps;
  }

  /** The flags of what somebody on the patient's side sends by this. */
  @SuppressWarnings("unchecked")
  private List<Found> found(Change change) {
    if (!(change.after() instanceof Communication message) || !isTheirs(change, message)) {
      return List.of();
    }
    if (!(message.getUserData(FOUND) instanceof List<?>)) {
      Set<Found> found = new LinkedHashSet<>();
      for (CommunicationPayloadComponent payload : message.getPayload()) {
        if (payload.getContent() instanceof StringType text && text.hasValue()) {
          found.addAll(list.get().in(text.getValue()));
        }
      }
      message.setUserData(FOUND, List.copyOf(found));
    }
    return isSent(message, change.before()) ? (List<Found>) message.getUserData(FOUND) : List.of();
  }

  private static boolean isTheirs(Change change, Communication message) {
    Caller caller = change.caller();
    return caller.kind() == Caller.Kind.PATIENT
        || caller.kind() == Caller.Kind.PROXY
        || caller.isSystem()
            && change.sends()
            && String.valueOf(message.getSender().getReference())
                .matches("(.*/)?(Patient|RelatedPerson)/[^/]+");
  }

  /** Or is to be sent later: whoever is in danger is so now. When it is sent it counts again. */
  private static boolean isSent(Communication message, Base before) {
    return message.hasPayload()
        && (isOut(message) || Sending.isScheduled(message))
        && !(before instanceof Communication earlier
            && (isOut(earlier) || Sending.isScheduled(earlier) && Sending.isScheduled(message))
            && Base.compareDeep(earlier.getPayload(), message.getPayload(), true));
  }

  private static boolean isOut(Communication message) {
    return !Sending.UNSENT.contains(message.getStatus());
  }
}
