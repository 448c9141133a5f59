// SPDX-License-Identifier: Apache-2.0
package dev.parley.identity;

import dev.parley.config.Setting;
import dev.parley.feature.Feature;
import dev.parley.feature.Tools;
import dev.parley.store.Redaction;
import dev.parley.store.Rule;
import java.time.Duration;
import java.time.Period;
import java.util.List;

/** What of a message waits until its reader is verified; docs/features/identity.md is the page. */
public final class VerifiedIdentity implements Feature {
  private static final String STAFF_TEXT =
      "You have a message. Log in again in the way that your organisation asks for to read it.";

  private final Redaction redaction;
  private final IdentityRule rule;
  private final VerifyOperation verify;

  public VerifiedIdentity(Tools tools) {
    Levels levels = Levels.of(tools.config().text(Setting.PARLEY_IDENTITY_LEVELS));
    String said = tools.config().text(Setting.PARLEY_IDENTITY_TEXT);
    WithheldText text = new WithheldText(tools.fhir(), tools.chart(), levels, said, tools.clock());
    int staff = Integer.parseInt(tools.config().text(Setting.PARLEY_STAFF_ASSURANCE));
    redaction =
        staff <= 1
            ? text
            : new StaffSessions(
                text,
                new WithheldText(tools.fhir(), tools.chart(), levels, STAFF_TEXT, tools.clock()),
                staff);
    CallTasks calls = new CallTasks(tools.clock());
    rule = new IdentityRule(tools, levels, calls, new Unveiling(tools, levels));
    verify =
        new VerifyOperation(
            tools, Period.ofMonths(tools.config().number(Setting.PARLEY_IDENTITY_MONTHS)));
    Duration due = Duration.ofHours(tools.config().number(Setting.PARLEY_WITHHELD_HOURS));
    new WithheldWatch(tools, calls, due);
    new ExpiringProofs(tools);
  }

  /** Asked before anything is answered or pushed. */
  public Redaction redaction() {
    return redaction;
  }

  @Override
  public List<Rule> rules() {
    return List.of(rule);
  }

  @Override
  public List<?> operations() {
    return List.of(verify);
  }
}
