// SPDX-License-Identifier: Apache-2.0
package dev.parley.feature;

import ca.uhn.fhir.context.FhirContext;
import dev.parley.store.Draft;
import dev.parley.store.Step;
import org.hl7.fhir.r4.model.Device;
import org.hl7.fhir.r4.model.Device.DeviceNameType;

/** Who says what nobody has said: the sender of what the server writes by itself. */
public final class OwnDevice {
  public static final String REFERENCE = "Device/parley";

  private OwnDevice() {}

  /** Brings it; asked for where it is not there yet. */
  public static Step step(FhirContext fhir) {
    Device own = new Device();
    own.setId("parley");
    own.addDeviceName().setName("Parley").setType(DeviceNameType.USERFRIENDLYNAME);
    return Step.update(Draft.of(own, fhir), own.getIdElement().getIdPart(), null);
  }
}
