// SPDX-License-Identifier: Apache-2.0
package dev.parley.reach;

import dev.parley.config.Setting;
import dev.parley.duty.Duty;
import dev.parley.feature.Feature;
import dev.parley.feature.Tools;
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

  /**
   * @param zone of quiet hours that name none
   */
  public Reaching(Tools tools, Duty duty, ZoneId zone, Outside outside) {
    this.tools = tools;
    this.outside = outside;
    this.zone = zone;
    vapid = new Vapid(tools.config(), tools.database());
    String named = tools.config().text(Setting.PARLEY_EMAIL_URL);
    Supplier<String> page = named.isEmpty() ? outside.page() : () -> named;
    Mail mail = new Mail(tools.config(), page);
    Duration grace = Duration.ofSeconds(tools.config().number(Setting.PARLEY_REACH_SECONDS));
    Telling telling = new Telling(tools, duty, grace, mail.isThere());
    WebPush push = new WebPush(tools.config(), outside, vapid, tools.clock());
    Delivery delivery = new Delivery(tools, outside, push, mail);
    tools.agenda().every(ROUND, "reach-tell", telling::tell);
    tools.agenda().every(ROUND, "reach-deliver", delivery::deliver);
  }

  @Override
  public List<?> operations() {
    return List.of(new ReachOperations(tools, vapid, outside.allows(), zone));
  }
}
