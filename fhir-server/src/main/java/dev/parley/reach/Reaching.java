// SPDX-License-Identifier: Apache-2.0
package dev.parley.reach;

import dev.parley.config.Setting;
import dev.parley.duty.Duty;
import dev.parley.duty.Rungs;
import dev.parley.feature.Feature;
import dev.parley.feature.Tools;
import dev.parley.store.Rule;
import java.time.Duration;
import java.time.ZoneId;
import java.util.List;
import java.util.function.Supplier;

/** Web Push, e-mail, and what becomes of messages that reach nobody. */
public final class Reaching implements Feature {
  private static final Duration ROUND = Duration.ofSeconds(2);

  private final Tools tools;
  private final Outside outside;
  private final ZoneId zone;
  private final Vapid vapid;
  private final Rule rule;

  /**
   * @param rungs whom to put before what is not acknowledged
   * @param zone of quiet hours that name none
   */
  public Reaching(Tools tools, Duty duty, Rungs rungs, ZoneId zone, Outside outside) {
    this.tools = tools;
    this.outside = outside;
    this.zone = zone;
    vapid = new Vapid(tools.config(), tools.database());
    String named = tools.config().text(Setting.PARLEY_EMAIL_URL);
    Supplier<String> page = named.isEmpty() ? outside.page() : () -> named;
    Mail mail = new Mail(tools.config(), page);
    Duration unread = Duration.ofHours(tools.config().number(Setting.PARLEY_UNREAD_HOURS));
    Telling telling =
        new Telling(tools, duty, seconds(Setting.PARLEY_REACH_SECONDS), mail.isThere(), unread);
    WebPush push = new WebPush(tools.config(), outside, vapid, tools.clock());
    Delivery delivery = new Delivery(tools, outside, push, mail);
    tools.agenda().every(ROUND, "reach-tell", telling::tell);
    tools.agenda().every(ROUND, "reach-deliver", delivery::deliver);
    Duration delivered = seconds(Setting.PARLEY_UNDELIVERED_SECONDS);
    Duration acknowledged = seconds(Setting.PARLEY_UNACKNOWLEDGED_SECONDS);
    NextRung next = new NextRung(tools.chart(), duty, rungs);
    Unreached unreached = new Unreached(tools, next, delivered, acknowledged);
    tools.agenda().once(Unreached.KIND, unreached::look);
    UnreadWatch watch = new UnreadWatch(tools, next);
    tools.agenda().every(Duration.ofMinutes(1), "reach-unread", watch::look);
    Duration first = delivered.compareTo(acknowledged) < 0 ? delivered : acknowledged;
    rule = new UnreachedRule(tools.chart(), tools.agenda(), telling, first, tools.clock());
  }

  private Duration seconds(Setting setting) {
    return Duration.ofSeconds(tools.config().number(setting));
  }

  @Override
  public List<Rule> rules() {
    return List.of(rule);
  }

  @Override
  public List<?> operations() {
    return List.of(new ReachOperations(tools, vapid, outside.allows(), zone));
  }
}
