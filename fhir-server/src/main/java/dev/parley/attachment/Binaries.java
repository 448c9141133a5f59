// SPDX-License-Identifier: Apache-2.0
package dev.parley.attachment;

import ca.uhn.fhir.context.FhirContext;
import dev.parley.attachment.Content.Scan;
import dev.parley.store.Codes;
import dev.parley.store.Draft;
import dev.parley.store.StoredResource;
import java.util.function.Consumer;
import org.hl7.fhir.r4.model.Binary;
import org.hl7.fhir.r4.model.Coding;
import org.hl7.fhir.r4.model.Reference;

/** What the server writes into a Binary: whose part it is, and what became of it. */
final class Binaries {

  static final String RECALLED = "recalled";

  private final FhirContext fhir;

  Binaries(FhirContext fhir) {
    this.fhir = fhir;
  }

  /** A Binary that will have these bytes. */
  Draft draft(Received received) {
    Binary binary = new Binary();
    fill(binary, received);
    return Draft.of(binary, fhir);
  }

  static void fill(Binary binary, Received received) {
    binary.setContentType(received.content().type());
    binary.setData(null);
    state(binary, received.content().scan());
    received.on(binary);
  }

  /** The same as a part of something from its first moment. */
  Draft draft(Received received, String of, String patient) {
    Binary binary = new Binary();
    fill(binary, received);
    claimed(binary, of, patient);
    return Draft.of(binary, fhir);
  }

  /** The stored Binary with something changed. */
  Draft changed(StoredResource stored, Consumer<Binary> change) {
    Binary binary = fhir.newJsonParser().parseResource(Binary.class, stored.json());
    change.accept(binary);
    return Draft.of(binary, fhir);
  }

  /**
   * Makes it a part: who sees that sees it. The patient is named, so that the trail of every access
   * names them, too.
   */
  static void claimed(Binary binary, String of, String patient) {
    Reference context = new Reference(of);
    if (patient != null) {
      context.addExtension(Codes.EXTENSIONS + "patient", new Reference(patient));
    }
    binary.setSecurityContext(context);
  }

  /**
   * Gone, but for those who watch over privacy, and for who sent it.
   *
   * @param sender null if they do not keep it
   */
  static void recalled(Binary binary, String sender) {
    if (sender != null) {
      binary.getSecurityContext().addExtension(Codes.EXTENSIONS + "sender", new Reference(sender));
    }
    binary.getMeta().addTag().setSystem(Codes.ATTACHMENTS).setCode(RECALLED);
  }

  static void state(Binary binary, Scan scan) {
    binary
        .getMeta()
        .getTag()
        .removeIf(t -> Codes.ATTACHMENTS.equals(t.getSystem()) && !RECALLED.equals(t.getCode()));
    if (scan != Scan.UNSCANNED) {
      binary.getMeta().addTag().setSystem(Codes.ATTACHMENTS).setCode(scan.word());
    }
  }

  /** Whether it says something that only the server says. */
  static boolean claims(Binary binary) {
    return binary.hasSecurityContext()
        || binary.getMeta().getTag().stream()
            .map(Coding::getSystem)
            .anyMatch(Codes.ATTACHMENTS::equals);
  }
}
