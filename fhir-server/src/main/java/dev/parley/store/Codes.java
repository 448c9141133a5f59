// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import java.util.List;
import java.util.Set;
import org.hl7.fhir.r4.model.CodeableConcept;
import org.hl7.fhir.r4.model.Coding;

/**
 * Our own URLs and codes. One that more than one package knows is a constant here; what only one
 * knows stands there.
 */
public final class Codes {
  private static final String OURS = "https://parley.dev/fhir/";

  public static final String OPERATIONS = OURS + "OperationDefinition/";
  public static final String EXTENSIONS = OURS + "StructureDefinition/";
  public static final String SYSTEMS = OURS + "CodeSystem/";

  // On messages.
  public static final String MESSAGE_NUMBER = EXTENSIONS + "message-number";
  public static final String CLIENT_SENT = EXTENSIONS + "client-sent";
  public static final String ACKNOWLEDGE = EXTENSIONS + "acknowledge";
  public static final String ACKNOWLEDGE_WITHIN = EXTENSIONS + "acknowledge-within";
  public static final String SEND_AT = EXTENSIONS + "send-at";
  public static final String CONFIRMED = EXTENSIONS + "confirmed";
  public static final String MENTION = EXTENSIONS + "mention";

  /** Of a patient's draft that waits for a consent. */
  public static final String HELD = EXTENSIONS + "held";

  /** Shown with a message, stored in its own table. */
  public static final String RECEIPT = EXTENSIONS + "receipt";

  /** What an answer says besides, and nobody may store. */
  public static final String NOTICE = EXTENSIONS + "notice";

  public static final String UNREAD = EXTENSIONS + "unread";
  public static final String INBOX = EXTENSIONS + "inbox";
  public static final String SNIPPET = EXTENSIONS + "snippet";
  public static final Set<String> OF_ANSWERS = Set.of(NOTICE, UNREAD, INBOX, SNIPPET);

  // On roles, services and Tasks.
  public static final String HOLDER = EXTENSIONS + "holder";
  public static final String SHIFT_ROLE = EXTENSIONS + "shift-role";
  public static final String EMERGENCY_TEXT = EXTENSIONS + "emergency-text";
  public static final String POOL = EXTENSIONS + "pool";
  public static final String NEXT_ESCALATION = EXTENSIONS + "next-escalation";
  public static final String ESCALATION_STEP = EXTENSIONS + "escalation-step";

  // Code systems.
  public static final String TASKS = SYSTEMS + "task";
  public static final String ROLES = SYSTEMS + "role";
  public static final String AUDIENCES = SYSTEMS + "audience";
  public static final String AUTOMATIC = SYSTEMS + "automatic";
  public static final String CONTENT_CLASSES = SYSTEMS + "content-class";
  public static final String CATEGORIES = SYSTEMS + "communication-category";
  public static final String ATTACHMENTS = SYSTEMS + "attachment";
  public static final String WITHHELD = SYSTEMS + "withheld";
  public static final String NOTICES = SYSTEMS + "notice";

  /** Tags that let a message pass without a consent. */
  public static final String PASSES = SYSTEMS + "consent-pass";

  /** The pools whose work it is: a code is the reference of one. */
  public static final String POOLS = OURS + "pool";

  private Codes() {}

  /** A code of one of our systems, by the system's name: {@code ours("task", "answer")}. */
  public static CodeableConcept ours(String system, String code) {
    return of(SYSTEMS + system, code);
  }

  /** A code of any system. */
  public static CodeableConcept of(String system, String code) {
    return new CodeableConcept(new Coding().setSystem(system).setCode(code));
  }

  /** Says what somebody need not answer (HL7). */
  public static CodeableConcept notification() {
    return of("http://terminology.hl7.org/CodeSystem/communication-category", "notification");
  }

  public static boolean has(CodeableConcept concept, String system, String code) {
    return ours(concept, system).contains(code);
  }

  /** The codes of one of our systems, by the system's name. */
  public static List<String> ours(CodeableConcept concept, String system) {
    return ours(List.of(concept), system);
  }

  /** The codes of one of our systems among these. */
  public static List<String> ours(List<CodeableConcept> concepts, String system) {
    return concepts.stream()
        .flatMap(concept -> concept.getCoding().stream())
        .filter(c -> (SYSTEMS + system).equals(c.getSystem()) && c.hasCode())
        .map(Coding::getCode)
        .toList();
  }
}
