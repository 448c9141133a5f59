// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher;

import dev.parley.launcher.client.CommandLineKey;
import dev.parley.launcher.client.LiveFeed;
import dev.parley.launcher.client.NoticeLine;
import dev.parley.launcher.client.Refused;
import dev.parley.launcher.client.Watch;
import dev.parley.launcher.terminal.PlainError;
import dev.parley.launcher.terminal.Terminal;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "watch",
    description = {
      "Follow a topic or a search over the socket and print a line for each event.",
      "Connects again after a break and gets what it missed. Ctrl-C ends it."
    },
    mixinStandardHelpOptions = true)
final class WatchCommand implements Runnable {
  @Mixin private UrlOption url;

  @ArgGroup(multiplicity = "1")
  private What what;

  static final class What {
    @ArgGroup(exclusive = false)
    private ByTopic byTopic;

    @Option(
        names = "--criteria",
        paramLabel = "SEARCH",
        required = true,
        description = "A search, as \"Communication?recipient=Practitioner/dr-berg\".")
    private String criteria;
  }

  static final class ByTopic {
    @Option(
        names = "--topic",
        paramLabel = "TOPIC",
        required = true,
        description = "communication, consent, appointment, task, or a topic's canonical.")
    private String topic;

    @Option(
        names = "--filter",
        paramLabel = "NAME=VALUE",
        description = "As recipient=Practitioner/dr-berg; all of several must hold.")
    private List<String> filters = List.of();
  }

  @Option(names = "--json", description = "Print each frame as one line of JSON.")
  private boolean json;

  @Option(names = "--count", paramLabel = "N", description = "End after N events.")
  private long count;

  @Override
  public void run() {
    Logging.off();
    Terminal terminal = new Terminal(System.out, false);
    Watch watch =
        what.byTopic == null
            ? new Watch.Criteria(what.criteria)
            : new Watch.Topic(what.byTopic.topic, what.byTopic.filters);
    LiveFeed feed =
        LiveFeed.open(
            url.client(CommandLineKey.SYSTEM),
            watch,
            line -> System.err.println("parley: " + line));
    Thread leave = new Thread(() -> leave(feed), "leave");
    Runtime.getRuntime().addShutdownHook(leave);
    try {
      AtomicLong seen = new AtomicLong();
      feed.follow(
          () -> System.err.println("Watching " + feed.subscription() + "; Ctrl-C ends it"),
          (frame, event) -> {
            terminal.say(json ? frame.toString() : NoticeLine.of(event, Instant.now()));
            return count == 0 || seen.incrementAndGet() < count;
          });
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Best effort: a server that is gone ends the subscription by its lease. */
  private static void leave(LiveFeed feed) {
    try {
      feed.close();
    } catch (PlainError | Refused e) {
      System.err.println("parley: %s stays: %s".formatted(feed.subscription(), e.getMessage()));
    }
  }
}
