// SPDX-License-Identifier: Apache-2.0
package dev.parley.audit;

import ca.uhn.fhir.context.FhirContext;
import dev.parley.store.Change;
import dev.parley.store.Moments;
import dev.parley.store.StoredResource;
import dev.parley.store.Trace.Action;
import java.nio.charset.StandardCharsets;
import java.util.function.Supplier;
import org.hl7.fhir.r4.model.AuditEvent;
import org.hl7.fhir.r4.model.AuditEvent.AuditEventAgentComponent;
import org.hl7.fhir.r4.model.AuditEvent.AuditEventAgentNetworkType;
import org.hl7.fhir.r4.model.AuditEvent.AuditEventEntityComponent;
import org.hl7.fhir.r4.model.CodeableConcept;
import org.hl7.fhir.r4.model.Coding;
import org.hl7.fhir.r4.model.Identifier;
import org.hl7.fhir.r4.model.Reference;

/** Makes AuditEvents of rows, in the profiles of IHE Basic Audit (G-1 to G-9). */
final class Balp {
  private static final String PROFILE =
      "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.";
  private static final String PARTICIPATION =
      "http://terminology.hl7.org/CodeSystem/v3-ParticipationType";
  private static final String CUSTODIAN =
      "http://terminology.hl7.org/CodeSystem/provenance-participant-type";
  private static final String ENTITY = "http://terminology.hl7.org/CodeSystem/audit-entity-type";
  private static final String ROLE = "http://terminology.hl7.org/CodeSystem/object-role";
  private static final String JTI = "urn:ietf:params:oauth:jti:";

  private final FhirContext fhir;
  private final Supplier<String> base;

  /**
   * @param base of FHIR, without a slash at the end
   */
  Balp(FhirContext fhir, Supplier<String> base) {
    this.fhir = fhir;
    this.base = base;
  }

  /** One of the events of a row, as a resource that is read. */
  StoredResource stored(AuditRow row, int part) {
    String text = fhir.newJsonParser().encodeResourceToString(event(row, part));
    return new StoredResource(
        "AuditEvent", row.eventId(part), 1, row.at(), Change.Kind.CREATE, text);
  }

  private AuditEvent event(AuditRow row, int part) {
    Kind kind = new Kind(row.action(), row.denied());
    AuditEvent event = new AuditEvent();
    String profile = profile(row, kind);
    if (profile != null) {
      event.getMeta().addProfile(PROFILE + profile);
    }
    event.setType(kind.type());
    kind.subtypes().forEach(event::addSubtype);
    if ("AuditEvent".equals(row.type())) {
      event.addSubtype(new Coding(Kind.DCM, "110101", "Audit Log Used"));
    }
    event.setAction(AuditEvent.AuditEventAction.fromCode(kind.letter()));
    event.setRecordedElement(Moments.instant(row.at()));
    event.setOutcome(AuditEvent.AuditEventOutcome.fromCode(String.valueOf(row.outcome())));
    event.setOutcomeDesc(row.reason());
    if (row.note() != null) {
      event.addPurposeOfEvent().setText(row.note());
    }
    event
        .getSource()
        .setObserver(server())
        .addType(
            new Coding(
                "http://terminology.hl7.org/CodeSystem/security-source-type",
                "4",
                "Application Server"));
    agents(event, row, part, kind);
    entities(event, row, part);
    return event;
  }

  /** G-7: of what succeeded only; a consent decision needs the patient and the consent. */
  private static String profile(AuditRow row, Kind kind) {
    if (kind.action() == Action.CONSENT) {
      return row.patients().isEmpty() || row.id() == null ? null : "AuthZconsent";
    }
    if (kind.profile() == null || row.outcome() != 0) {
      return null;
    }
    return (row.patients().isEmpty() ? "" : "Patient") + kind.profile();
  }

  private Reference server() {
    return new Reference().setDisplay(host()).setIdentifier(new Identifier().setValue(host()));
  }

  private String host() {
    return base.get().replaceFirst("^https?://", "").replaceFirst("[:/].*", "");
  }

  /** G-1, G-2, G-8. */
  private void agents(AuditEvent event, AuditRow row, int part, Kind kind) {
    AuditRow.Agent who = row.agent(part);
    boolean reads = "Read".equals(kind.profile());
    boolean deletes = kind.action() == Action.DELETE;
    boolean decides = kind.action() == Action.CONSENT;
    AuditEventAgentComponent client = event.addAgent();
    client.setType(
        deletes || decides
            ? dcm("110150", "Application")
            : reads ? dcm("110152", "Destination Role ID") : dcm("110153", "Source Role ID"));
    client.getWho().setIdentifier(new Identifier().setValue(who.client()));
    client.setRequestor(!who.isPerson());
    client
        .getNetwork()
        .setAddress(row.address() == null ? "unknown" : row.address())
        .setType(
            row.address() == null ? AuditEventAgentNetworkType._1 : AuditEventAgentNetworkType._2);
    AuditEventAgentComponent server = event.addAgent();
    server.setType(
        decides
            ? concept(
                "http://terminology.hl7.org/CodeSystem/extra-security-role-type", "authserver")
            : deletes
                ? concept(CUSTODIAN, "custodian")
                : reads ? dcm("110153", "Source Role ID") : dcm("110152", "Destination Role ID"));
    server.setWho(server()).setRequestor(false);
    if (decides) {
      event
          .addAgent()
          .setType(concept("http://terminology.hl7.org/CodeSystem/v3-RoleClass", "PROV"))
          .setWho(server())
          .setRequestor(false);
    } else {
      server.getNetwork().setAddress(host()).setType(AuditEventAgentNetworkType._1);
    }
    if (who.isPerson()) {
      person(event, row, who, kind);
    }
  }

  private static void person(AuditEvent event, AuditRow row, AuditRow.Agent who, Kind kind) {
    AuditEventAgentComponent user = event.addAgent();
    user.setType(concept(PARTICIPATION, kind.writes() ? "AUT" : "IRCP"));
    user.setWho(new Reference(who.reference())).setRequestor(true);
    if (row.purpose() != null) {
      user.addPurposeOfUse(
          concept("http://terminology.hl7.org/CodeSystem/v3-ActReason", row.purpose()));
    }
    if (row.session() != null) {
      event
          .addAgent()
          .setType(concept(Kind.BALP + "UserAgentTypes", "UserOauthAgent"))
          .setWho(new Reference(who.reference()))
          .setRequestor(false)
          .addPolicy(JTI + row.session());
    }
  }

  /** G-3, G-4, G-6. */
  private void entities(AuditEvent event, AuditRow row, int part) {
    if (row.request() != null) {
      AuditEventEntityComponent transaction = event.addEntity();
      transaction.setType(new Coding(Kind.BALP + "BasicAuditEntityType", "XrequestId", null));
      transaction.getWhat().setIdentifier(new Identifier().setValue(row.request()));
    }
    String subscription = row.agent(part).subscription();
    if (row.action() == Action.CONSENT && row.id() != null) {
      event
          .addEntity()
          .setType(new Coding("http://hl7.org/fhir/resource-types", "Consent", null))
          .setWhat(new Reference(row.type() + "/" + row.id()));
    } else if (row.id() != null) {
      AuditEventEntityComponent data = event.addEntity();
      data.setType(new Coding(ENTITY, "2", "System Object"));
      data.setRole(new Coding(ROLE, "4", "Domain Resource"));
      String version = row.version() == null ? "" : "/_history/" + row.version();
      data.setWhat(new Reference(row.type() + "/" + row.id() + version));
      if (subscription != null) {
        data.setDescription("pushed to Subscription/" + subscription);
      }
    }
    if (row.query() != null) {
      AuditEventEntityComponent query = event.addEntity();
      query.setType(new Coding(ENTITY, "2", "System Object"));
      query.setRole(new Coding(ROLE, "24", "Query"));
      query.setQuery((base.get() + "/" + url(row)).getBytes(StandardCharsets.UTF_8));
      query.setDescription(row.query().replaceFirst("\\?.*", ""));
    }
    if (row.patient(part) != null) {
      event
          .addEntity()
          .setType(new Coding(ENTITY, "1", "Person"))
          .setRole(new Coding(ROLE, "1", "Patient"))
          .setWhat(new Reference("Patient/" + row.patient(part)));
    }
  }

  /** A search's row has it whole, that of an operation only the name. */
  private static String url(AuditRow row) {
    if (row.action() != Action.OPERATION) {
      return row.query();
    }
    String type = row.type() == null ? "" : row.type() + "/";
    return type + (row.id() == null ? "" : row.id() + "/") + row.query();
  }

  private static CodeableConcept dcm(String code, String display) {
    return new CodeableConcept(new Coding(Kind.DCM, code, display));
  }

  private static CodeableConcept concept(String system, String code) {
    return new CodeableConcept(new Coding(system, code, null));
  }
}
