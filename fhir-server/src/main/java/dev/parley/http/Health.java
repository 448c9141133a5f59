// SPDX-License-Identifier: Apache-2.0
package dev.parley.http;

import dev.parley.db.Database;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** {@code /health/live}, {@code /health/ready} and {@code /metrics}, for those who run Parley. */
final class Health extends HttpServlet {
  private static final long serialVersionUID = 1L;

  private final transient Database database;
  private final transient PrometheusMeterRegistry metrics;
  private final transient List<Supplier<Optional<String>>> troubles;

  /**
   * @param troubles each says what is wrong, in a few words without content, or nothing
   */
  Health(
      Database database,
      PrometheusMeterRegistry metrics,
      List<Supplier<Optional<String>>> troubles) {
    this.database = database;
    this.metrics = metrics;
    this.troubles = troubles;
  }

  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    response.setHeader("X-Content-Type-Options", "nosniff");
    switch (request.getServletPath()) {
      case "/health/live" -> say(response, 200, "live");
      case "/health/ready" -> ready(response);
      default -> {
        response.setContentType("text/plain; version=0.0.4; charset=utf-8");
        response.getWriter().write(metrics.scrape());
      }
    }
  }

  private void ready(HttpServletResponse response) throws IOException {
    try (Connection connection = database.connection()) {
      if (!connection.isValid(2)) {
        throw new SQLException("not valid");
      }
    } catch (SQLException e) {
      say(response, 503, "database unavailable");
      return;
    }
    Optional<String> trouble =
        troubles.stream().map(Supplier::get).flatMap(Optional::stream).findFirst();
    say(response, trouble.isPresent() ? 503 : 200, trouble.orElse("ready"));
  }

  private static void say(HttpServletResponse response, int status, String word)
      throws IOException {
    response.setStatus(status);
    response.setContentType("text/plain; charset=utf-8");
    response.getWriter().write(word + "\n");
  }
}
