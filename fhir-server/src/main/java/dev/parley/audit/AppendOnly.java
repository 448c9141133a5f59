// SPDX-License-Identifier: Apache-2.0
package dev.parley.audit;

import dev.parley.access.Caller;
import dev.parley.access.Refusal;
import dev.parley.store.Change;
import dev.parley.store.Locks;
import dev.parley.store.Rule;

/**
 * AuditEvents are made of the trail: no client writes one, through any door (G-16). Only while
 * there is no login are they stored like other resources, for examples and tests.
 */
final class AppendOnly implements Rule {
  /** While planning: a delete of what is not stored asks no rule later. */
  @Override
  public void plan(Change change, Locks locks) {
    if (change.type().equals("AuditEvent") && !change.caller().equals(Caller.ANYONE)) {
      throw Refusal.notAllowed(
              "audit-append-only", "AuditEvents are made by the server; nobody else writes them")
          .with("Allow", "GET, HEAD");
    }
  }
}
