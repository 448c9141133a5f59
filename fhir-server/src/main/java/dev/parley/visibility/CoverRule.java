// SPDX-License-Identifier: Apache-2.0
package dev.parley.visibility;

import dev.parley.access.Refusal;
import dev.parley.store.Change;
import dev.parley.store.References;
import dev.parley.store.References.Local;
import dev.parley.store.Rule;
import dev.parley.store.Transaction;
import java.util.Optional;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.Task;

/**
 * Conversations open to who stands in: so everybody asks for themselves only, everybody agrees for
 * themselves only, and whom it is about and for how long stays as it was asked.
 */
final class CoverRule implements Rule {
  private final References references;

  CoverRule(References references) {
    this.references = references;
  }

  @Override
  public void beforeWrite(Change change, Transaction transaction) {
    if (change.caller().isSystem() || !(change.after() instanceof Task after)) {
      return;
    }
    Task before = change.before() instanceof Task was ? was : null;
    if (!Cover.is(after) && (before == null || !Cover.is(before))) {
      return;
    }
    String caller = change.caller().reference();
    boolean agrees = Cover.isAccepted(after) && (before == null || !Cover.isAccepted(before));
    if (!change.byOperation()
        || before == null && !names(after.getRequester(), caller)
        || before != null && !isSame(before, after)
        || agrees && !names(after.getOwner(), caller)) {
      throw Refusal.forbidden(
          "use-the-operations",
          "Who stands in is asked by Practitioner/[id]/$set-availability, and says $accept");
    }
  }

  private boolean names(Reference reference, String person) {
    return local(reference).map(Local::toString).filter(person::equals).isPresent();
  }

  private boolean isSame(Task before, Task after) {
    return Cover.is(before)
        && Cover.is(after)
        && local(before.getRequester()).equals(local(after.getRequester()))
        && local(before.getOwner()).equals(local(after.getOwner()))
        && before.getRestriction().equalsDeep(after.getRestriction());
  }

  private Optional<Local> local(Reference reference) {
    return reference == null || reference.getReference() == null
        ? Optional.empty()
        : references.local(reference.getReference());
  }
}
