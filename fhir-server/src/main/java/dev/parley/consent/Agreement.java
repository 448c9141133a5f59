// SPDX-License-Identifier: Apache-2.0
package dev.parley.consent;

import dev.parley.store.Codes;
import dev.parley.store.TimeRange;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import org.hl7.fhir.r4.model.Consent;
import org.hl7.fhir.r4.model.Consent.ConsentProvisionType;
import org.hl7.fhir.r4.model.Consent.ConsentState;
import org.hl7.fhir.r4.model.Consent.ProvisionComponent;
import org.hl7.fhir.r4.model.Reference;

/**
 * A stored Consent as the decision weighs it.
 *
 * @param record the patient's record that it was put in
 * @param signed whether there is a written source with a hash; what is not signed grants nothing
 * @param recorded when this version was stored
 */
record Agreement(Consent consent, String record, boolean signed, Instant recorded) {
  private static final Set<String> PERMITTING = Set.of("OPTIN", "OPTINR");
  private static final Set<String> DENYING = Set.of("OPTOUT", "OPTOUTE");

  /** What it is about: active, in its period, of this organisation, kind, channel and topic. */
  boolean covers(Ask ask) {
    return consent.getStatus() == ConsentState.ACTIVE
        && Codes.ours(consent.getCategory(), "consent-kind").contains(ask.kind())
        && (!consent.hasOrganization()
            || ask.organizations().isEmpty()
            || consent.getOrganization().stream()
                .map(Reference::getReference)
                .anyMatch(ask.organizations()::contains))
        && Conditions.cover(consent.getProvision(), ask);
  }

  /** Whether it permits; empty if it says nothing, or nothing that counts. */
  Optional<Boolean> says(Ask ask) {
    Depth deepest = deepest(consent.getProvision(), 0, ask);
    Optional<Boolean> permit =
        deepest == null
            ? policy()
            : Optional.of(deepest.provision.getType() == ConsentProvisionType.PERMIT);
    return permit.filter(yes -> !yes || signed && understood());
  }

  /** When it was decided; nobody decides later than it was recorded. */
  TimeRange decided() {
    if (consent.hasDateTime()) {
      TimeRange said = TimeRange.ofElement(consent.getDateTimeElement().getValueAsString());
      if (!said.low().isAfter(recorded)) {
        return said;
      }
    }
    return new TimeRange(recorded, recorded.plusNanos(1_000), true);
  }

  private record Depth(int depth, ProvisionComponent provision) {
    boolean beats(Depth other) {
      return other == null
          || depth > other.depth
          || depth == other.depth && provision.getType() == ConsentProvisionType.DENY;
    }
  }

  private static Depth deepest(ProvisionComponent provision, int depth, Ask ask) {
    if (!Conditions.hold(provision, ask)) {
      return null;
    }
    Depth best = provision.hasType() ? new Depth(depth, provision) : null;
    for (ProvisionComponent inner : provision.getProvision()) {
      Depth found = deepest(inner, depth + 1, ask);
      if (found != null && found.beats(best)) {
        best = found;
      }
    }
    return best;
  }

  private Optional<Boolean> policy() {
    return consent.getPolicyRule().getCoding().stream()
        .map(c -> String.valueOf(c.getCode()))
        .filter(code -> PERMITTING.contains(code) || DENYING.contains(code))
        .map(PERMITTING::contains)
        .min(Boolean::compare);
  }

  /** FHIR forbids to act on a resource with a modifier that one does not know. */
  private boolean understood() {
    return !consent.hasModifierExtension() && understood(consent.getProvision());
  }

  private static boolean understood(ProvisionComponent provision) {
    return !provision.hasModifierExtension()
        && provision.getProvision().stream().allMatch(Agreement::understood);
  }
}
