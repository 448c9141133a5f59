// SPDX-License-Identifier: Apache-2.0
package dev.parley.consent;

import dev.parley.access.Caller;
import dev.parley.store.Chart;
import dev.parley.store.Codes;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.hl7.fhir.r4.model.CareTeam;
import org.hl7.fhir.r4.model.CodeableConcept;
import org.hl7.fhir.r4.model.Coding;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.HealthcareService;
import org.hl7.fhir.r4.model.PractitionerRole;
import org.hl7.fhir.r4.model.Reference;

/** What a message asks of the Consents: one question for each of its channels and topics. */
final class Asks {
  static final String MESSAGING = "secure-messaging";
  private static final String REASONS = "http://terminology.hl7.org/CodeSystem/v3-ActReason";

  private final ChartReader chart;
  private final String organization;

  /**
   * @param organization "Organization/x" whose server this is, or empty
   */
  Asks(ChartReader chart, String organization) {
    this.chart = chart;
    this.organization = organization;
  }

  /** Whether messages may pass between the patient and the organisation at all. */
  Ask inGeneral(String channel, Instant now) {
    return inGeneral(MESSAGING, channel, now);
  }

  /** The same of messages of a kind. */
  Ask inGeneral(String kind, String channel, Instant now) {
    Set<String> own = organization.isEmpty() ? Set.of() : Set.of(organization);
    return new Ask(own, kind, channel, Set.of(), own, Set.of("treat"), Set.of(), Set.of(), now);
  }

  /**
   * All questions; each needs its yes.
   *
   * @param actors whom the Consents name: their teams are looked into
   */
  List<Ask> of(
      Situation situation, Caller caller, Set<String> actors, Connection connection, Instant now)
      throws SQLException {
    Set<String> parties = new HashSet<>(situation.participants());
    if (!caller.isSystem()) {
      parties.add(caller.reference());
    }
    Set<Set<String>> organizations = organizations(parties, connection);
    organizations.forEach(parties::addAll);
    for (String actor : actors) {
      if (actor.startsWith("CareTeam/") && isMember(actor, parties, connection)) {
        parties.add(actor);
      }
    }
    List<Ask> asks = new ArrayList<>();
    for (String channel : channels(situation.message())) {
      for (Set<String> topic : topics(situation)) {
        for (Set<String> from : organizations) {
          asks.add(
              new Ask(
                  from,
                  kind(situation.message(), caller),
                  channel,
                  topic,
                  parties,
                  purposes(situation.message()),
                  labels(situation),
                  data(situation),
                  now));
        }
      }
    }
    return asks;
  }

  /** A person's message is one, whatever it calls itself; a system says what it sends. */
  private static String kind(Communication message, Caller caller) {
    if (!caller.isSystem()) {
      return MESSAGING;
    }
    List<String> said = Codes.ours(message.getCategory(), "consent-kind");
    if (!said.isEmpty()) {
      return said.get(0);
    }
    boolean reminder =
        message.getCategory().stream().anyMatch(c -> Forms.of(c).contains("reminder"));
    return reminder ? "reminders" : MESSAGING;
  }

  private static Set<String> channels(Communication message) {
    Set<String> channels = new LinkedHashSet<>();
    message.getMedium().forEach(medium -> channels.add(Channel.of(medium)));
    return channels.isEmpty() ? Set.of(Channel.APP) : channels;
  }

  private static Set<Set<String>> topics(Situation situation) {
    Set<Set<String>> topics = new LinkedHashSet<>();
    Stream.of(situation.message(), situation.thread())
        .map(Communication::getTopic)
        .filter(topic -> !topic.isEmpty())
        .forEach(topic -> topics.add(Forms.of(topic)));
    return topics.isEmpty() ? Set.of(Set.of()) : topics;
  }

  private static Set<String> purposes(Communication message) {
    Set<String> purposes = new HashSet<>();
    for (CodeableConcept reason : message.getReasonCode()) {
      reason.getCoding().stream()
          .filter(c -> REASONS.equals(c.getSystem()) && c.hasCode())
          .forEach(c -> purposes.add(Forms.lower(c.getCode())));
    }
    return purposes.isEmpty() ? Set.of("treat") : purposes;
  }

  private static Set<String> labels(Situation situation) {
    Set<String> labels = new HashSet<>();
    Stream.of(situation.message(), situation.thread())
        .flatMap(c -> c.getMeta().getSecurity().stream())
        .filter(Coding::hasCode)
        .forEach(c -> labels.add(Forms.lower(c.getCode())));
    return labels;
  }

  private Set<String> data(Situation situation) {
    Set<String> data = new HashSet<>();
    Stream.of(situation.message(), situation.thread())
        .flatMap(c -> c.getAbout().stream())
        .forEach(r -> chart.local(r).ifPresent(data::add));
    if (situation.threadId() != null) {
      data.add(situation.threadId());
    }
    return data;
  }

  /**
   * Those of the roles and services that take part, else the server's; each with what it is part
   * of, so that who agreed with a hospital has agreed with its wards. Roles are also their people.
   */
  private Set<Set<String>> organizations(Set<String> parties, Connection connection)
      throws SQLException {
    Set<String> from = new LinkedHashSet<>();
    for (String who : List.copyOf(parties)) {
      Optional<String> theirs = Optional.empty();
      if (who.startsWith("Organization/")) {
        theirs = Optional.of(who);
      } else if (who.startsWith("PractitionerRole/")) {
        Optional<PractitionerRole> role = chart.find(connection, who, PractitionerRole.class);
        role.flatMap(r -> chart.local(r.getPractitioner())).ifPresent(parties::add);
        theirs = role.flatMap(r -> chart.local(r.getOrganization()));
      } else if (who.startsWith("HealthcareService/")) {
        theirs =
            chart
                .find(connection, who, HealthcareService.class)
                .flatMap(s -> chart.local(s.getProvidedBy()));
      }
      theirs.ifPresent(from::add);
    }
    if (from.isEmpty() && !organization.isEmpty()) {
      from.add(organization);
    }
    Set<Set<String>> organizations = new LinkedHashSet<>();
    for (String each : from) {
      organizations.add(chart.wholes(connection, each));
    }
    return organizations.isEmpty() ? Set.of(Set.of()) : organizations;
  }

  private boolean isMember(String team, Set<String> parties, Connection connection)
      throws SQLException {
    Optional<CareTeam> found = chart.find(connection, team, CareTeam.class);
    return found.stream()
        .flatMap(t -> t.getParticipant().stream())
        .map(p -> (Reference) p.getMember())
        .flatMap(r -> chart.local(r).stream())
        .anyMatch(m -> !Chart.isPatientSide(m) && parties.contains(m));
  }
}
