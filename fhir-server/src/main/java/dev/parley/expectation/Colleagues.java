// SPDX-License-Identifier: Apache-2.0
package dev.parley.expectation;

import dev.parley.access.Caller;
import dev.parley.access.Refusal;
import dev.parley.feature.Tools;
import dev.parley.store.Holders;
import org.hl7.fhir.r4.model.Reference;

/** Who may have a pool's work: those who are in it now. */
final class Colleagues {
  private final Tools tools;

  Colleagues(Tools tools) {
    this.tools = tools;
  }

  static void requireStaff(Caller caller) {
    caller.require("Task", "ru");
    if (caller.kind() != Caller.Kind.STAFF) {
      throw Refusal.forbidden("not-staff", "Only staff take over work");
    }
  }

  /** Who has it now; the pool if nobody does. */
  String has(Work work) {
    return tools.chart().local(work.task().getOwner()).orElse("");
  }

  /**
   * Refuses who is not of the pool, and does not have the work either.
   *
   * @throws Refusal 403 not-in-pool
   */
  void require(String person, Work work) {
    if (!isIn(person, work.pool()) && !person.equals(has(work))) {
      throw Refusal.forbidden(
          "not-in-pool", "%s does not work for %s".formatted(person, work.pool()));
    }
  }

  /**
   * Refuses who is not asked, by themselves or as one of a role or pool.
   *
   * @throws Refusal 403 not-asked
   */
  void requireAsked(String person, Work work) {
    if (!isIn(person, has(work))) {
      throw Refusal.forbidden("not-asked", "Somebody else is asked by this Task");
    }
  }

  /** Somebody of the pool, as an operation names them. */
  String named(Reference who, String parameter, Work work) {
    String local = tools.chart().local(who).orElse("");
    if (!local.startsWith("Practitioner/")) {
      throw Refusal.unprocessable(
          "required", parameter, "\"%s\" names a Practitioner".formatted(parameter));
    }
    if (!isIn(local, work.pool())) {
      throw Refusal.unprocessable(
          "business-rule", "not-in-pool", "%s does not work for %s".formatted(local, work.pool()));
    }
    return local;
  }

  private boolean isIn(String person, String pool) {
    return pool != null
        && !pool.isEmpty()
        && tools
            .database()
            .with(connection -> Holders.isIn(connection, person, pool, tools.clock().instant()));
  }
}
