// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import java.sql.Connection;

/** What this attempt holds, and what the next one has to hold from the beginning. */
record Held(Connection connection, Locks held, Locks late) implements Transaction {
  void need(Long key) {
    if (key != null) {
      exclusive(key);
    }
  }

  void need(Locks needed) {
    for (int i = 0; i < needed.keys().length; i++) {
      if (!held.holds(needed.keys()[i], needed.modes()[i])) {
        late.all(needed);
        throw new Replan(true);
      }
    }
  }

  @Override
  public void shared(long key) {
    Locks one = new Locks();
    one.shared(key);
    need(one);
  }

  @Override
  public void exclusive(long key) {
    Locks one = new Locks();
    one.exclusive(key);
    need(one);
  }
}
