// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import java.sql.Connection;

/**
 * The transaction of a write as its rules see it: everything planned is locked, and what was
 * committed before that can be read.
 */
public interface Transaction {
  /** For the one-statement path: only rules that ask for no transaction are called there. */
  Transaction NONE =
      new Transaction() {
        @Override
        public Connection connection() {
          throw new IllegalStateException("the rule said that it needs no transaction");
        }

        @Override
        public void shared(long key) {
          connection();
        }

        @Override
        public void exclusive(long key) {
          connection();
        }
      };

  Connection connection();

  /** Makes sure of a lock that only now turns out to be needed: the write may begin anew. */
  void shared(long key);

  /** The same, for a key that nobody else may hold. */
  void exclusive(long key);
}
