// SPDX-License-Identifier: Apache-2.0
package dev.parley.visibility;

import dev.parley.config.Config;
import dev.parley.config.Setting;
import dev.parley.feature.Feature;
import dev.parley.feature.Tools;
import dev.parley.store.Rule;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;

/**
 * What keeps the keys true by which {@link Entitlement} decides, and who may write what they come
 * from; {@code $break-glass}. The first of all features: others do not judge what may not be
 * written at all.
 */
public final class Relationships implements Feature {
  private final List<Rule> rules;
  private final BreakGlassOperation breakGlass;

  public Relationships(Tools tools) {
    Config config = tools.config();
    Relations relations = new Relations(tools.references());
    int[] ages =
        Arrays.stream(config.text(Setting.PARLEY_PROXY_AGES).split(","))
            .map(String::strip)
            .mapToInt(Integer::parseInt)
            .toArray();
    rules =
        List.of(
            new WritePolicy(
                tools.chart(),
                new Treatment(relations),
                new PatientWrites(relations),
                tools.clock()),
            new AudienceRule(Entitlement.audience(config)),
            new CoverRule(tools.references()),
            new GrantRule(
                relations,
                new Proxies(relations, ages[0], ages[1]),
                new Merges(relations, tools.clock()),
                new StoredRecords(tools.fhir(), tools.chart())));
    breakGlass =
        new BreakGlassOperation(
            tools, Duration.ofMinutes(config.number(Setting.PARLEY_BREAK_GLASS_MINUTES)));
  }

  @Override
  public List<Rule> rules() {
    return rules;
  }

  @Override
  public List<?> operations() {
    return List.of(breakGlass);
  }
}
