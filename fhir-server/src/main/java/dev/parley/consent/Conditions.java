// SPDX-License-Identifier: Apache-2.0
package dev.parley.consent;

import dev.parley.store.Chart;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import org.hl7.fhir.r4.model.CodeableConcept;
import org.hl7.fhir.r4.model.Coding;
import org.hl7.fhir.r4.model.Consent.ProvisionComponent;
import org.hl7.fhir.r4.model.Reference;

/** Whether what a provision says of itself fits a message; what it leaves open fits everything. */
final class Conditions {
  private static final String COMMUNICATION = "communication";
  private static final Set<String> PASSING_ON = Set.of("use", "disclose", "access");

  private Conditions() {}

  /** The part that says what the whole consent is about, when the outermost provision has it. */
  static boolean cover(ProvisionComponent provision, Ask ask) {
    return Chart.in(provision.getPeriod(), ask.at())
        && codes(provision.getCode(), ask)
        && codings(provision.getClass_(), Set.of(COMMUNICATION));
  }

  static boolean hold(ProvisionComponent provision, Ask ask) {
    return cover(provision, ask)
        && Chart.in(provision.getDataPeriod(), ask.at())
        && (!provision.hasActor()
            || provision.getActor().stream()
                .anyMatch(a -> ask.parties().contains(text(a.getReference()))))
        && (!provision.hasAction()
            || provision.getAction().stream().anyMatch(a -> meet(Forms.of(a), PASSING_ON)))
        && codings(provision.getPurpose(), ask.purposes())
        && codings(provision.getSecurityLabel(), ask.labels())
        && (!provision.hasData()
            || provision.getData().stream()
                .anyMatch(d -> ask.data().contains(text(d.getReference()))));
  }

  /** Channels and topics stand in the same list: the message has to fit one of each named. */
  private static boolean codes(List<CodeableConcept> codes, Ask ask) {
    List<String> channels =
        codes.stream().map(Channel::named).filter(channel -> channel != null).toList();
    List<CodeableConcept> topics = codes.stream().filter(c -> Channel.named(c) == null).toList();
    return (channels.isEmpty() || channels.contains(ask.channel()))
        && (topics.isEmpty()
            || topics.stream()
                .map(Forms::of)
                .anyMatch(forms -> meet(forms, ask.topic()) || forms.contains(ask.channel())));
  }

  private static String text(Reference reference) {
    return String.valueOf(reference.getReference());
  }

  private static boolean codings(List<Coding> codings, Set<String> wanted) {
    return codings.isEmpty() || codings.stream().anyMatch(c -> meet(Forms.of(c), wanted));
  }

  private static boolean meet(Collection<String> these, Collection<String> those) {
    return these.stream().anyMatch(those::contains);
  }
}
