// SPDX-License-Identifier: Apache-2.0
package dev.parley.expectation;

import dev.parley.feature.Tools;
import dev.parley.store.CallerStore;
import dev.parley.store.Keys;
import dev.parley.store.Moments;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.hl7.fhir.r4.model.CodeType;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.Parameters;
import org.hl7.fhir.r4.model.Parameters.ParametersParameterComponent;
import org.hl7.fhir.r4.model.Patient;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.StringType;
import org.hl7.fhir.r4.model.Task;
import org.hl7.fhir.r4.model.UnsignedIntType;

/** The form of the answer: how many patients, and a parameter for each, with what is open. */
final class HandoverList {
  private HandoverList() {}

  /** One patient. */
  static final class Entry {
    private final String patient;
    private final List<Task> tasks = new ArrayList<>();
    private final List<Communication> threads = new ArrayList<>();
    private String name;

    private Entry(String patient) {
      this.patient = patient;
    }

    static Entry of(String patient) {
      return new Entry(patient);
    }

    List<Task> tasks() {
      return tasks;
    }

    List<Communication> threads() {
      return threads;
    }

    /** As far as the caller may know who it is. */
    void name(Tools tools, CallerStore mine) {
      if (patient.startsWith("Patient/")) {
        mine.find("Patient", patient.substring("Patient/".length()))
            .filter(stored -> !stored.deleted())
            .map(stored -> tools.chart().parse(stored, Patient.class))
            .filter(Patient::hasName)
            .ifPresent(known -> name = known.getNameFirstRep().getNameAsSingleString());
      }
    }
  }

  static Parameters answer(Map<String, Entry> patients, LastMessages last) {
    Set<Long> conversations = new TreeSet<>();
    for (Entry entry : patients.values()) {
      entry.threads.forEach(t -> conversations.add(Keys.of(reference(t))));
      entry.tasks.forEach(t -> conversations.add(Keys.of(focus(t))));
    }
    Map<Long, Instant> times = last.of(conversations);
    Parameters answer = new Parameters();
    answer.addParameter("count", new UnsignedIntType(patients.size()));
    for (Entry entry : patients.values()) {
      ParametersParameterComponent each = answer.addParameter().setName("patient");
      if (!entry.patient.isEmpty()) {
        Reference reference = new Reference(entry.patient);
        reference.setDisplay(entry.name);
        each.addPart().setName("who").setValue(reference);
      }
      entry.tasks.forEach(task -> task(each, task, times));
      entry.threads.forEach(thread -> thread(each, thread, times));
    }
    return answer;
  }

  private static String reference(Communication thread) {
    return "Communication/" + thread.getIdElement().getIdPart();
  }

  private static String focus(Task task) {
    return String.valueOf(task.getFocus().getReference());
  }

  private static void task(
      ParametersParameterComponent patient, Task task, Map<Long, Instant> times) {
    ParametersParameterComponent part = patient.addPart().setName("task");
    part.addPart()
        .setName("reference")
        .setValue(new Reference("Task/" + task.getIdElement().getIdPart()));
    if (task.hasFocus()) {
      part.addPart().setName("focus").setValue(task.getFocus().copy());
    }
    if (task.hasCode()) {
      part.addPart()
          .setName("code")
          .setValue(new StringType(task.getCode().getCodingFirstRep().getCode()));
    }
    part.addPart().setName("status").setValue(new CodeType(task.getStatus().toCode()));
    if (task.hasBusinessStatus()) {
      part.addPart()
          .setName("state")
          .setValue(new CodeType(task.getBusinessStatus().getCodingFirstRep().getCode()));
    }
    if (task.hasPriority()) {
      part.addPart().setName("priority").setValue(new CodeType(task.getPriority().toCode()));
    }
    if (task.hasOwner()) {
      part.addPart().setName("owner").setValue(task.getOwner().copy());
    }
    Instant due = new Work(task).due();
    if (due != null) {
      part.addPart().setName("due").setValue(Moments.utc(due));
    }
    last(part, times.get(Keys.of(focus(task))));
  }

  private static void thread(
      ParametersParameterComponent patient, Communication thread, Map<Long, Instant> times) {
    ParametersParameterComponent part = patient.addPart().setName("thread");
    part.addPart().setName("reference").setValue(new Reference(reference(thread)));
    if (thread.hasPriority()) {
      part.addPart().setName("priority").setValue(new CodeType(thread.getPriority().toCode()));
    }
    last(part, times.get(Keys.of(reference(thread))));
  }

  private static void last(ParametersParameterComponent part, Instant at) {
    if (at != null) {
      part.addPart().setName("lastMessage").setValue(Moments.utc(at));
    }
  }
}
