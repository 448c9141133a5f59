// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.TestServer;
import dev.parley.launcher.client.FhirClient;
import dev.parley.launcher.client.Login;
import dev.parley.launcher.terminal.PlainError;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LoaderTest {
  private static TestServer server;
  @TempDir Path folder;

  @BeforeAll
  static void start() {
    server = TestServer.start();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @Test
  void packed_lines_keep_their_ids_and_their_digits() throws IOException {
    Path file = folder.resolve("Observation.ndjson.gz");
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(file))) {
      for (int i = 0; i < 600; i++) {
        out.write(observation("line-" + i, "1.50").getBytes(StandardCharsets.UTF_8));
        out.write('\n');
      }
    }
    load(file);
    assertTrue(server.get("Observation/line-599").body().contains("\"value\":1.50"));
    assertEquals(200, server.get("Observation/line-0").status());
  }

  @Test
  void a_line_without_an_id_is_stored_once_however_often_it_is_loaded() throws IOException {
    Path file = folder.resolve("groups.ndjson");
    Files.writeString(
        file,
        """
        {"resourceType":"Group","type":"person","actual":true,"name":"loaded twice"}
        """);
    load(file);
    load(file);
    assertEquals(1, server.get("Group?_summary=count").json().get("total").asInt());
  }

  @Test
  void a_transaction_resolves_its_own_references_and_may_be_repeated() throws IOException {
    String id = "5a9a7a0c-1111-4222-8333-444455556666";
    Path file = folder.resolve("bundle.json");
    Files.writeString(
        file,
        """
        {"resourceType":"Bundle","type":"transaction","entry":[
          {"fullUrl":"urn:uuid:%1$s","resource":{"resourceType":"Patient","id":"%1$s"},
           "request":{"method":"POST","url":"Patient"}},
          {"fullUrl":"urn:uuid:7a9a7a0c-1111-4222-8333-444455556666",
           "resource":{"resourceType":"Encounter","id":"7a9a7a0c-1111-4222-8333-444455556666",
             "status":"finished","class":{"code":"AMB"},"subject":{"reference":"urn:uuid:%1$s"}},
           "request":{"method":"POST","url":"Encounter"}}]}
        """
            .formatted(id));
    load(file);
    load(file);
    assertEquals(
        "Patient/" + id,
        server
            .get("Encounter/7a9a7a0c-1111-4222-8333-444455556666")
            .json()
            .at("/subject/reference")
            .asText());
  }

  @Test
  void a_message_may_come_before_those_it_names() throws IOException {
    StringBuilder lines = new StringBuilder();
    lines.append(message("early", "late-sender")).append('\n');
    for (int i = 0; i < Chunks.RESOURCES; i++) {
      lines.append(observation("between-" + i, "1")).append('\n');
    }
    lines.append("{\"resourceType\":\"Practitioner\",\"id\":\"late-sender\"}\n");
    Path file = folder.resolve("all.ndjson");
    Files.writeString(file, lines);
    load(file);
    assertEquals(200, server.get("Communication/early").status());
  }

  @Test
  void a_load_that_was_refused_goes_on_after_what_is_stored() throws IOException {
    Files.writeString(folder.resolve("a.ndjson"), observation("first", "1"));
    Path second = folder.resolve("b.ndjson");
    Files.writeString(second, message("orphan", "nobody-at-all"));
    PlainError no = assertThrows(PlainError.class, () -> load(folder));
    assertTrue(no.getMessage().startsWith("b.ndjson#0: the server says 4"), no.getMessage());
    Files.writeString(second, observation("second", "1"));
    load(folder);
    assertEquals("1", server.get("Observation/first").json().at("/meta/versionId").asText());
    assertEquals(200, server.get("Observation/second").status());
    assertFalse(Files.exists(folder.resolve("journal")));
  }

  private void load(Path source) {
    new Loader(new FhirClient(server.base(), Login.NONE), line -> {})
        .load(source, folder.resolve("journal"));
  }

  private static String observation(String id, String value) {
    return """
    {"resourceType":"Observation","id":"%s","status":"final","code":{"text":"x"},"valueQuantity":{"value":%s}}"""
        .formatted(id, value);
  }

  private static String message(String id, String sender) {
    return """
    {"resourceType":"Communication","id":"%s","status":"completed","sender":{"reference":"Practitioner/%s"}}"""
        .formatted(id, sender);
  }
}
