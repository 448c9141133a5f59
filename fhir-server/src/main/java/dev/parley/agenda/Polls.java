// SPDX-License-Identifier: Apache-2.0
package dev.parley.agenda;

import com.github.kagkarlsson.scheduler.event.AbstractSchedulerListener;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Says once that what is due waits, and that it goes on: the scheduler says it at each poll. */
final class Polls extends AbstractSchedulerListener {
  private static final Logger LOG = LoggerFactory.getLogger(Agenda.class);

  private static final Set<SchedulerEventType> RAN =
      EnumSet.of(SchedulerEventType.RAN_EXECUTE_DUE, SchedulerEventType.RAN_DETECT_DEAD);

  private final AtomicBoolean waits = new AtomicBoolean();

  @Override
  public void onSchedulerEvent(SchedulerEventType type) {
    if (type == SchedulerEventType.UNEXPECTED_ERROR && waits.compareAndSet(false, true)) {
      LOG.warn("What is due waits: the database does not answer, or not in time");
    } else if (RAN.contains(type) && waits.compareAndSet(true, false)) {
      LOG.info("What is due is done again");
    }
  }
}
