// SPDX-License-Identifier: Apache-2.0
package dev.parley.departure;

import dev.parley.feature.Feature;
import dev.parley.feature.Tools;
import dev.parley.store.Rule;
import java.util.List;

/** Puts the parts of this feature together. */
public final class Departures implements Feature {
  private final List<Rule> rules;

  public Departures(Tools tools) {
    Settling settling = new Settling(tools.fhir(), tools.clock());
    RoleEnds roleEnds = new RoleEnds(tools, settling);
    rules =
        List.of(
            new DeathRule(tools.chart(), settling),
            new LeaveRule(tools.chart(), settling, roleEnds, tools.clock()));
  }

  @Override
  public List<Rule> rules() {
    return rules;
  }
}
