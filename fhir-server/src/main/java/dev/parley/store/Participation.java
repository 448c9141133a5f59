// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.Extension;
import org.hl7.fhir.r4.model.InstantType;
import org.hl7.fhir.r4.model.Reference;

/**
 * What a thread's header says of one who takes part, beside naming them (c1): when they came and
 * went, and what they see of what was before. Recipients change over time; R4 has no place for it.
 *
 * @param joined null: from the beginning
 * @param left null: still there
 * @param fromJoined whether they see only what is from then on
 */
public record Participation(Reference who, Instant joined, Instant left, boolean fromJoined) {
  public static final String URL = Codes.EXTENSIONS + "participant";
  public static final String FROM_JOINED = "from-joined";

  public static List<Participation> of(Communication thread) {
    return thread.getExtensionsByUrl(URL).stream()
        .map(Participation::of)
        .flatMap(Optional::stream)
        .toList();
  }

  public static Optional<Participation> of(Extension extension) {
    return extension.getExtensionByUrl("who") != null
            && extension.getExtensionByUrl("who").getValue() instanceof Reference who
        ? Optional.of(
            new Participation(
                who,
                instant(extension, "joined"),
                instant(extension, "left"),
                FROM_JOINED.equals(extension.getExtensionString("history"))))
        : Optional.empty();
  }

  private static Instant instant(Extension extension, String url) {
    Extension part = extension.getExtensionByUrl(url);
    return part != null && part.getValue() instanceof InstantType time && time.hasValue()
        ? time.getValue().toInstant()
        : null;
  }

  public boolean names(Reference other) {
    return who.getReference() != null && who.getReference().equals(other.getReference());
  }

  /**
   * Those in a thread: its sender, unless they have left, and its recipients. Of a message: its
   * sender and recipients.
   */
  public static Stream<Reference> in(Communication thread) {
    boolean senderLeft =
        of(thread).stream().anyMatch(p -> p.left != null && p.names(thread.getSender()));
    return Stream.concat(
        senderLeft ? Stream.empty() : Stream.of(thread.getSender()),
        thread.getRecipient().stream());
  }
}
