// SPDX-License-Identifier: Apache-2.0
package dev.parley.http;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** The resource types that are tested by name, each with the least that is valid. */
final class Types {
  private static final Map<String, String> MINIMAL = new LinkedHashMap<>();

  static {
    MINIMAL.put("Communication", "'status':'completed'");
    MINIMAL.put("CommunicationRequest", "'status':'active'");
    MINIMAL.put(
        "Consent",
        "'status':'active','scope':{'text':'x'},'category':[{'text':'x'}],'policyRule':{'text':'x'}");
    MINIMAL.put(
        "Appointment",
        "'status':'proposed','participant':[{'status':'accepted','type':[{'text':'x'}]}]");
    MINIMAL.put(
        "AppointmentResponse",
        "'appointment':{'reference':'Appointment/x'},'participantStatus':'accepted',"
            + "'participantType':[{'text':'x'}]");
    MINIMAL.put("Schedule", "'actor':[{'reference':'Practitioner/x'}]");
    MINIMAL.put(
        "Slot",
        "'schedule':{'reference':'Schedule/x'},'status':'free','start':'2026-01-01T10:00:00Z',"
            + "'end':'2026-01-01T10:30:00Z'");
    MINIMAL.put("Patient", "'active':true");
    MINIMAL.put("Practitioner", "'active':true");
    MINIMAL.put("PractitionerRole", "'active':true");
    MINIMAL.put("RelatedPerson", "'patient':{'reference':'Patient/x'}");
    MINIMAL.put("Person", "'active':true");
    MINIMAL.put("Organization", "'name':'x'");
    MINIMAL.put("HealthcareService", "'active':true");
    MINIMAL.put("Location", "'name':'x'");
    MINIMAL.put("CareTeam", "'name':'x'");
    MINIMAL.put("Group", "'type':'person','actual':true");
    MINIMAL.put("Device", "'status':'active'");
    MINIMAL.put("Encounter", "'status':'planned','class':{'code':'AMB'}");
    MINIMAL.put("Task", "'status':'requested','intent':'order'");
    MINIMAL.put(
        "DocumentReference",
        "'status':'current','content':[{'attachment':{'contentType':'text/plain'}}]");
    MINIMAL.put("Binary", "'contentType':'text/plain','data':'eA=='");
    MINIMAL.put(
        "Provenance",
        "'target':[{'reference':'Patient/x'}],'recorded':'2026-01-01T10:00:00Z',"
            + "'agent':[{'who':{'reference':'Practitioner/x'}}]");
    MINIMAL.put(
        "AuditEvent",
        "'type':{'code':'rest'},'recorded':'2026-01-01T10:00:00Z','agent':[{'requestor':true}],"
            + "'source':{'observer':{'reference':'Device/x'}}");
    MINIMAL.put(
        "Subscription",
        "'status':'requested','reason':'x','criteria':'Communication?status=completed',"
            + "'channel':{'type':'websocket'}");
    MINIMAL.put(
        "MedicationRequest",
        "'status':'active','intent':'order','medicationCodeableConcept':{'text':'x'},"
            + "'subject':{'reference':'Patient/x'}");
    MINIMAL.put("DiagnosticReport", "'status':'final','code':{'text':'x'}");
    MINIMAL.put(
        "CarePlan", "'status':'active','intent':'plan','subject':{'reference':'Patient/x'}");
    MINIMAL.put("QuestionnaireResponse", "'status':'completed'");
  }

  static final Set<String> NAMED = MINIMAL.keySet();

  private Types() {}

  /** JSON of a resource of this type. */
  static String minimal(String type, String id) {
    String body = MINIMAL.get(type).replace('\'', '"');
    String own = id == null ? "" : "\"id\":\"" + id + "\",";
    return "{\"resourceType\":\"%s\",%s%s}".formatted(type, own, body);
  }

  /** A value that a parameter of this type takes. */
  static String sample(String kind) {
    return switch (kind) {
      case "date" -> "ge2020-01-01";
      case "number" -> "5";
      case "quantity" -> "5.4%7C%7Cmg";
      case "reference" -> "Patient/x";
      case "composite" -> "x%242020";
      case "uri" -> "http://x";
      default -> "x";
    };
  }
}
