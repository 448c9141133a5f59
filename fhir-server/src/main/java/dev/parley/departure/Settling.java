// SPDX-License-Identifier: Apache-2.0
package dev.parley.departure;

import ca.uhn.fhir.context.FhirContext;
import dev.parley.store.Draft;
import dev.parley.store.Moments;
import dev.parley.store.Step;
import dev.parley.store.StoredResource;
import java.time.Clock;
import java.util.function.Consumer;
import org.hl7.fhir.r4.model.DateTimeType;
import org.hl7.fhir.r4.model.Resource;

/** Makes steps of what is to be settled. */
final class Settling {

  private final FhirContext fhir;
  private final Clock clock;

  Settling(FhirContext fhir, Clock clock) {
    this.fhir = fhir;
    this.clock = clock;
  }

  /** A change of what is stored, at the version that was looked at. */
  <T extends Resource> Step change(StoredResource stored, Class<T> type, Consumer<T> edit) {
    return Step.change(fhir, type, stored.id(), edit);
  }

  Step create(Resource resource) {
    return Step.create(Draft.of(resource, fhir), null);
  }

  DateTimeType now() {
    return Moments.utc(clock.instant());
  }
}
