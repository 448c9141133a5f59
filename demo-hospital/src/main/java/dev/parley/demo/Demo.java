// SPDX-License-Identifier: Apache-2.0
package dev.parley.demo;

import ca.uhn.fhir.context.FhirContext;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;

/** Writes the demo hospital: Synthea's folder first, then the folder of the four files. */
public final class Demo {
  private Demo() {}

  public static void main(String[] args) throws IOException {
    SyntheaRun synthea = new SyntheaRun(Path.of(args[0]));
    synthea.prepare();
    FhirContext fhir = FhirContext.forR4();
    Composition composition = Composition.of(fhir, synthea);
    Check.all(fhir, composition);
    Map<String, byte[]> files = new Output(fhir).files(composition);
    Map<String, byte[]> again = new Output(fhir).files(Composition.of(fhir, synthea));
    Path folder = Files.createDirectories(Path.of(args[1]).normalize());
    for (var file : files.entrySet()) {
      if (!Arrays.equals(file.getValue(), again.get(file.getKey()))) {
        throw new IllegalStateException(file.getKey() + " came out differently the second time");
      }
      Files.write(folder.resolve(file.getKey()), file.getValue());
      System.out.printf("%-24s %,9d bytes%n", file.getKey(), file.getValue().length);
    }
  }
}
