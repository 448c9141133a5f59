// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.JsonEncoder;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.encoder.Encoder;
import org.slf4j.LoggerFactory;

/**
 * The log, on standard output: set up in code because reading XML would cost 0.1 s at each start.
 */
final class Logging {
  private Logging() {}

  /**
   * @param form text or json
   */
  static void choose(String form, boolean quiet) {
    LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
    context.reset();
    ConsoleAppender<ILoggingEvent> console = new ConsoleAppender<>();
    console.setContext(context);
    console.setEncoder(form.equals("json") ? json(context) : text(context));
    console.start();
    Logger root = context.getLogger(Logger.ROOT_LOGGER_NAME);
    root.addAppender(console);
    // Libraries tell of themselves at INFO; some tell of requests, and requests hold patients'
    // names.
    root.setLevel(quiet ? Level.ERROR : Level.WARN);
    context.getLogger("dev.parley").setLevel(quiet ? Level.ERROR : Level.INFO);
    // What these say of a refused request, Parley's own line says already.
    context.getLogger("ca.uhn.fhir.rest.server").setLevel(Level.ERROR);
    context.getLogger("ca.uhn.fhir.interceptor").setLevel(Level.OFF);
    // Each failed connection of an outage would be a stack trace; the failed request is told of.
    context.getLogger("com.zaxxer.hikari").setLevel(Level.ERROR);
    context.getLogger("org.hibernate.orm.jdbc.error").setLevel(Level.OFF);
    // At each poll of an outage; the agenda says it once.
    context.getLogger("com.github.kagkarlsson.scheduler.RunUntilShutdown").setLevel(Level.OFF);
    context.getLogger("com.github.kagkarlsson.scheduler.RunAndLogErrors").setLevel(Level.OFF);
  }

  /** For commands whose own words are all there is to read. */
  static void off() {
    choose("text", true);
  }

  private static Encoder<ILoggingEvent> text(LoggerContext context) {
    PatternLayoutEncoder encoder = new PatternLayoutEncoder();
    encoder.setContext(context);
    encoder.setPattern("%d{HH:mm:ss.SSS} %-5level %logger{0}: %msg%n");
    encoder.start();
    return encoder;
  }

  private static Encoder<ILoggingEvent> json(LoggerContext context) {
    JsonEncoder encoder = new JsonEncoder();
    encoder.setContext(context);
    encoder.setWithSequenceNumber(false);
    encoder.setWithNanoseconds(false);
    encoder.setWithContext(false);
    encoder.start();
    return encoder;
  }
}
