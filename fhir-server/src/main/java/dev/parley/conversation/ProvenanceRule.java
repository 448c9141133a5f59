// SPDX-License-Identifier: Apache-2.0
package dev.parley.conversation;

import dev.parley.access.Refusal;
import dev.parley.feature.Tools;
import dev.parley.store.Change;
import dev.parley.store.Draft;
import dev.parley.store.Rule;
import dev.parley.store.Transaction;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import org.hl7.fhir.r4.model.Base;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.Extension;
import org.hl7.fhir.r4.model.Provenance;
import org.hl7.fhir.r4.model.Reference;

/** Who changed what of a message when, as Provenance for those who see it; nobody else says so. */
final class ProvenanceRule implements Rule {
  private final Tools tools;

  ProvenanceRule(Tools tools) {
    this.tools = tools;
  }

  @Override
  public boolean needsTransaction(Change change) {
    return (change.sends() || change.byOperation())
        && change.after() instanceof Communication after
        && (isEdited(change.before(), after)
            || isRecalled(change.before(), after)
            || isCorrection(change.before(), after));
  }

  @Override
  public void beforeWrite(Change change, Transaction transaction) {
    if (!change.caller().isSystem()
        && (isOfMessage(change.before()) || isOfMessage(change.after()))) {
      throw Refusal.forbidden(
          "not-yours-to-write", "What became of a message is recorded by the server");
    }
  }

  private boolean isOfMessage(Object resource) {
    return resource instanceof Provenance provenance
        && provenance.getTarget().stream()
            .flatMap(t -> tools.chart().local(t).stream())
            .anyMatch(t -> t.startsWith("Communication/"));
  }

  private static boolean isEdited(Object before, Communication after) {
    return before instanceof Communication was
        && after.hasExtension(Edits.URL)
        && !Recalled.is(after)
        && !Base.compareDeep(was.getPayload(), after.getPayload(), true);
  }

  private static boolean isRecalled(Object before, Communication after) {
    return before instanceof Communication was && Recalled.is(after) && !Recalled.is(was);
  }

  private static boolean isCorrection(Object before, Communication after) {
    return after.hasExtension(LinkRule.REPLACES)
        && !MessageRule.isDraft(after)
        && (!(before instanceof Communication was) || MessageRule.isDraft(was));
  }

  @Override
  public List<Draft> adds(List<Change> changes, Connection connection) {
    Date now = Date.from(tools.clock().instant());
    List<Provenance> made = new ArrayList<>();
    for (Change change : changes) {
      if (!needsTransaction(change)) {
        continue;
      }
      Communication after = (Communication) change.after();
      if (isRecalled(change.before(), after)) {
        made.add(Changed.recalled(change, change.id(), now));
      } else if (isEdited(change.before(), after)) {
        made.add(Changed.edited(change, now));
      } else {
        for (Extension each : after.getExtensionsByUrl(LinkRule.REPLACES)) {
          if (each.getValue() instanceof Reference what) {
            made.add(Changed.corrected(change, what.getReference(), now));
          }
        }
      }
    }
    return made.stream().map(p -> Draft.of(p, tools.fhir())).toList();
  }
}
