// SPDX-License-Identifier: Apache-2.0
package dev.parley.conversation;

import dev.parley.access.Caller;
import dev.parley.access.Refusal;
import dev.parley.store.Codes;
import dev.parley.store.Holders;
import dev.parley.store.Participation;
import dev.parley.store.References;
import dev.parley.store.StandIns;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.Extension;
import org.hl7.fhir.r4.model.Reference;

/** Who a caller is in conversations: themselves, and the roles, teams and pools they are in now. */
final class Membership {
  /** Of a message: the team in whose name its sender writes, a Reference. */
  static final String ON_BEHALF_OF = Codes.EXTENSIONS + "on-behalf-of";

  private static final Set<String> TEAMS = Set.of("CareTeam", "Group");

  private final References references;
  private final Set<Long> selves;

  private Membership(References references, Set<Long> selves) {
    this.references = references;
    this.selves = selves;
  }

  static Membership of(Caller caller, References references, Connection connection, Instant now)
      throws SQLException {
    return new Membership(references, Holders.of(connection, caller.reference(), now));
  }

  /** Of a system: it takes part in nothing. */
  static Membership nobody(References references) {
    return new Membership(references, Set.of());
  }

  boolean isNobody() {
    return selves.isEmpty();
  }

  /** Whether a reference names the caller, or a role, team or pool that they are in. */
  boolean is(Reference reference) {
    return self(reference).filter(selves::contains).isPresent();
  }

  /**
   * Sent in one's own name, or that of a role one is in; the caller's if nothing is said.
   *
   * <p>FHIR has no team as a sender: in its name means by the person, on behalf of it.
   *
   * @throws Refusal 403 for somebody else's name
   */
  void own(Caller caller, Communication message) {
    if (!message.hasSender()) {
      message.setSender(new Reference(caller.reference()));
    } else if (!is(message.getSender())) {
      throw Refusal.forbidden(
              "not-the-sender", "A message is sent in one's own name, or that of a role one is in")
          .at("Communication.sender");
    } else if (TEAMS.contains(String.valueOf(References.typeOf(message.getSender())))) {
      message.getExtension().removeIf(e -> ON_BEHALF_OF.equals(e.getUrl()));
      message.addExtension(new Extension(ON_BEHALF_OF, message.getSender()));
      message.setSender(new Reference(caller.reference()));
    }
    for (Extension each : message.getExtensionsByUrl(ON_BEHALF_OF)) {
      if (!(each.getValue() instanceof Reference team) || !is(team)) {
        throw Refusal.forbidden(
                "not-the-sender", "A message is sent on behalf of a team or role that one is in")
            .at("Communication.extension");
      }
    }
  }

  boolean takesPart(Communication thread) {
    return participants(thread).anyMatch(this::is);
  }

  /** Who takes part writes into it, and who stands in for one who does. */
  boolean mayWrite(Communication thread) {
    return takesPart(thread)
        || participants(thread)
            .flatMap(r -> self(r).stream())
            .map(StandIns::team)
            .anyMatch(selves::contains);
  }

  boolean receives(Communication message) {
    return message.getRecipient().stream().anyMatch(this::is);
  }

  /** The selfs of a thread's participants. */
  Set<Long> of(Communication thread) {
    Set<Long> all = new HashSet<>();
    participants(thread).forEach(r -> self(r).ifPresent(all::add));
    return all;
  }

  Optional<Long> self(Reference reference) {
    return reference == null || reference.getReference() == null
        ? Optional.empty()
        : references.local(reference.getReference()).map(References.Local::self);
  }

  static Stream<Reference> participants(Communication thread) {
    return Participation.in(thread);
  }
}
