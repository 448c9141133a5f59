// SPDX-License-Identifier: Apache-2.0
package dev.parley.conversation;

import dev.parley.store.Change;
import dev.parley.store.References;
import dev.parley.store.Rule;
import dev.parley.store.Transaction;
import java.sql.SQLException;
import org.hl7.fhir.r4.model.Communication;

/** What systems with the scope {@code messaging} send for others: it belongs into its thread. */
final class RelayRule implements Rule {
  private final References references;
  private final ThreadEntry entry;

  RelayRule(References references, ThreadEntry entry) {
    this.references = references;
    this.entry = entry;
  }

  @Override
  public boolean needsTransaction(Change change) {
    return change.caller().isSystem() && change.sends() && MessageRule.begins(change);
  }

  @Override
  public boolean completes(Change change) {
    return needsTransaction(change);
  }

  @Override
  public void beforeWrite(Change change, Transaction transaction) throws SQLException {
    if (!needsTransaction(change)) {
      return;
    }
    Communication message = (Communication) change.after();
    if (message.hasPartOf()) {
      entry.check(message, Membership.nobody(references), transaction.connection());
    } else {
      throw MessageRule.unplaced(message);
    }
  }
}
