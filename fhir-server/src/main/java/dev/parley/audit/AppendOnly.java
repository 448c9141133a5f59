// SPDX-License-Identifier: Apache-2.0
package dev.parley.audit;

import dev.parley.access.Caller;
import dev.parley.access.Refusal;
import dev.parley.store.Change;
import dev.parley.store.Rule;
import dev.parley.store.Transaction;

/**
 * AuditEvents are made of the trail: no client writes one, through any door (G-16). Only while
 * there is no login are they stored like other resources, for examples and tests.
 */
public final class AppendOnly implements Rule {
  @Override
  public void beforeWrite(Change change, Transaction transaction) {
    if (change.type().equals("AuditEvent") && !change.caller().equals(Caller.ANYONE)) {
      throw Refusal.notAllowed(
              "audit-append-only", "AuditEvents are made by the server; nobody else writes them")
          .with("Allow", "GET, HEAD");
    }
  }
}
