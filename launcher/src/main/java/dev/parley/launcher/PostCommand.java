// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.parley.launcher.terminal.Terminal;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "post", description = "Send a message.", mixinStandardHelpOptions = true)
final class PostCommand implements Runnable {
  @Mixin private UrlOption url;

  @Option(
      names = "--to",
      paramLabel = "REF",
      required = true,
      description = "A recipient, as Practitioner/dr-berg; may be given several times.")
  private List<String> to;

  @Option(names = "--from", paramLabel = "REF", required = true, description = "The sender.")
  private String from;

  @Option(
      names = "--thread",
      paramLabel = "REF",
      description = "The conversation, a Communication that others are part of.")
  private String thread;

  @Parameters(paramLabel = "TEXT", description = "What to say.")
  private String text;

  @Override
  public void run() {
    Logging.off();
    long began = System.nanoTime();
    JsonNode stored = url.client(from).post("Communication", message().toString());
    new Terminal(System.out, false)
        .say(
            "Communication/%s is stored (%d ms)"
                .formatted(stored.path("id").asText(), (System.nanoTime() - began) / 1_000_000));
  }

  private ObjectNode message() {
    ObjectNode message =
        new ObjectMapper()
            .createObjectNode()
            .put("resourceType", "Communication")
            .put("status", "completed");
    if (thread != null) {
      message.putArray("partOf").addObject().put("reference", thread);
    }
    to.forEach(recipient -> message.withArray("recipient").addObject().put("reference", recipient));
    message.putObject("sender").put("reference", from);
    message.put("sent", Instant.now().truncatedTo(ChronoUnit.MILLIS).toString());
    message.putArray("payload").addObject().put("contentString", text);
    return message;
  }
}
