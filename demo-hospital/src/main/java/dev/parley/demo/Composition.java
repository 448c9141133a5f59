// SPDX-License-Identifier: Apache-2.0
package dev.parley.demo;

import ca.uhn.fhir.context.FhirContext;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.CommunicationRequest;
import org.hl7.fhir.r4.model.Resource;
import org.hl7.fhir.r4.model.Task;

/** The whole demo hospital: who and what exists, and what was written about it, by time. */
record Composition(List<Resource> hospital, List<Resource> conversations) {

  static Composition of(FhirContext fhir, SyntheaRun synthea) throws IOException {
    Records records = new Records();
    new Departments(records).add();
    Staff staff = new Staff(records);
    Patients patients = new Patients(records, synthea);
    patients.add(fhir, new OtherProviders(fhir, records, synthea.infrastructure()));
    Families families = new Families(records);
    new CareTeams(records, staff).add(patients.living(), families);
    new Consents(records, families).add(patients.living());
    new Calendar(records, staff).add(families);
    Participants people = new Participants(records, staff, families);
    for (Script script : Script.all()) {
      new Conversation(script, new Subjects(records, script), people).addTo(records);
    }
    new Reminders(records, staff, families).add();
    new Worklist(records, staff).add();
    return split(records);
  }

  private static Composition split(Records records) {
    List<Resource> hospital = new ArrayList<>();
    List<Resource> conversations = new ArrayList<>();
    for (Resource resource : records.inOrder()) {
      (time(resource) == null ? hospital : conversations).add(resource);
    }
    // The sort is stable: a header stays before a first message of the same second.
    conversations.sort(Comparator.comparing(Composition::time));
    return new Composition(hospital, conversations);
  }

  private static Instant time(Resource resource) {
    if (resource instanceof Communication communication) {
      return communication.getSent().toInstant();
    }
    if (resource instanceof CommunicationRequest request) {
      return request.getAuthoredOn().toInstant();
    }
    // A finished task points at its answer, so it comes after that.
    return resource instanceof Task task ? lastChange(task) : null;
  }

  private static Instant lastChange(Task task) {
    return (task.hasLastModified() ? task.getLastModified() : task.getAuthoredOn()).toInstant();
  }

  List<Resource> all() {
    List<Resource> all = new ArrayList<>(hospital);
    all.addAll(conversations);
    return all;
  }
}
