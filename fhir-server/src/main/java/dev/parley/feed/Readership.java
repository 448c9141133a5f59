// SPDX-License-Identifier: Apache-2.0
package dev.parley.feed;

import dev.parley.access.Caller;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;

/**
 * What of a notification is its reader's own, beside the resource: how much they have not read yet,
 * and the receipts that they may know of. And who is told that a client of theirs has a message.
 */
public interface Readership {
  /** Nothing. */
  Readership NONE =
      new Readership() {
        @Override
        public List<Own> of(Connection connection, List<Asked> asked) {
          return asked.stream().map(a -> Own.NONE).toList();
        }

        @Override
        public void got(Caller reader, long message) {}
      };

  /**
   * One event for one reader.
   *
   * @param message self of the Communication
   * @param thread self of its header, or of itself
   * @param json as the reader will get it; null if only its id goes out
   * @param fresh whether it is about a new message: then there are no receipts yet
   */
  record Asked(Caller reader, long message, long thread, String json, boolean fresh) {}

  /**
   * The reader's own.
   *
   * @param json with receipts; null for what was asked
   * @param unread null if the reader has none of these counters
   */
  record Own(String json, Unread unread) {
    static final Own NONE = new Own(null, null);
  }

  /**
   * Messages that somebody has not read, now.
   *
   * @param thread in the thread of the event; null if they do not take part in it
   * @param all in all threads
   */
  record Unread(Integer thread, int all) {}

  /** In the order of what is asked; a few statements, however much that is. */
  List<Own> of(Connection connection, List<Asked> asked) throws SQLException;

  /** A client of this person has this message. Called often, must not block. */
  void got(Caller reader, long message);
}
