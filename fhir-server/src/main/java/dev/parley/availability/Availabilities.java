// SPDX-License-Identifier: Apache-2.0
package dev.parley.availability;

import dev.parley.duty.Duty;
import dev.parley.feature.Feature;
import dev.parley.feature.Tools;
import dev.parley.store.Rule;
import java.util.List;

/** Do-not-disturb, delegates and roles. */
public final class Availabilities implements Feature {
  private final Tools tools;
  private final Duty duty;

  public Availabilities(Tools tools, Duty duty) {
    this.tools = tools;
    this.duty = duty;
  }

  @Override
  public List<Rule> rules() {
    return List.of(
        new AvailabilityRule(
            tools.chart(), new Reach(tools.chart(), duty), tools.fhir(), tools.clock()));
  }

  @Override
  public List<?> operations() {
    return List.of(
        new AvailabilityOperations(tools, new Reach(tools.chart(), duty)),
        new RoleOperations(tools, duty));
  }
}
