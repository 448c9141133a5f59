// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import dev.parley.access.Caller;

/**
 * Who may see what: the one rule that every door asks. Searches ask it as an SQL condition, single
 * resources and pushes as a function over the same frozen audience keys.
 */
public interface Visibility {
  /** Everybody sees everything: until an issuer of tokens is configured. */
  Visibility OPEN =
      new Visibility() {
        @Override
        public String condition(Caller caller, String alias) {
          return "true";
        }

        @Override
        public boolean sees(Caller caller, String type, String id, long[] audience) {
          return true;
        }
      };

  /**
   * SQL over the columns of {@code resource} under this alias; true where the caller may see the
   * row.
   */
  String condition(Caller caller, String alias);

  /** The same question for one resource, by the audience keys of its version. */
  boolean sees(Caller caller, String type, String id, long[] audience);
}
