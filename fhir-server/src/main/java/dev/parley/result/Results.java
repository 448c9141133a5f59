// SPDX-License-Identifier: Apache-2.0
package dev.parley.result;

import dev.parley.access.Caller;
import dev.parley.access.Refusal;
import dev.parley.access.Scopes;
import dev.parley.config.Config;
import dev.parley.config.Setting;
import dev.parley.feature.Feature;
import dev.parley.feature.OwnDevice;
import dev.parley.feature.Tools;
import dev.parley.store.CallerStore;
import dev.parley.store.Draft;
import dev.parley.store.Rule;
import dev.parley.store.Step;
import dev.parley.store.StoredResource;
import dev.parley.store.Written;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.Communication.CommunicationStatus;
import org.hl7.fhir.r4.model.DiagnosticReport;
import org.hl7.fhir.r4.model.Resource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Puts the parts of this feature together, and tells patients when it is time. */
public final class Results implements Feature {
  // Judged as any system that sends: consent, identity and all other rules.
  private static final Caller SENDER =
      Caller.system("parley", Scopes.parse("system/*.cruds messaging"));

  private static final Logger LOG = LoggerFactory.getLogger(Results.class);

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
    Duration acknowledged = Duration.ofMinutes(config.number(Setting.PARLEY_CRITICAL_MINUTES));
    tasks = new ResultTasks(tools.clock(), acknowledged);
    messages = new ResultMessages(tools.clock(), acknowledged);
    rule = new ResultRule(tools, rules, tasks, this::critical);
    tools.agenda().once(ResultRule.KIND, this::release);
    tools.agenda().once(ResultRule.CRITICAL, this::critical);
  }

  @Override
  public List<Rule> rules() {
    return List.of(rule);
  }

  /** Done again it finds what it has written: each version of a report is told once. */
  private void release(String id) {
    Optional<StoredResource> stored = tools.own().find("DiagnosticReport", id);
    Optional<Report> report = stored.flatMap(s -> report(s, false));
    if (report.isEmpty()) {
      return;
    }
    String key = id + "-" + stored.get().version();
    try {
      tell(report.get(), id, key);
    } catch (Refusal refusal) {
      if (isPassing(refusal)) {
        throw refusal;
      }
      LOG.info("DiagnosticReport/{} is not told by a message: {}", id, refusal.reason());
      create(tools.own(), tasks.call(report.get(), key, id), key + "-call");
    }
  }

  /** What is refused by a rule is refused again; what is busy or away is not. */
  private static boolean isPassing(Refusal refusal) {
    return refusal.status() >= 500 || refusal.status() == 409 || refusal.status() == 429;
  }

  private void tell(Report report, String id, String key) {
    device();
    CallerStore sender = tools.store().get().as(SENDER);
    Communication thread = thread(sender, report, id, id + "-thread");
    boolean theirs =
        tools.chart().local(thread.getSubject()).filter(report.patient()::equals).isPresent();
    boolean again =
        theirs && !tools.own().match("Communication", "part-of=" + reference(thread)).isEmpty();
    if (!theirs || thread.getStatus() == CommunicationStatus.COMPLETED) {
      // A conversation that is closed, or of whom the report was believed to be about.
      thread = thread(sender, report, id, key + "-thread");
    }
    create(sender, messages.message(report, id, key, reference(thread), again), key);
  }

  private Communication thread(CallerStore sender, Report report, String id, String key) {
    StoredResource stored = create(sender, messages.thread(report, id, key), key).resource();
    Communication thread = tools.chart().parse(stored, Communication.class);
    thread.setId(stored.id());
    return thread;
  }

  private static String reference(Communication thread) {
    return "Communication/" + thread.getIdElement().getIdPart();
  }

  /**
   * Tells a critical report to whoever ordered it, by all the rules for what is sent: they may be
   * away.
   *
   * @param about its id, and which version
   */
  private void critical(String about) {
    String id = about.substring(0, about.indexOf(' '));
    String key = about.substring(id.length() + 1) + "-critical";
    Optional<StoredResource> stored = tools.own().find("DiagnosticReport", id);
    Optional<Report> report = stored.flatMap(s -> report(s, true));
    if (report.isEmpty()) {
      return;
    }
    try {
      if (report.get().clinician() != null) {
        device();
        CallerStore sender = tools.store().get().as(SENDER);
        String thread =
            create(sender, messages.criticalThread(report.get(), id, key), key + "-thread")
                .resource()
                .reference();
        create(sender, messages.critical(report.get(), id, key, thread), key);
        return;
      }
    } catch (Refusal refusal) {
      if (isPassing(refusal)) {
        throw refusal;
      }
      LOG.warn("DiagnosticReport/{} is critical, no message passes: {}", id, refusal.reason());
    }
    create(tools.own(), tasks.critical(report.get(), key, id), key + "-task");
  }

  private void device() {
    if (tools.own().find("Device", "parley").isEmpty()) {
      tools.own().write(OwnDevice.step(tools.fhir()));
    }
  }

  /** Empty for one that is to be told to nobody, now. */
  private Optional<Report> report(StoredResource stored, boolean critical) {
    if (stored.deleted()) {
      return Optional.empty();
    }
    DiagnosticReport resource = tools.chart().parse(stored, DiagnosticReport.class);
    if (!Report.isDone(resource)) {
      return Optional.empty();
    }
    return tools
        .database()
        .with(
            connection ->
                !critical && rule.waits(resource, stored.id(), connection)
                    ? Optional.empty()
                    : Report.of(resource, tools.chart(), connection));
  }

  private Written create(CallerStore store, Resource resource, String key) {
    return store.write(
        Step.create(
            Draft.of(resource, tools.fhir()), "identifier=" + ResultTasks.IDENTIFIER + "|" + key));
  }
}
