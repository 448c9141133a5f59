// SPDX-License-Identifier: Apache-2.0
package dev.parley.visibility;

import dev.parley.access.Caller;
import dev.parley.store.Codes;
import dev.parley.store.IndexValues;
import dev.parley.store.Keys;
import dev.parley.store.Participation;
import dev.parley.store.References;
import dev.parley.store.References.Local;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.hl7.fhir.r4.model.Binary;
import org.hl7.fhir.r4.model.CodeableConcept;
import org.hl7.fhir.r4.model.Coding;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.Communication.CommunicationStatus;
import org.hl7.fhir.r4.model.CommunicationRequest;
import org.hl7.fhir.r4.model.Extension;
import org.hl7.fhir.r4.model.Provenance;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.Resource;
import org.hl7.fhir.r4.model.Task;

/** For whom a resource is, by what it says. */
final class Audience {

  static final String STAFF_ONLY = "staff-only";
  static final String PATIENT_FACING = "patient-facing";

  private static final String RECALLED = "recalled";
  private static final String BROADCAST = "broadcast";
  private static final String SENDER = Codes.EXTENSIONS + "sender";

  /** What holds nothing of patients: everybody who is logged in may look it up. */
  private static final Set<String> DIRECTORY =
      Set.of(
          "ActivityDefinition",
          "CapabilityStatement",
          "CatalogEntry",
          "ChargeItemDefinition",
          "CodeSystem",
          "CompartmentDefinition",
          "ConceptMap",
          "DeviceDefinition",
          "EffectEvidenceSynthesis",
          "Endpoint",
          "EventDefinition",
          "Evidence",
          "EvidenceVariable",
          "ExampleScenario",
          "GraphDefinition",
          "HealthcareService",
          "ImplementationGuide",
          "InsurancePlan",
          "Library",
          "Location",
          "Measure",
          "Medication",
          "MedicationKnowledge",
          "MessageDefinition",
          "NamingSystem",
          "ObservationDefinition",
          "OperationDefinition",
          "Organization",
          "OrganizationAffiliation",
          "PlanDefinition",
          "Practitioner",
          "PractitionerRole",
          "Questionnaire",
          "ResearchDefinition",
          "ResearchElementDefinition",
          "ResearchStudy",
          "RiskEvidenceSynthesis",
          "Schedule",
          "SearchParameter",
          "Slot",
          "SpecimenDefinition",
          "StructureDefinition",
          "StructureMap",
          "Substance",
          "SubstanceSpecification",
          "TerminologyCapabilities",
          "TestScript",
          "ValueSet");

  /** Types that concern no patient, but are nothing for patients either. */
  private static final Set<String> INTERNAL = Set.of("CareTeam", "Device", "Group");

  static final Set<String> DEMOGRAPHICS = Set.of("Patient", "RelatedPerson");

  private final References references;
  private final Set<String> sensitive;

  /**
   * @param sensitive codes of topics that an adolescent's proxies do not see
   */
  Audience(References references, Set<String> sensitive) {
    this.references = references;
    this.sensitive = sensitive;
  }

  /**
   * The keys; null for what has those of another: a message its thread's, its files the message's.
   */
  long[] of(Caller caller, Resource resource, IndexValues values) {
    Set<Long> keys = new LinkedHashSet<>();
    if (DIRECTORY.contains(resource.fhirType())) {
      keys.add(AudienceKey.EVERYBODY);
    } else if (resource instanceof Communication message) {
      if (inherits(message, values)) {
        return null;
      }
      communication(message, values, keys);
    } else if (resource instanceof CommunicationRequest request && isBroadcast(request)) {
      // It names all its recipients, who are not to hear of each other: its sender's alone.
      local(request.getSender()).ifPresent(l -> keys.add(AudienceKey.NAMED.of(l.self())));
      if (!caller.isSystem()) {
        keys.add(AudienceKey.NAMED.of(Keys.of(caller.reference())));
      }
    } else if (resource instanceof Provenance && values.thread() != null) {
      return null;
    } else if (resource instanceof Binary binary && values.thread() != null) {
      if (!isRecalled(binary)) {
        return null;
      }
      recalled(binary, keys);
    } else {
      record(caller, resource, values.owners(), keys);
    }
    return keys.stream().mapToLong(Long::longValue).toArray();
  }

  private static boolean isBroadcast(CommunicationRequest request) {
    return request.getCategory().stream()
        .flatMap(c -> c.getCoding().stream())
        .anyMatch(c -> BROADCAST.equals(c.getCode()) && Codes.CATEGORIES.equals(c.getSystem()));
  }

  /** The attachment feature says so, by a tag that nobody else can set. */
  private static boolean isRecalled(Binary binary) {
    return binary.getMeta().getTag().stream()
        .anyMatch(t -> RECALLED.equals(t.getCode()) && Codes.ATTACHMENTS.equals(t.getSystem()));
  }

  /** Its history stays for who sent it, and for those who watch over privacy. */
  private void recalled(Binary binary, Set<Long> keys) {
    keys.add(AudienceKey.PRIVACY_OFFICERS);
    for (Extension each : binary.getSecurityContext().getExtensionsByUrl(SENDER)) {
      if (each.getValue() instanceof Reference sender) {
        local(sender).ifPresent(l -> keys.add(AudienceKey.NAMED.of(l.self())));
      }
    }
  }

  static boolean isDirectory(String type) {
    return type != null && DIRECTORY.contains(type);
  }

  private static boolean inherits(Communication message, IndexValues values) {
    return values.thread() != null
        && message.getStatus() != CommunicationStatus.PREPARATION
        && message.getStatus() != CommunicationStatus.ONHOLD
        && message.getStatus() != CommunicationStatus.NOTDONE;
  }

  private void communication(Communication thread, IndexValues values, Set<Long> keys) {
    List<Local> patients =
        values.owners().stream().filter(o -> o.type().equals("Patient")).toList();
    List<Local> participants = participants(thread).toList();
    switch (thread.getStatus() == null ? CommunicationStatus.UNKNOWN : thread.getStatus()) {
      case PREPARATION, ONHOLD -> {
        // A draft, or not sent yet: its author's.
        if (values.thread() != null || thread.hasPayload() || thread.hasExtension(Codes.HELD)) {
          local(thread.getSender()).ifPresent(l -> keys.add(AudienceKey.NAMED.of(l.self())));
          return;
        }
      }
      case NOTDONE -> {
        patients.forEach(p -> keys.add(AudienceKey.STAFF.of(p.self())));
        participants.stream()
            .filter(p -> !isPatientSide(p))
            .forEach(p -> keys.add(AudienceKey.NAMED.of(p.self())));
        return;
      }
      default -> {}
    }
    boolean staffOnly = isStaffOnly(thread, participants);
    patients.forEach(p -> keys.add(AudienceKey.STAFF.of(p.self())));
    if (staffOnly) {
      keys.add(AudienceKey.STAFF_ONLY);
    }
    local(thread.getSubject())
        .filter(s -> s.type().equals("Patient") && !staffOnly)
        .ifPresent(p -> patientSide(thread, p.self(), keys));
    Set<Local> late = late(thread);
    for (Local each : participants) {
      if (late.contains(each)) {
        joined(thread, each, keys);
      } else if (!isPatientSide(each)) {
        keys.add(AudienceKey.NAMED.of(each.self()));
        if (Relations.hasStandIns(each)) {
          keys.add(AudienceKey.STAND_IN.of(each.self()));
        }
      } else if (!staffOnly) {
        named(thread, each, keys);
      }
    }
  }

  /** Those who see only what is from when they came. */
  private Set<Local> late(Communication thread) {
    return Participation.of(thread).stream()
        .filter(p -> p.fromJoined() && p.joined() != null)
        .flatMap(p -> local(p.who()).stream())
        .collect(Collectors.toSet());
  }

  private void joined(Communication thread, Local who, Set<Long> keys) {
    if (!who.type().equals("RelatedPerson") || !isConfidential(thread) && !isSensitive(thread)) {
      long self = Keys.self("Communication", thread.getIdElement().getIdPart());
      keys.add(AudienceKey.joined(self, who.self()));
    }
  }

  /** A thread that says nothing is for the patient if a patient or proxy takes part. */
  static boolean isStaffOnly(Communication thread, List<Local> participants) {
    for (CodeableConcept category : thread.getCategory()) {
      for (Coding coding : category.getCoding()) {
        if (Codes.AUDIENCES.equals(coding.getSystem())) {
          return STAFF_ONLY.equals(coding.getCode());
        }
      }
    }
    return !participants.isEmpty() && participants.stream().noneMatch(Audience::isPatientSide);
  }

  private Stream<Local> participants(Communication thread) {
    return Participation.in(thread).flatMap(r -> local(r).stream());
  }

  List<Local> participantsOf(Communication thread) {
    return participants(thread).toList();
  }

  static boolean isPatientSide(Local who) {
    return who.type().equals("Patient") || who.type().equals("RelatedPerson");
  }

  private void patientSide(Resource resource, long patient, Set<Long> keys) {
    keys.add(AudienceKey.PATIENT.of(patient));
    if (!isConfidential(resource)) {
      keys.add(AudienceKey.CHILD_PROXY.of(patient));
      if (!isSensitive(resource)) {
        keys.add(AudienceKey.PROXY.of(patient));
      }
    }
  }

  /** What hides a thread from proxies hides it from those who take part, too. */
  private void named(Resource resource, Local who, Set<Long> keys) {
    if (who.type().equals("RelatedPerson")) {
      if (isConfidential(resource)) {
        return;
      }
      keys.add(
          (isSensitive(resource) ? AudienceKey.CHILD_PROXY : AudienceKey.NAMED).of(who.self()));
    } else {
      keys.add(AudienceKey.NAMED.of(who.self()));
    }
  }

  private void record(Caller caller, Resource resource, List<Local> owners, Set<Long> keys) {
    List<Local> patients = owners.stream().filter(o -> o.type().equals("Patient")).toList();
    if (INTERNAL.contains(resource.fhirType()) && (patients.isEmpty() || isCohort(resource))) {
      // A list of people is for none of them: it names the others.
      keys.add(AudienceKey.ANY_STAFF);
      return;
    }
    for (Local patient : patients) {
      keys.add(AudienceKey.STAFF.of(patient.self()));
      if (DEMOGRAPHICS.contains(resource.fhirType())) {
        keys.add(AudienceKey.ACQUAINTED.of(patient.self()));
      }
    }
    if (DEMOGRAPHICS.contains(resource.fhirType())) {
      long itself = Keys.self(resource.fhirType(), resource.getIdElement().getIdPart());
      keys.add(AudienceKey.ACQUAINTED.of(itself));
    }
    // A task is work among staff unless the patient has a part in it.
    boolean staffWork = resource instanceof Task task && !concernsPatientSide(task);
    if (!staffWork && patients.size() == 1) {
      patientSide(resource, patients.get(0).self(), keys);
    }
    owners.stream().filter(o -> !o.type().equals("Patient")).forEach(o -> named(resource, o, keys));
    if (resource instanceof Task task) {
      pool(task).ifPresent(p -> keys.add(AudienceKey.NAMED.of(p.self())));
    }
    if (resource instanceof Task task && BreakGlass.isForPrivacy(task)) {
      keys.add(AudienceKey.PRIVACY_OFFICERS);
    }
    if (!caller.isSystem() && patients.isEmpty()) {
      // Of nobody's record: whoever wrote it must find it again.
      keys.add(AudienceKey.NAMED.of(Keys.of(caller.reference())));
    }
  }

  /** Whose work it is, whoever has it at the moment. */
  private Optional<Local> pool(Task task) {
    Extension e = task.getExtensionByUrl(Codes.POOL);
    return e != null && e.getValue() instanceof Reference pool
        ? local(pool).filter(p -> !isPatientSide(p))
        : Optional.empty();
  }

  private static boolean isCohort(Resource resource) {
    return resource.fhirType().equals("Group");
  }

  private boolean concernsPatientSide(Task task) {
    return Stream.of(task.getOwner(), task.getRequester())
        .flatMap(r -> local(r).stream())
        .anyMatch(Audience::isPatientSide);
  }

  /** Restricted or very restricted (fhir-model c1). */
  static boolean isConfidential(Resource resource) {
    return resource.getMeta().getSecurity().stream()
        .anyMatch(c -> "R".equals(c.getCode()) || "V".equals(c.getCode()));
  }

  private boolean names(Coding coding) {
    return coding.getCode() != null && sensitive.contains(coding.getCode());
  }

  private boolean isSensitive(Resource resource) {
    if (resource.getMeta().getSecurity().stream().anyMatch(this::names)) {
      return true;
    }
    return resource instanceof Communication thread
        && Stream.concat(
                thread.getTopic().getCoding().stream(),
                thread.getCategory().stream().flatMap(c -> c.getCoding().stream()))
            .anyMatch(this::names);
  }

  private Optional<Local> local(Reference reference) {
    return reference == null || reference.getReference() == null
        ? Optional.empty()
        : references.local(reference.getReference());
  }
}
