// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.TestServer;
import dev.parley.launcher.client.FhirClient;
import dev.parley.launcher.client.Login;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class DowntimeListTest {
  private static TestServer server;

  @BeforeAll
  static void start() {
    server = TestServer.start();
    put("Location/4b", "'name':'Ward 4B'");
    put("Location/5c", "'name':'Ward 5C'");
    put("Patient/ada", "'name':[{'given':['Ada'],'family':'Byron'}]");
    put(
        "Encounter/e",
        "'status':'in-progress','class':{'code':'IMP'},'subject':{'reference':'Patient/ada'},'location':[{'location':{'reference':'Location/4b'}}]");
    put("Communication/t", "'status':'in-progress','subject':{'reference':'Patient/ada'}");
    put(
        "Communication/m",
        "'status':'completed','sent':'2026-11-27T09:41:12Z','partOf':[{'reference':'Communication/t'}],'payload':[{'contentString':'Private words'}]");
    put(
        "Task/lab",
        "'status':'requested','intent':'order','priority':'urgent','code':{'coding':[{'code':'call-lab'}]},'for':{'reference':'Patient/ada'}");
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static void put(String reference, String elements) {
    String[] parts = reference.split("/");
    String body = "{'resourceType':'%s','id':'%s',%s}".formatted(parts[0], parts[1], elements);
    assertEquals(201, server.put(reference, body.replace('\'', '"')).status());
  }

  private static String print(String... wards) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    DowntimeListCommand.print(
        new FhirClient(server.base(), Login.NONE), List.of(wards), new PrintStream(out));
    return out.toString(StandardCharsets.UTF_8);
  }

  @Test
  void each_ward_has_its_patients_with_what_is_open() {
    String list = print();
    assertTrue(list.contains("Ward 4B  (Location/4b)"), list);
    assertTrue(list.contains("Ada Byron  Patient/ada"), list);
    assertTrue(list.contains("[ ] call-lab        urgent   due -"), list);
    assertTrue(list.contains("last message 2026-11-27T09:41Z Communication/t"), list);
    assertFalse(list.contains("Private words"));
    assertFalse(list.contains("5C"), "a ward with nothing open takes no paper");
  }

  @Test
  void one_ward_is_printed_alone() {
    assertFalse(print("Location/5c").contains("Ada"));
    assertTrue(print("Location/4b").contains("Ada"));
  }
}
