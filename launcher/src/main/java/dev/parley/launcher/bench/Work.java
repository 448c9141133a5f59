// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.bench;

import java.io.IOException;
import java.sql.SQLException;

/** Something that clients do over and over, each waiting for its answer before it asks again. */
interface Work {
  /** A client of its own, for one thread. */
  Client client(int number) throws IOException, SQLException;

  /** One connection, one request at a time. */
  interface Client extends AutoCloseable {
    /** Does it once; null, or what is wrong with the answer. */
    String once() throws IOException, SQLException;

    /** It is the turn of others for a while, in which a server may close idle connections. */
    default void rest() {}

    @Override
    void close();
  }
}
