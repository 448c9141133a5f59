// SPDX-License-Identifier: Apache-2.0
package dev.parley.expectation;

import dev.parley.config.Setting;
import dev.parley.duty.Duty;
import dev.parley.duty.Rungs;
import dev.parley.feature.Feature;
import dev.parley.feature.Tools;
import dev.parley.store.Rule;
import java.time.Duration;
import java.time.ZoneId;
import java.util.List;

/** Response times, and the work that comes of messages. */
public final class Expectations implements Feature {
  private final Tools tools;
  private final ZoneId zone;
  private final List<Rule> rules;
  private final Rungs rungs;

  public Expectations(Tools tools, Duty duty, ZoneId zone) {
    this.tools = tools;
    this.zone = zone;
    Pools pools = new Pools(tools.chart(), duty, zone);
    Ladders ladders = Ladders.parse(tools.config().text(Setting.PARLEY_ESCALATION));
    rungs =
        (connection, service) ->
            ladders
                .of(service == null ? null : pools.service(service, connection).orElse(null))
                .stream()
                .map(rung -> new Rungs.Rung(rung.to(), rung.after()))
                .toList();
    AnswerTasks tasks = new AnswerTasks(tools.fhir(), tools.chart(), ladders);
    AutomaticAnswers automatic =
        new AutomaticAnswers(tools, pools, minutes(Setting.PARLEY_AUTOMATIC_ANSWER_MINUTES));
    Ladder ladder = new Ladder(tools, pools, ladders, duty, tasks);
    tools.agenda().once(AnswerRule.DUE, ladder::climb);
    tools.agenda().once(AutomaticAnswers.KIND, automatic::send);
    rules =
        List.of(
            new ServiceRule(zone),
            new AnswerRule(tools.chart(), pools, tasks, automatic, tools.agenda(), tools.clock()));
  }

  /** The ladders, for others that are late. */
  public Rungs rungs() {
    return rungs;
  }

  private Duration minutes(Setting setting) {
    return Duration.ofMinutes(tools.config().number(setting));
  }

  @Override
  public List<Rule> rules() {
    return rules;
  }

  @Override
  public List<?> operations() {
    return List.of(
        new ExpectationOperation(tools, zone),
        new HandoverOperation(tools),
        new WorkOperations(
            tools, new Colleagues(tools), minutes(Setting.PARLEY_ESCALATION_GRACE_MINUTES)));
  }
}
