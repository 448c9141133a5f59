// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher;

import com.fasterxml.jackson.databind.JsonNode;
import dev.parley.launcher.client.CommandLineKey;
import dev.parley.launcher.client.FhirClient;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What a ward prints on paper before, or while, the systems are down. No text of messages. */
@Command(
    name = "downtime-list",
    description = "Print the open conversations and tasks of each ward and service, for paper.",
    mixinStandardHelpOptions = true)
final class DowntimeListCommand implements Runnable {
  @Mixin private UrlOption url;

  @Option(
      names = "--ward",
      paramLabel = "REF",
      description = "Only this one, as Location/4b or HealthcareService/dialysis; may be repeated.")
  private List<String> wards = new ArrayList<>();

  @Override
  public void run() {
    Logging.off();
    print(
        url.client(CommandLineKey.SYSTEM),
        wards,
        new PrintStream(System.out, true, StandardCharsets.UTF_8));
  }

  static void print(FhirClient client, List<String> asked, PrintStream out) {
    out.println("Open conversations and tasks, " + Instant.now().truncatedTo(ChronoUnit.MINUTES));
    List<JsonNode> wards = new ArrayList<>();
    if (asked.isEmpty()) {
      for (String type : List.of("Location", "HealthcareService")) {
        client.get(type + "?_count=1000").path("entry").forEach(e -> wards.add(e.path("resource")));
      }
    } else {
      asked.forEach(each -> wards.add(client.get(each)));
    }
    for (JsonNode ward : wards) {
      String type = ward.path("resourceType").asText();
      String reference = type + "/" + ward.path("id").asText();
      String by = type.equals("Location") ? "location=" : "pool=";
      List<JsonNode> list = new ArrayList<>();
      for (JsonNode each : client.get("Task/$handover-list?" + by + reference).path("parameter")) {
        if (each.path("name").asText().equals("patient")) {
          list.add(each);
        }
      }
      if (!list.isEmpty()) {
        out.printf("%n%s  (%s)%n", ward.path("name").asText(reference), reference);
        list.forEach(patient -> patient(patient, out));
      }
    }
  }

  private static void patient(JsonNode patient, PrintStream out) {
    for (JsonNode part : patient.path("part")) {
      switch (part.path("name").asText()) {
        case "who" -> {
          JsonNode who = part.path("valueReference");
          out.printf(
              "%n  %s  %s%n", who.path("display").asText(""), who.path("reference").asText());
        }
        case "task" ->
            out.printf(
                "    [ ] %-15s %-8s due %-17s %s%n",
                value(part, "code"),
                value(part, "priority"),
                time(value(part, "due")),
                value(part, "owner"));
        default ->
            out.printf(
                "    conversation    last message %-17s %s%n",
                time(value(part, "lastMessage")), value(part, "reference"));
      }
    }
  }

  private static String value(JsonNode part, String name) {
    for (JsonNode each : part.path("part")) {
      if (each.path("name").asText().equals(name)) {
        for (String type : List.of("valueCode", "valueString", "valueDateTime")) {
          if (each.has(type)) {
            return each.path(type).asText();
          }
        }
        return each.at("/valueReference/reference").asText();
      }
    }
    return "";
  }

  /** Without seconds. */
  private static String time(String instant) {
    return instant.isEmpty() ? "-" : instant.replaceAll("(T\\d\\d:\\d\\d).*", "$1Z");
  }
}
