// SPDX-License-Identifier: Apache-2.0
package dev.parley.identity;

import dev.parley.store.OwnTask;
import java.time.Clock;
import java.util.EnumSet;
import java.util.Set;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.Communication.CommunicationPriority;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.Task;

/** The Task by which staff learn that a message is not read because its reader is not verified. */
final class CallTasks {
  static final String CODE = "call-the-patient";
  private static final Set<CommunicationPriority> AT_ONCE =
      EnumSet.of(
          CommunicationPriority.URGENT, CommunicationPriority.ASAP, CommunicationPriority.STAT);

  private final Clock clock;

  CallTasks(Clock clock) {
    this.clock = clock;
  }

  static boolean isUrgent(Communication message) {
    return AT_ONCE.contains(message.getPriority());
  }

  Task about(String reference, Communication message) {
    Task task =
        OwnTask.of(
            CODE,
            "A message waits because its reader's identity is not verified: call",
            clock.instant());
    task.setFocus(new Reference(reference));
    task.setFor(message.getSubject().copy());
    if (message.hasPriority()) {
      task.setPriority(OwnTask.priority(message));
    }
    if (message.hasSender()) {
      task.setRequester(message.getSender().copy());
    }
    return task;
  }
}
