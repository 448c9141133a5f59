// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;
import org.hl7.fhir.r4.model.Attachment;
import org.hl7.fhir.r4.model.Consent;
import org.hl7.fhir.r4.model.DocumentReference;
import org.hl7.fhir.r4.model.Enumerations.DocumentReferenceStatus;
import org.hl7.fhir.r4.model.Reference;

/**
 * Whether a Consent rests on something in writing: an attachment, or a DocumentReference, that has
 * a hash. Where the document itself is stored the hash has to be its own.
 */
public record WrittenSource(Chart chart, Connection connection) {

  public static WrittenSource of(Chart chart, Connection connection) {
    return new WrittenSource(chart, connection);
  }

  public boolean holds(Consent consent) throws SQLException {
    if (consent.getSource() instanceof Attachment attachment) {
      return isFixed(attachment);
    }
    Optional<String> document =
        consent.getSource() instanceof Reference reference
            ? chart.local(reference).filter(r -> r.startsWith("DocumentReference/"))
            : Optional.empty();
    if (document.isEmpty()) {
      return false;
    }
    return chart
        .find(connection, document.get(), DocumentReference.class)
        .filter(d -> d.getStatus() != DocumentReferenceStatus.ENTEREDINERROR)
        .filter(d -> d.hasContent())
        .filter(d -> d.getContent().stream().allMatch(c -> isFixed(c.getAttachment())))
        .isPresent();
  }

  private static boolean isFixed(Attachment attachment) {
    return attachment.hasHash()
        && (attachment.hasData()
            ? MessageDigest.isEqual(attachment.getHash(), sha1(attachment.getData()))
            : attachment.hasUrl());
  }

  /** R4's Attachment.hash is SHA-1. */
  public static byte[] sha1(byte[] data) {
    try {
      return MessageDigest.getInstance("SHA-1").digest(data);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
