// SPDX-License-Identifier: Apache-2.0
package dev.parley.audit;

import dev.parley.store.Codes;
import dev.parley.store.Trace.Action;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.hl7.fhir.r4.model.Coding;

/** How a row is coded as an AuditEvent (G-1, G-7, G-9, G-10, G-14): by action, and if denied. */
record Kind(Action action, boolean denied) {
  static final String DCM = "http://dicom.nema.org/resources/ontology/DCM";
  static final String OWN = Codes.SYSTEMS + "audit";
  static final String INTERACTION = "http://hl7.org/fhir/restful-interaction";
  static final String BALP = "https://profiles.ihe.net/ITI/BALP/CodeSystem/";
  private static final String TYPES = "http://terminology.hl7.org/CodeSystem/audit-event-type";

  static List<Kind> all() {
    List<Kind> all = new ArrayList<>();
    for (Action action : Action.values()) {
      all.add(new Kind(action, false));
      all.add(new Kind(action, true));
    }
    return all;
  }

  Coding type() {
    if (denied && action != Action.LOGIN) {
      return new Coding(DCM, "110113", "Security Alert");
    }
    return switch (action) {
      case LOGIN, LOGOUT -> new Coding(DCM, "110114", "User Authentication");
      case BREAK_GLASS, CONSENT -> new Coding(DCM, "110113", "Security Alert");
      case EXPORT -> new Coding(DCM, "110106", "Export");
      case HOLD, PURGE -> new Coding(DCM, "110101", "Audit Log Used");
      default -> new Coding(TYPES, "rest", "RESTful Operation");
    };
  }

  List<Coding> subtypes() {
    List<Coding> subtypes = new ArrayList<>();
    if (denied && action != Action.CONSENT && action != Action.LOGIN) {
      subtypes.add(new Coding(OWN, "access-denied", "Access denied"));
    }
    switch (action) {
      case LOGIN -> subtypes.add(new Coding(DCM, "110122", "Login"));
      case LOGOUT -> subtypes.add(new Coding(DCM, "110123", "Logout"));
      case BREAK_GLASS -> subtypes.add(new Coding(DCM, "110127", "Emergency Override Started"));
      case CONSENT -> subtypes.add(new Coding(BALP + "AuthZsubType", "AuthZ-Consent", null));
      case EXPORT -> subtypes.add(new Coding(OWN, "disclose", "Disclosure"));
      case HOLD, PURGE -> subtypes.add(new Coding(OWN, action.word(), null));
      case PUSH ->
          subtypes.addAll(
              List.of(new Coding(INTERACTION, "read", "read"), new Coding(OWN, "push", "Push")));
      case DOWNLOAD ->
          subtypes.addAll(
              List.of(
                  new Coding(INTERACTION, "read", "read"),
                  new Coding(OWN, "download", "Download")));
      default -> subtypes.add(new Coding(INTERACTION, action.word(), action.word()));
    }
    return subtypes;
  }

  /** Of {@code AuditEvent.action}. */
  String letter() {
    return switch (action) {
      case CREATE -> "C";
      case READ, VREAD, DOWNLOAD, PUSH, EXPORT -> "R";
      case UPDATE, PATCH, HOLD -> "U";
      case DELETE, PURGE -> "D";
      default -> "E";
    };
  }

  /** The BALP profile's name without "Patient", or null where there is none. */
  String profile() {
    return switch (action) {
      case CREATE -> "Create";
      case READ, VREAD, DOWNLOAD, PUSH -> "Read";
      case UPDATE, PATCH -> "Update";
      case DELETE -> "Delete";
      case SEARCH -> "Query";
      default -> null;
    };
  }

  /** Whether the client sent what is stored here, rather than got it. */
  boolean writes() {
    return Arrays.asList("C", "U", "D").contains(letter());
  }
}
