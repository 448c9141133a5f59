// SPDX-License-Identifier: Apache-2.0
package dev.parley.result;

import dev.parley.access.Caller;
import dev.parley.access.Refusal;
import dev.parley.access.Scopes;
import dev.parley.config.Config;
import dev.parley.config.Setting;
import dev.parley.feature.Feature;
import dev.parley.feature.Tools;
import dev.parley.store.CallerStore;
import dev.parley.store.Draft;
import dev.parley.store.Rule;
import dev.parley.store.Step;
import dev.parley.store.StoredResource;
import dev.parley.store.Written;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.hl7.fhir.r4.model.DiagnosticReport;
import org.hl7.fhir.r4.model.Resource;

/** Puts the parts of this feature together, and tells patients when it is time. */
public final class Results implements Feature {
  // Judged as any system that sends: consent, identity and all other rules.
  private static final Caller SENDER =
      Caller.system("parley", Scopes.parse("system/*.cruds messaging"));

  private final Tools tools;
  private final ResultTasks tasks;
  private final ResultMessages messages;
  private final ResultRule rule;

  public Results(Tools tools) {
    this.tools = tools;
    Config config = tools.config();
    ReleaseRules rules =
        new ReleaseRules(
            config.list(Setting.PARLEY_RESULT_RULES), config.list(Setting.PARLEY_SENSITIVE_TOPICS));
    tasks =
        new ResultTasks(
            tools.clock(), Duration.ofMinutes(config.number(Setting.PARLEY_CRITICAL_MINUTES)));
    messages = new ResultMessages(tools.clock());
    rule = new ResultRule(tools, rules, tasks, messages);
    tools.agenda().once(ResultRule.KIND, this::release);
  }

  @Override
  public List<Rule> rules() {
    return List.of(rule);
  }

  /** Done again it finds what it has written: each version of a report is told once. */
  private void release(String id) {
    Optional<StoredResource> stored = tools.own().find("DiagnosticReport", id);
    if (stored.isEmpty() || stored.get().deleted()) {
      return;
    }
    DiagnosticReport resource = tools.chart().parse(stored.get(), DiagnosticReport.class);
    Optional<Report> report = Report.isDone(resource) ? report(resource) : Optional.empty();
    if (report.isEmpty()) {
      return;
    }
    if (tools.own().find("Device", "parley").isEmpty()) {
      tools.own().write(rule.device());
    }
    String key = id + "-" + stored.get().version();
    CallerStore sender = tools.store().get().as(SENDER);
    try {
      String thread =
          create(sender, messages.thread(report.get(), id), id + "-thread").resource().reference();
      boolean again = !tools.own().match("Communication", "part-of=" + thread).isEmpty();
      create(sender, messages.message(report.get(), id, key, thread, again), key);
    } catch (Refusal refusal) {
      if (!refusal.reason().equals("consent-missing")) {
        throw refusal;
      }
      create(tools.own(), tasks.call(report.get(), key, id), key + "-call");
    }
  }

  private Optional<Report> report(DiagnosticReport resource) {
    try (Connection connection = tools.database().connection()) {
      return Report.of(resource, tools.chart(), connection);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private Written create(CallerStore store, Resource resource, String key) {
    return store.write(
        Step.create(
            Draft.of(resource, tools.fhir()), "identifier=" + ResultTasks.IDENTIFIER + "|" + key));
  }
}
