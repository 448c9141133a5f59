// SPDX-License-Identifier: Apache-2.0
package dev.parley.conversation;

import dev.parley.store.Change;
import dev.parley.store.Codes;
import dev.parley.store.Moments;
import java.util.Date;
import org.hl7.fhir.r4.model.CodeableConcept;
import org.hl7.fhir.r4.model.Coding;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.Provenance;
import org.hl7.fhir.r4.model.Provenance.ProvenanceAgentComponent;
import org.hl7.fhir.r4.model.Provenance.ProvenanceEntityRole;
import org.hl7.fhir.r4.model.Reference;

/** The Provenance of a message that was edited, recalled, or put right by another. */
final class Changed {
  private static final String OPERATION = "http://terminology.hl7.org/CodeSystem/v3-DataOperation";
  private static final String HOW = Codes.SYSTEMS + "message-change";

  private Changed() {}

  static Provenance edited(Change change, Date now) {
    Provenance edited = of(change, change.id(), "UPDATE", "edited", now);
    String version = change.before().getMeta().getVersionId();
    return from(
        edited,
        ProvenanceEntityRole.REVISION,
        "Communication/" + change.id() + (version == null ? "" : "/_history/" + version));
  }

  /**
   * @param id of the message, or of a copy that goes with it
   */
  static Provenance recalled(Change change, String id, Date now) {
    Provenance recalled = of(change, id, "NULLIFY", "recalled", now);
    recalled.addReason(((Communication) change.after()).getStatusReason().copy());
    return recalled;
  }

  /**
   * @param what reference of the message that this one puts right
   */
  static Provenance corrected(Change change, String what, Date now) {
    return from(
        of(change, change.id(), "CREATE", "corrected", now), ProvenanceEntityRole.REVISION, what);
  }

  private static Provenance of(Change change, String id, String operation, String how, Date now) {
    Provenance provenance = new Provenance();
    provenance.addTarget(new Reference("Communication/" + id));
    provenance.setRecordedElement(Moments.instant(now));
    provenance.setActivity(
        new CodeableConcept(new Coding(OPERATION, operation, null))
            .addCoding(new Coding(HOW, how, null)));
    ProvenanceAgentComponent agent = provenance.addAgent();
    if (change.caller().isSystem()) {
      agent.setWho(new Reference().setDisplay("client " + change.caller().client()));
    } else {
      agent.setWho(new Reference(change.caller().reference()));
      Reference sender = ((Communication) change.after()).getSender();
      if (sender.hasReference()
          && id.equals(change.id())
          && !sender.getReference().endsWith(change.caller().reference())) {
        agent.setOnBehalfOf(sender.copy());
      }
    }
    return provenance;
  }

  private static Provenance from(Provenance provenance, ProvenanceEntityRole role, String what) {
    provenance.addEntity().setRole(role).setWhat(new Reference(what));
    return provenance;
  }
}
