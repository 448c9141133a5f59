// SPDX-License-Identifier: Apache-2.0
package dev.parley.expectation;

import dev.parley.store.Change;
import dev.parley.store.Rule;
import dev.parley.store.Transaction;
import java.time.ZoneId;
import org.hl7.fhir.r4.model.HealthcareService;

/** A promise that cannot be read is refused when it is written, not found out when it is due. */
final class ServiceRule implements Rule {
  private final ZoneId zone;

  ServiceRule(ZoneId zone) {
    this.zone = zone;
  }

  @Override
  public void beforeWrite(Change change, Transaction transaction) {
    if (change.after() instanceof HealthcareService service) {
      Service.of(service, zone);
    }
  }
}
