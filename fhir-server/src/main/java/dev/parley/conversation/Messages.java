// SPDX-License-Identifier: Apache-2.0
package dev.parley.conversation;

import dev.parley.config.Setting;
import dev.parley.feature.Feature;
import dev.parley.feature.Tools;
import dev.parley.store.Rule;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/** What can be done with a single message; docs/features/message.md is the page. */
public final class Messages implements Feature {
  private final Sender sender;
  private final List<Rule> rules;
  private final RecipientRule recipients;
  private final Set<String> emojis;
  private final Zones zones;

  /**
   * @param admitted whether somebody might log in now
   * @param strangers tells who has nothing to do with a patient
   * @param zones tells the time zone of a conversation
   */
  public Messages(Tools tools, Predicate<String> admitted, Strangers strangers, Zones zones) {
    this.sender = new Sender(tools);
    this.zones = zones;
    this.emojis =
        new LinkedHashSet<>(
            List.of(tools.config().text(Setting.PARLEY_REACTIONS).strip().split("\\s+")));
    this.recipients = new RecipientRule(tools, strangers);
    this.rules =
        List.of(
            new TeamRule(tools),
            new ForwardRule(tools),
            new ProvenanceRule(tools),
            new RecallRule(tools.chart(), tools.fhir(), tools.clock()),
            new LinkRule(tools),
            new MarkdownRule(),
            recipients,
            new ScheduleRule(tools, admitted),
            new AcknowledgeRule(tools.references(), tools.chart(), tools.fhir(), tools.clock()));
  }

  @Override
  public List<Rule> rules() {
    return rules;
  }

  @Override
  public List<?> operations() {
    return List.of(
        new EditOperation(sender),
        new RecallOperation(sender),
        new UndoOperation(sender),
        recipients,
        new MoveOperation(sender),
        new Reactions(sender, emojis),
        new ForwardOperation(sender),
        new Template(sender, zones),
        new AcknowledgeOperation(sender));
  }
}
