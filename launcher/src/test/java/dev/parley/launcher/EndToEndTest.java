// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.launcher.postgres.LocalPostgres;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands as processes, one after the other as the README has them. */
class EndToEndTest {
  private static final Pattern WATCHING = Pattern.compile("Watching Subscription/");
  @TempDir Path folder;

  @Test
  void a_message_posted_in_one_terminal_is_seen_in_another_and_kept() throws Exception {
    Path data = folder.resolve("data");
    try (ParleyProcess parley = ParleyProcess.up(data, "0")) {
      String base = parley.base();
      Writers.prepare(base);
      for (String[] what :
          new String[][] {
            {"--topic", "communication", "--filter", "recipient=Practitioner/reader"},
            {"--criteria", "Communication?recipient=Practitioner/reader"}
          }) {
        ParleyProcess watch =
            what.length == 4
                ? ParleyProcess.start(
                    "watch", what[0], what[1], what[2], what[3], "--count", "2", "--url", base)
                : ParleyProcess.start("watch", what[0], what[1], "--count", "2", "--url", base);
        watch.line(WATCHING);
        ParleyProcess post =
            ParleyProcess.start(
                "post",
                "--from",
                "Practitioner/writer",
                "--to",
                "Practitioner/reader",
                "--url",
                base,
                "Hello");
        assertEquals(0, post.exit(), post::output);
        assertEquals(0, watch.exit(), watch::output);
        // The conversation that the message opened, and the message in it.
        assertTrue(
            watch.output().contains("Practitioner/writer -> Practitioner/reader  in "),
            watch::output);
        assertTrue(watch.output().contains("  \"Hello\""), watch::output);
      }

      Path backup = folder.resolve("backup.zip");
      ParleyProcess taken =
          ParleyProcess.start("backup", backup.toString(), "--data", data.toString());
      assertEquals(0, taken.exit(), taken::output);
      ParleyProcess second = ParleyProcess.up(data, "0");
      assertEquals(1, second.exit(), second::output);
      assertTrue(second.output().contains("is in use by another Parley"), second::output);

      assertEquals(143, parley.terminate().exit(), parley::output);
      assertTrue(LocalPostgres.running(data).isEmpty());
      // What it holds is nobody's demo: without the flag there is no demo log-in over it.
      ParleyProcess plain = ParleyProcess.start("up", "--data", data.toString(), "--port", "0");
      assertEquals(1, plain.exit(), plain::output);
      assertTrue(plain.output().contains("set PARLEY_ISSUER"), plain::output);
      assertTrue(LocalPostgres.running(data).isEmpty());
      Path other = folder.resolve("other");
      ParleyProcess restored =
          ParleyProcess.start("restore", backup.toString(), "--data", other.toString());
      assertEquals(0, restored.exit(), restored::output);
      assertTrue(Files.exists(other.resolve("postgres/PG_VERSION")));
    }
  }

  @Test
  void what_cannot_be_done_is_one_line_and_an_exit_code() throws Exception {
    ParleyProcess post =
        ParleyProcess.start(
            "post",
            "--from",
            "Practitioner/a",
            "--to",
            "Practitioner/b",
            "--url",
            "http://127.0.0.1:1",
            "Hello");
    assertEquals(1, post.exit(), post::output);
    assertTrue(post.output().startsWith("parley: no answer from http://127.0.0.1:1/fhir/R4"));
    assertEquals(1, post.output().lines().count(), post::output);
  }
}
