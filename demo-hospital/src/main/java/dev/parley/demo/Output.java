// SPDX-License-Identifier: Apache-2.0
package dev.parley.demo;

import ca.uhn.fhir.context.FhirContext;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;
import org.hl7.fhir.r4.model.Resource;

/** The four files as bytes; the same composition gives the same bytes. */
final class Output {
  private final FhirContext fhir;

  Output(FhirContext fhir) {
    this.fhir = fhir;
  }

  Map<String, byte[]> files(Composition composition) throws IOException {
    Map<String, byte[]> files = new TreeMap<>();
    files.put("hospital.ndjson.gz", zipped(composition.hospital()));
    files.put("conversations.ndjson.gz", zipped(composition.conversations()));
    files.put("people.json", pretty(people(composition)));
    files.put("manifest.json", pretty(manifest(composition)));
    return files;
  }

  private byte[] zipped(List<Resource> resources) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (OutputStream out = new TightGzip(bytes)) {
      for (Resource resource : resources) {
        String line = fhir.newJsonParser().encodeResourceToString(resource);
        out.write(line.getBytes(StandardCharsets.UTF_8));
        out.write('\n');
      }
    }
    return bytes.toByteArray();
  }

  private static JsonArray people(Composition composition) {
    List<String> known =
        composition.all().stream().map(r -> r.fhirType() + "/" + r.getIdPart()).toList();
    JsonArray people = new JsonArray();
    for (List<String> row : Table.read("people.txt")) {
      if (!known.contains(row.get(2))) {
        throw new IllegalStateException("people.txt names " + row.get(2));
      }
      JsonObject person = new JsonObject();
      person.addProperty("name", row.get(0));
      person.addProperty("role", row.get(1));
      person.addProperty("reference", row.get(2));
      person.addProperty("story", row.get(3));
      people.add(person);
    }
    return people;
  }

  private static JsonObject manifest(Composition composition) {
    Map<String, Integer> counts = new TreeMap<>();
    composition.all().forEach(r -> counts.merge(r.fhirType(), 1, Integer::sum));
    JsonObject byType = new JsonObject();
    counts.forEach(byType::addProperty);
    JsonObject files = new JsonObject();
    files.addProperty("hospital.ndjson.gz", composition.hospital().size());
    files.addProperty("conversations.ndjson.gz", composition.conversations().size());
    JsonObject manifest = new JsonObject();
    manifest.addProperty("baseDate", BaseDate.DAY.toString());
    manifest.addProperty("resources", composition.all().size());
    manifest.add("files", files);
    manifest.add("counts", byType);
    return manifest;
  }

  private static byte[] pretty(JsonElement json) {
    String text = new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create().toJson(json);
    return (text + "\n").getBytes(StandardCharsets.UTF_8);
  }

  /** Java's gzip writes no time into its header, so only the level needs setting. */
  private static final class TightGzip extends GZIPOutputStream {
    TightGzip(OutputStream out) throws IOException {
      super(out);
      def.setLevel(Deflater.BEST_COMPRESSION);
    }
  }
}
