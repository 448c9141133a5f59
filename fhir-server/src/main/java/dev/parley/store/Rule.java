// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import dev.parley.access.Caller;
import dev.parley.access.Refusal;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;

/**
 * A rule that the store calls for every write, in the order of the list in {@code Wiring}. It says
 * no by throwing a {@link dev.parley.access.Refusal}; the whole transaction is rolled back then.
 */
public interface Rule {
  /**
   * Adds what must not change under this write (see "Locks" in docs/architecture.md). Called before
   * anything is locked or read; the change has no previous version yet.
   */
  default void plan(Change change, Locks locks) {}

  /**
   * What is written in place of a step, in the same transaction: a thread before the message that
   * names none. Asked before anything is planned, again for each attempt; the step and its draft
   * are left as they are.
   *
   * @param step with the id under which it will be stored
   * @return the steps to write; the last one is what the client is answered
   */
  default List<Step> instead(Caller caller, Step step) {
    return List.of(step);
  }

  /**
   * Whether this rule reads the locked database in {@link #beforeWrite}, or does anything in {@link
   * #afterWrite} and the methods below it, for this change. A plain create for which no rule does
   * is one statement, and only beforeWrite is called for it.
   */
  default boolean needsTransaction(Change change) {
    return false;
  }

  /**
   * Whether {@link #beforeWrite} may change the resource: its text is made anew from it then. Only
   * for a rule that needs a transaction for the change. Asked after beforeWrite.
   */
  default boolean completes(Change change) {
    return false;
  }

  /** May refuse, or complete the resource. Everything planned is locked. */
  default void beforeWrite(Change change, Transaction transaction) throws SQLException {}

  /** In the same transaction, after the row is written. */
  default void afterWrite(Change change, Connection connection) throws SQLException {}

  /**
   * May refuse, knowing that the caller may write all this: everything is written, and the rules
   * can read it in the transaction.
   */
  default void beforeCommit(List<Change> changes, Transaction transaction) throws SQLException {}

  /**
   * What the server creates besides, in the same transaction, after everything asked for is
   * written: a Task for staff, say. The rules are asked about these as well, except for this.
   */
  default List<Draft> adds(List<Change> changes, Connection connection) throws SQLException {
    return List.of();
  }

  /**
   * What the server changes besides, in the same transaction, after everything asked for is written
   * and without asking the rules for more: what belongs to somebody who has died, say.
   */
  default List<Step> follows(List<Change> changes, Connection connection) throws SQLException {
    return List.of();
  }

  /**
   * What follows from what rules have changed besides; asked once, so that nothing goes round in
   * circles: the files of a message that is recalled with the one that it forwards.
   */
  default List<Step> followsOwn(List<Change> changes, Connection connection) throws SQLException {
    return List.of();
  }

  /** After the commit, in the thread of the request; must not throw. */
  default void afterCommit(List<Change> changes) {}

  /**
   * What stays of a write that this rule has refused, everything else being rolled back.
   *
   * @param all everything that was to be written; from beforeCommit with what was there before
   */
  default Remains afterRefusal(Refusal refusal, List<Change> all) {
    return new Remains(List.of(), refusal);
  }

  /**
   * What stays of a write that another rule has refused: somebody in need is helped whatever else
   * the message lacks.
   *
   * @return written by the server, in a transaction of their own
   */
  default List<Step> despiteRefusal(Refusal refusal, List<Change> all) {
    return List.of();
  }

  /**
   * What stays of a refused write.
   *
   * @param steps written by the server, in a transaction of their own
   * @param refusal what the client is answered
   */
  record Remains(List<Step> steps, Refusal refusal) {}
}
