// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.parley.TestDatabase;
import dev.parley.config.Config;
import dev.parley.config.Setting;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.yaml.snakeyaml.Yaml;

/** What can be checked of docker/ where there is no Docker. */
class DockerTest {
  private static final Path TOP = Path.of("..").toAbsolutePath().normalize();
  private static final Path DOCKER = TOP.resolve("docker");
  private static final Pattern VARIABLE = Pattern.compile("\\$\\{([A-Z_]+)(:[-?][^}]*)?}");
  @TempDir Path folder;

  @Test
  void compose_names_roles_settings_files_and_volumes_that_exist() throws IOException {
    JsonNode compose = compose();
    Set<String> commands = Main.commandLine().getSubcommands().keySet();
    for (JsonNode service : compose.path("services")) {
      if (service.path("image").asText().equals("parley")) {
        assertTrue(commands.contains(service.at("/command/0").asText()), service::toString);
        service
            .path("environment")
            .fieldNames()
            .forEachRemaining(name -> assertTrue(Setting.named(name).isPresent(), name));
      }
      service
          .path("depends_on")
          .fieldNames()
          .forEachRemaining(name -> assertTrue(compose.path("services").has(name), name));
      for (JsonNode volume : service.path("volumes")) {
        String source = volume.asText().split(":")[0];
        assertTrue(
            source.startsWith("./")
                ? Files.exists(DOCKER.resolve(source))
                : compose.path("volumes").has(source),
            source);
      }
      JsonNode build = service.path("build");
      if (!build.isMissingNode()) {
        Path context = DOCKER.resolve(build.path("context").asText());
        assertTrue(Files.exists(context.resolve(build.path("dockerfile").asText())));
      }
    }
    long always =
        compose.path("services").findValues("image").size()
            - compose.path("services").findValues("profiles").size();
    assertEquals(3, always);
    assertEquals("[\"demo\"]", compose.at("/services/keycloak/profiles").toString());
  }

  @Test
  void every_variable_of_compose_is_in_the_example_and_none_is_left_over() throws IOException {
    Set<String> used = new HashSet<>();
    Matcher matcher = VARIABLE.matcher(Files.readString(DOCKER.resolve("compose.yaml")));
    while (matcher.find()) {
      used.add(matcher.group(1));
    }
    assertEquals(offered("demo.env"), used);
    used.removeAll(Set.of("KEYCLOAK_PASSWORD", "DEMO_EHR_SECRET"));
    assertEquals(offered(".env.example"), used);
    assertTrue(
        Files.readString(DOCKER.resolve("compose.yaml")).contains("PARLEY_ISSUER: ${ISSUER:?"));
  }

  private static Set<String> offered(String file) throws IOException {
    return Files.readAllLines(DOCKER.resolve(file)).stream()
        .filter(line -> !line.startsWith("#"))
        .map(line -> line.split("=", 2)[0])
        .collect(Collectors.toSet());
  }

  @Test
  void compose_has_postgres_keep_what_it_acknowledges() throws IOException {
    String command = compose().at("/services/postgres/command").asText();
    for (String setting :
        List.of(
            "fsync=on",
            "synchronous_commit=on",
            "full_page_writes=on",
            "max_prepared_transactions=0")) {
      assertTrue(command.contains("-c " + setting), setting);
    }
  }

  @Test
  void the_image_is_built_from_files_that_are_there_and_does_not_run_as_root() throws IOException {
    List<String> lines = Files.readAllLines(DOCKER.resolve("Dockerfile"));
    for (String line : lines) {
      if (line.startsWith("COPY ") && !line.contains("--from")) {
        String[] words = line.split(" ");
        for (int i = 1; i < words.length - 1; i++) {
          assertTrue(Files.exists(TOP.resolve(words[i])), line);
        }
      }
    }
    assertTrue(lines.contains("USER parley"));
    assertTrue(lines.stream().anyMatch(line -> line.startsWith("HEALTHCHECK ")));
    Set<String> modules =
        Pattern.compile("<module>(.*?)</module>")
            .matcher(Files.readString(TOP.resolve("pom.xml")))
            .results()
            .map(m -> m.group(1))
            .collect(Collectors.toSet());
    for (String module : modules) {
      assertTrue(lines.contains("COPY " + module + " ./" + module), module);
    }
  }

  @Test
  void the_entry_point_runs_as_a_plain_process_and_the_health_check_sees_it() throws Exception {
    Files.copy(DOCKER.resolve("parley"), folder.resolve("parley"));
    jar(folder.resolve("parley.jar"));
    Config database = TestDatabase.fresh();
    String port = String.valueOf(freePort());
    Map<String, String> environment =
        Map.of(
            "PARLEY_JDBC_URL",
            database.text(Setting.PARLEY_JDBC_URL),
            "PARLEY_JDBC_USER",
            database.text(Setting.PARLEY_JDBC_USER),
            "PARLEY_INSECURE_NO_LOGIN",
            "true",
            "PARLEY_PORT",
            port,
            "PARLEY_LOG",
            "json");
    Process server = start(environment, folder.resolve("parley").toString(), "fhir-server");
    try {
      await()
          .atMost(Duration.ofMinutes(2))
          .until(() -> start(environment, DOCKER.resolve("healthy").toString()).waitFor() == 0);
    } finally {
      server.destroy();
      assertTrue(server.waitFor(1, TimeUnit.MINUTES));
    }
    assertEquals(143, server.exitValue());
    assertTrue(start(environment, DOCKER.resolve("healthy").toString()).waitFor() != 0);
  }

  private static Process start(Map<String, String> environment, String... command)
      throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD);
    builder.environment().putAll(environment);
    String java = Path.of(System.getProperty("java.home"), "bin").toString();
    builder.environment().merge("PATH", java, (path, bin) -> bin + ":" + path);
    return builder.start();
  }

  /** What the build puts there, here as a list of the classes under test. */
  private static void jar(Path jar) throws IOException {
    String classes =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    Manifest manifest = new Manifest();
    Attributes attributes = manifest.getMainAttributes();
    attributes.put(Attributes.Name.MANIFEST_VERSION, "1.0");
    attributes.put(Attributes.Name.MAIN_CLASS, "dev.parley.launcher.Main");
    attributes.put(
        Attributes.Name.CLASS_PATH,
        Stream.of(classes.split(":"))
            .map(path -> Path.of(path).toUri().toString())
            .collect(Collectors.joining(" ")));
    try (OutputStream out = Files.newOutputStream(jar);
        JarOutputStream written = new JarOutputStream(out, manifest)) {
      written.finish();
    }
  }

  private static JsonNode compose() throws IOException {
    Object yaml = new Yaml().load(Files.readString(DOCKER.resolve("compose.yaml")));
    return new ObjectMapper().valueToTree(yaml);
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
