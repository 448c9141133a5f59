// SPDX-License-Identifier: Apache-2.0
package dev.parley.redflag;

import ca.uhn.fhir.rest.annotation.Operation;
import dev.parley.config.Config;
import dev.parley.config.Setting;
import dev.parley.duty.Duty;
import dev.parley.feature.EditedList;
import dev.parley.feature.Feature;
import dev.parley.feature.Tools;
import dev.parley.store.Codes;
import dev.parley.store.Rule;
import java.time.Duration;
import java.util.List;
import org.hl7.fhir.r4.model.CodeSystem;

/** Puts the parts of this feature together. */
public final class RedFlags implements Feature {
  private final EditedList<RedFlagList> list;
  private final RedFlagRule rule;

  public RedFlags(Tools tools, Duty duty) {
    Config config = tools.config();
    list =
        new EditedList<>(
            tools, "red-flag", RedFlags.class, Setting.PARLEY_RED_FLAG_LIST, RedFlagList::of);
    Advice advice =
        new Advice(
            list::get,
            tools.chart(),
            config.text(Setting.PARLEY_EMERGENCY_NUMBER),
            config.text(Setting.PARLEY_CRISIS_NUMBER));
    Duration due = Duration.ofMinutes(config.number(Setting.PARLEY_RED_FLAG_MINUTES));
    Readers readers = new Readers(tools, duty, due);
    rule = new RedFlagRule(list::get, advice, new Aid(tools, advice, readers, due), readers);
  }

  @Override
  public List<Rule> rules() {
    return List.of(list.rule(), rule);
  }

  /** {@code $red-flag-list}: the list in force. */
  @Override
  public List<?> operations() {
    return List.of(new ListOperation(list));
  }

  /** The list in force, with what the hospital has changed. */
  public record ListOperation(EditedList<RedFlagList> list) {
    @Operation(
        name = "$red-flag-list",
        idempotent = true,
        canonicalUrl = Codes.OPERATIONS + "red-flag-list")
    public CodeSystem answer() {
      return list.resource();
    }
  }

  @Override
  public void start() {
    list.start();
  }

  @Override
  public void close() {
    list.close();
  }
}
