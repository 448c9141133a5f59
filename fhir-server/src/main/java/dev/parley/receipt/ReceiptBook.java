// SPDX-License-Identifier: Apache-2.0
package dev.parley.receipt;

import dev.parley.db.Database;
import dev.parley.feed.Readership;
import dev.parley.store.Annotation;
import dev.parley.store.References;
import java.time.Clock;

/** What store and feed ask of receipts; made before them. */
public final class ReceiptBook implements AutoCloseable {
  private final Database database;
  private final Runnable wake;
  private final Arrivals arrivals;
  private final Unread unread;
  private final ShownReceipts shown;

  /**
   * @param wake called after each commit that told something in the event log
   */
  public ReceiptBook(Database database, References references, Runnable wake, Clock clock) {
    this.database = database;
    this.wake = wake;
    arrivals = new Arrivals(database, wake, clock);
    unread = new Unread(references, arrivals, clock);
    shown = new ShownReceipts(references, arrivals, clock);
  }

  /** Puts receipts into what is answered. */
  public Annotation annotation() {
    return shown;
  }

  /** Puts receipts and counters into what is pushed. */
  public Readership readership() {
    return unread;
  }

  Unread unread() {
    return unread;
  }

  Reading reading() {
    return new Reading(database, wake);
  }

  void start() {
    arrivals.start();
  }

  @Override
  public void close() {
    arrivals.close();
  }
}
