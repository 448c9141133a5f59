// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import dev.parley.access.Caller;
import dev.parley.access.Origin;
import dev.parley.access.Refusal;
import java.util.Collection;
import java.util.List;
import java.util.Locale;

/**
 * What one act leaves in the audit trail. Ids only, never content; a search's query is the
 * exception, and why only privacy officers read the trail.
 *
 * @param type of the resource it is about, or null
 * @param id of that resource, or null
 * @param version of that resource, or null
 * @param query of a search, or the name of an operation; or null
 * @param patients ids of the patients whom it concerns
 * @param outcome of {@code AuditEvent.outcome}: 0, 4, 8 or 12
 * @param reason the stable reason of a refusal, or a word about the row ("spooled"); or null
 * @param recipients of a push: {@code owner client subscription}, with single spaces
 */
public record Trace(
    Action action,
    Caller caller,
    Origin origin,
    String type,
    String id,
    Integer version,
    String query,
    List<String> patients,
    int outcome,
    String reason,
    List<String> recipients) {

  /** What is done. Their names in lower case are what the rows hold. */
  public enum Action {
    CREATE,
    READ,
    /** Of an attachment's bytes. */
    DOWNLOAD,
    VREAD,
    UPDATE,
    PATCH,
    DELETE,
    SEARCH,
    HISTORY,
    OPERATION,
    PUSH,
    EXPORT,
    LOGIN,
    LOGOUT,
    BREAK_GLASS,
    CONSENT,
    HOLD,
    PURGE;

    /** As it is stored: {@code break-glass}. */
    public String word() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    public static Action of(String word) {
      return valueOf(word.toUpperCase(Locale.ROOT).replace('-', '_'));
    }
  }

  public static Trace of(Caller caller, Origin origin, Action action) {
    return new Trace(action, caller, origin, null, null, null, null, List.of(), 0, null, List.of());
  }

  public Trace on(String aType, String anId, Integer aVersion) {
    return new Trace(
        action,
        caller,
        origin,
        aType,
        anId,
        aVersion,
        query,
        patients,
        outcome,
        reason,
        recipients);
  }

  /** Of a search, or the name of an operation. */
  public Trace asking(String aQuery) {
    return new Trace(
        action, caller, origin, type, id, version, aQuery, patients, outcome, reason, recipients);
  }

  /** Concerning these patients, by id. */
  public Trace about(Collection<String> ids) {
    return new Trace(
        action,
        caller,
        origin,
        type,
        id,
        version,
        query,
        List.copyOf(ids),
        outcome,
        reason,
        recipients);
  }

  /** Sent to these. */
  public Trace to(Collection<String> some) {
    return new Trace(
        action,
        caller,
        origin,
        type,
        id,
        version,
        query,
        patients,
        outcome,
        reason,
        List.copyOf(some));
  }

  /** Refused: 8 where access was denied, 4 otherwise. */
  public Trace refused(Refusal refusal) {
    boolean denied = refusal.status() == 401 || refusal.status() == 403;
    return ending(denied ? 8 : 4, refusal.reason());
  }

  public Trace ending(int anOutcome, String aReason) {
    return new Trace(
        action, caller, origin, type, id, version, query, patients, anOutcome, aReason, recipients);
  }
}
