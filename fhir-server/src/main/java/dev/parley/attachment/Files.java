// SPDX-License-Identifier: Apache-2.0
package dev.parley.attachment;

import dev.parley.store.References;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.hl7.fhir.r4.model.Attachment;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.DocumentReference;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.Resource;

/** What carries files: messages and documents, and how they name them. */
final class Files {
  private static final Set<String> TYPES = Set.of("Communication", "DocumentReference");

  private final References references;

  Files(References references) {
    this.references = references;
  }

  static boolean mayHave(String type) {
    return TYPES.contains(type);
  }

  /** The attachments of a resource; none of null, and of what carries no files. */
  static List<Attachment> of(Resource resource) {
    List<Attachment> all = new ArrayList<>();
    if (resource instanceof Communication message) {
      for (Communication.CommunicationPayloadComponent payload : message.getPayload()) {
        if (payload.getContent() instanceof Attachment attachment) {
          all.add(attachment);
        }
      }
    } else if (resource instanceof DocumentReference document) {
      document.getContent().forEach(content -> all.add(content.getAttachment()));
    }
    return all;
  }

  /** The id of the Binary of ours that an attachment names. */
  Optional<String> binary(Attachment attachment) {
    return attachment.getUrl() == null
        ? Optional.empty()
        : references
            .local(attachment.getUrl())
            .filter(local -> local.type().equals("Binary"))
            .map(References.Local::id);
  }

  /** Ids of all Binaries that a resource names. */
  Set<String> binaries(Resource resource) {
    Set<String> ids = new TreeSet<>();
    of(resource).forEach(attachment -> binary(attachment).ifPresent(ids::add));
    return ids;
  }

  /** Who sent or wrote it, or null. */
  String sender(Resource resource) {
    Reference sender =
        resource instanceof Communication message
            ? message.getSender()
            : resource instanceof DocumentReference document ? document.getAuthorFirstRep() : null;
    return sender == null || sender.getReference() == null
        ? null
        : references.local(sender.getReference()).map(Object::toString).orElse(null);
  }

  /** Whose record it belongs to: a patient, or null. */
  String patient(Resource resource) {
    Reference subject =
        resource instanceof Communication message
            ? message.getSubject()
            : resource instanceof DocumentReference document ? document.getSubject() : null;
    return subject == null || subject.getReference() == null
        ? null
        : references
            .local(subject.getReference())
            .filter(local -> local.type().equals("Patient"))
            .map(Object::toString)
            .orElse(null);
  }
}
