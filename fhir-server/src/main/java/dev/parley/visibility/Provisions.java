// SPDX-License-Identifier: Apache-2.0
package dev.parley.visibility;

import dev.parley.store.References.Local;
import dev.parley.store.TimeRange;
import java.util.ArrayList;
import java.util.List;
import org.hl7.fhir.r4.model.Consent;
import org.hl7.fhir.r4.model.Consent.ConsentProvisionType;
import org.hl7.fhir.r4.model.Consent.ConsentState;
import org.hl7.fhir.r4.model.Consent.ProvisionComponent;

/** What Consents say of one person by name. */
record Provisions(Relations relations, Local who) {

  /** For when an active Consent permits them, or denies them. */
  List<TimeRange> of(Consent consent, ConsentProvisionType type) {
    List<TimeRange> found = new ArrayList<>();
    if (consent.getStatus() == ConsentState.ACTIVE) {
      collect(consent.getProvision(), type, Spans.ALWAYS, found);
    }
    return found;
  }

  private void collect(
      ProvisionComponent provision,
      ConsentProvisionType type,
      TimeRange outer,
      List<TimeRange> found) {
    TimeRange during = Spans.both(outer, Spans.of(provision.getPeriod()));
    if (provision.getType() == type
        && provision.getActor().stream()
            .flatMap(a -> relations.local(a.getReference()).stream())
            .anyMatch(who::equals)) {
      found.add(during);
    }
    for (ProvisionComponent inner : provision.getProvision()) {
      collect(inner, type, during, found);
    }
  }
}
