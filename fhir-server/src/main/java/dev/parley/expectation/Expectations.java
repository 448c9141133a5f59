// SPDX-License-Identifier: Apache-2.0
package dev.parley.expectation;

import dev.parley.config.Setting;
import dev.parley.duty.Duty;
import dev.parley.duty.Rungs;
import dev.parley.feature.Feature;
import dev.parley.feature.Tools;
import dev.parley.store.Rule;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.ZoneId;
import java.util.List;
import java.util.Optional;
import org.hl7.fhir.r4.model.Reference;

/** Response times, and the work that comes of messages. */
public final class Expectations implements Feature {
  private final Tools tools;
  private final ZoneId zone;
  private final List<Rule> rules;
  private final Rungs rungs;
  private final Pools pools;

  public Expectations(Tools tools, Duty duty, ZoneId zone) {
    this.tools = tools;
    this.zone = zone;
    pools = new Pools(tools.chart(), duty, zone);
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

  /** The time zone of the service among these, or whose they are; else that of this server. */
  public ZoneId zone(Connection connection, List<Reference> people) throws SQLException {
    Optional<Pool> pool = pools.of(people, tools.clock().instant(), connection);
    return pool.map(Pool::service).map(service -> service.hours().zone()).orElse(zone);
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
