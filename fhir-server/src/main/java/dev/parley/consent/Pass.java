// SPDX-License-Identifier: Apache-2.0
package dev.parley.consent;

import dev.parley.store.Codes;
import java.util.Locale;
import java.util.Optional;
import org.hl7.fhir.r4.model.Coding;
import org.hl7.fhir.r4.model.Meta;
import org.hl7.fhir.r4.model.Resource;

/**
 * What passes without a consent: a closed list. A message that does carries the tag {@code
 * CodeSystem/consent-pass}, by which it is found and audited; staff-only threads need none.
 */
enum Pass {
  /** The server's own question for a consent: fixed words, nothing clinical. */
  CONSENT_REQUEST,
  /** The server's own answer to a withdrawal: fixed words, nothing clinical. */
  WITHDRAWAL_CONFIRMATION,
  /** What a service answers by itself to somebody who seems to be in danger. */
  EMERGENCY_ADVICE,
  /** A clinician's message under purpose ETREAT: the privacy officer is told. */
  EMERGENCY_TREATMENT;

  static final String SYSTEM = Codes.PASSES;

  private String code() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  void mark(Resource resource) {
    if (of(resource).filter(this::equals).isEmpty()) {
      resource.getMeta().addTag().setSystem(SYSTEM).setCode(code());
    }
  }

  /** The one that a resource is marked with. */
  static Optional<Pass> of(Resource resource) {
    for (Coding tag : resource == null ? new Meta().getTag() : resource.getMeta().getTag()) {
      if (SYSTEM.equals(tag.getSystem())) {
        for (Pass each : values()) {
          if (each.code().equals(tag.getCode())) {
            return Optional.of(each);
          }
        }
      }
    }
    return Optional.empty();
  }

  /** Leaves only the marks that were there before; true if that changed anything. */
  static boolean keep(Resource resource, Resource before) {
    Optional<Pass> kept = of(before);
    if (kept.equals(of(resource))) {
      return false;
    }
    resource.getMeta().getTag().removeIf(tag -> SYSTEM.equals(tag.getSystem()));
    kept.ifPresent(pass -> pass.mark(resource));
    return true;
  }
}
