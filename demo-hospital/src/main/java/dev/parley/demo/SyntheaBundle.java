// SPDX-License-Identifier: Apache-2.0
package dev.parley.demo;

import ca.uhn.fhir.context.FhirContext;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.hl7.fhir.r4.model.DomainResource;
import org.hl7.fhir.r4.model.Resource;

/**
 * The wanted types out of one of Synthea's files. Each resource is parsed by itself: as a whole,
 * HAPI would tie the entries together and write other references than those in the file.
 */
final class SyntheaBundle {
  private static final Set<String> WANTED =
      Set.of(
          "Patient",
          "Practitioner",
          "PractitionerRole",
          "Organization",
          "Location",
          "Encounter",
          "Condition",
          "MedicationRequest",
          "DiagnosticReport",
          "Observation",
          "CarePlan",
          "CareTeam");

  private final List<Resource> resources = new ArrayList<>();

  SyntheaBundle(FhirContext fhir, Path file) throws IOException {
    JsonObject bundle;
    try (Reader reader = Files.newBufferedReader(file)) {
      bundle = JsonParser.parseReader(reader).getAsJsonObject();
    }
    for (var entry : bundle.getAsJsonArray("entry")) {
      JsonObject json = entry.getAsJsonObject().getAsJsonObject("resource");
      if (WANTED.contains(json.get("resourceType").getAsString())) {
        resources.add(plain((Resource) fhir.newJsonParser().parseResource(json.toString())));
      }
    }
  }

  <T extends Resource> List<T> all(Class<T> type) {
    return resources.stream().filter(type::isInstance).map(type::cast).toList();
  }

  private static Resource plain(Resource resource) {
    resource.setMeta(null);
    if (resource instanceof DomainResource domain) {
      domain.setText(null);
      domain.getExtension().clear();
    }
    return resource;
  }
}
