package dev.parley.http;

import dev.parley.store.*;

final class Patches {
  Patches(ca.uhn.fhir.context.FhirContext f) {}

  Draft apply(StoredResource s, ca.uhn.fhir.rest.api.PatchTypeEnum k, String p) {
    return null;
  }

  Draft apply(StoredResource s, org.hl7.fhir.r4.model.Resource p) {
    return null;
  }
}
