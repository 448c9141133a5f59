// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import dev.parley.access.Caller;
import org.hl7.fhir.r4.model.Resource;

/**
 * Who may see what: the one rule that every door asks. Searches ask it as an SQL condition, pushes
 * as a function over what the log froze; both are about the same audience keys.
 */
public interface Visibility {
  /** Everybody sees everything. */
  Visibility OPEN =
      new Visibility() {
        @Override
        public Sql condition(Caller caller, Access access, String type, String alias) {
          return Sql.TRUE;
        }

        @Override
        public Sql compartment(References.Local owner, String alias) {
          return Sql.TRUE;
        }

        @Override
        public boolean sees(Caller caller, String type, long self, long[] keys, long[] audience) {
          return true;
        }

        @Override
        public long[] audience(Caller caller, Resource resource, IndexValues values) {
          return null;
        }
      };

  /** What somebody wants to do with what they find; the letter is that of SMART scopes. */
  enum Access {
    READ('r'),
    SEARCH('s'),
    UPDATE('u'),
    DELETE('d'),
    /** To name it in something else: no scope is needed. */
    REFER(' ');

    private final char letter;

    Access(char letter) {
      this.letter = letter;
    }

    public char letter() {
      return letter;
    }
  }

  /**
   * SQL over the columns of {@code resource} under this alias; true where the caller may see the
   * row. {@link Sql#TRUE} itself if all may be seen.
   *
   * @param type of all the rows, or null
   */
  Sql condition(Caller caller, Access access, String type, String alias);

  /**
   * SQL over a row that names the owner of a compartment: whether it is in it. What staff write
   * among themselves about a patient is not in the patient's.
   */
  Sql compartment(References.Local owner, String alias);

  /**
   * Whether an event is one for this caller.
   *
   * @param keys what the resource is found by
   * @param audience who might see it when it was written: the holders of its audience keys
   */
  boolean sees(Caller caller, String type, long self, long[] keys, long[] audience);

  /**
   * The audience keys to store with a resource; null if it has that of its thread.
   *
   * @param caller who writes it
   */
  long[] audience(Caller caller, Resource resource, IndexValues values);
}
