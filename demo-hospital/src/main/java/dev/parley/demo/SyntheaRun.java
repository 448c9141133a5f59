// SPDX-License-Identifier: Apache-2.0
package dev.parley.demo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.mitre.synthea.engine.Generator;
import org.mitre.synthea.helpers.Config;

/**
 * The invented population: the same seed, dates and one thread give the same people every time. A
 * finished run is kept, because it takes minutes and the rest takes seconds.
 */
final class SyntheaRun {
  private static final int POPULATION = 140;
  private static final long SEED = 20261122L;

  private final Path folder;

  SyntheaRun(Path folder) {
    this.folder = folder;
  }

  /** The bundle whose file name ends like this, as Synthea wrote it. */
  Path patient(String uuid) throws IOException {
    return one(uuid + ".json");
  }

  List<Path> infrastructure() throws IOException {
    try (Stream<Path> files = Files.list(folder.resolve("fhir"))) {
      return files
          .filter(f -> f.getFileName().toString().contains("Information"))
          .sorted()
          .toList();
    }
  }

  void prepare() throws IOException {
    Path done = folder.resolve("done");
    if (Files.exists(done)) {
      return;
    }
    Config.set("exporter.baseDirectory", folder + "/");
    Config.set("exporter.fhir.export", "true");
    Config.set("exporter.hospital.fhir.export", "true");
    Config.set("exporter.practitioner.fhir.export", "true");
    Config.set("exporter.fhir.use_us_core_ig", "false");
    Config.set("exporter.years_of_history", "2");
    Config.set("generate.log_patients.detail", "none");
    Config.set("generate.thread_pool_size", "1");
    new Generator(options()).run();
    Files.createFile(done);
  }

  private static Generator.GeneratorOptions options() {
    var options = new Generator.GeneratorOptions();
    options.population = POPULATION;
    options.seed = SEED;
    options.clinicianSeed = SEED;
    options.referenceTime = BaseDate.MIDNIGHT.toInstant().toEpochMilli();
    options.endTime = options.referenceTime;
    options.state = "Massachusetts";
    options.city = "Springfield";
    return options;
  }

  private Path one(String ending) throws IOException {
    try (Stream<Path> files = Files.list(folder.resolve("fhir"))) {
      return files
          .filter(f -> f.getFileName().toString().endsWith(ending))
          .findFirst()
          .orElseThrow(() -> new IllegalStateException("Synthea made no " + ending));
    }
  }
}
