// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.TestDatabase;
import dev.parley.TestServer;
import dev.parley.config.Setting;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.sql.Connection;
import java.sql.Statement;
import org.junit.jupiter.api.Test;

class AuditCommandTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(TestServer server, String... words) {
    String[] all = new String[words.length + 5];
    all[0] = "audit";
    System.arraycopy(words, 0, all, 1, words.length);
    all[words.length + 1] = "--jdbc-url";
    all[words.length + 2] = server.config().text(Setting.PARLEY_JDBC_URL);
    all[words.length + 3] = "--jdbc-user";
    all[words.length + 4] = "postgres";
    out.getBuffer().setLength(0);
    err.getBuffer().setLength(0);
    return Main.commandLine()
        .setOut(new PrintWriter(out))
        .setErr(new PrintWriter(err))
        .execute(all);
  }

  @Test
  void verify_ends_with_zero_until_a_row_was_changed() throws Exception {
    try (TestServer server = TestServer.start()) {
      server.put("Patient/p1", "{\"resourceType\":\"Patient\",\"id\":\"p1\"}");
      server.get("AuditEvent?_count=1");
      assertEquals(0, run(server, "verify"), out.toString());
      assertTrue(out.toString().contains("Nothing was changed"), out.toString());
      String head = out.toString().replaceAll("(?s).*head (\\S+).*", "$1");
      assertEquals(0, run(server, "verify", "--head", head), out.toString());
      try (Connection connection = TestDatabase.connect(server.config());
          Statement statement = connection.createStatement()) {
        statement.execute("update audit set address = '10.0.0.1' where segment = 1");
      }
      assertEquals(1, run(server, "verify"));
      assertTrue(out.toString().contains("segment 1: a row was changed"), out.toString());
    }
  }

  @Test
  void holds_are_placed_listed_and_released() {
    try (TestServer server = TestServer.start()) {
      assertEquals(0, run(server, "hold", "Patient/p1", "--reason", "case 12"), err.toString());
      assertEquals(0, run(server, "holds"));
      assertTrue(out.toString().contains("Patient/p1"), out.toString());
      assertTrue(out.toString().contains("case 12"), out.toString());
      assertEquals(0, run(server, "release", "Patient/p1"));
      assertEquals(1, run(server, "release", "Patient/p1"));
      assertEquals(1, run(server, "hold", "everything", "--reason", "x"));
      assertTrue(server.get("AuditEvent?subtype=hold&patient=p1").body().contains("case 12"));
    }
  }

  @Test
  void purge_reports_what_it_would_do() {
    try (TestServer server = TestServer.start()) {
      assertEquals(0, run(server, "purge", "--dry-run"), err.toString());
      assertTrue(out.toString().startsWith("0 rows in 0 segments"), out.toString());
    }
  }
}
