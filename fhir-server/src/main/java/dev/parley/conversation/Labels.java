// SPDX-License-Identifier: Apache-2.0
package dev.parley.conversation;

import dev.parley.access.Caller;
import dev.parley.store.Codes;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;
import org.hl7.fhir.r4.model.CodeableConcept;
import org.hl7.fhir.r4.model.Coding;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.Resource;

/**
 * What a thread says of how much harm its messages do in the wrong hands: its content class, its
 * security labels, what it is about. Staff say it; patients and proxies add to it at most.
 */
final class Labels {

  private Labels() {}

  /**
   * Leaves in a thread's new version what its writer may say.
   *
   * @param before null for a new thread
   */
  static void keep(Caller caller, Communication before, Communication after) {
    if (caller.kind() != Caller.Kind.PATIENT && caller.kind() != Caller.Kind.PROXY) {
      return;
    }
    after.getCategory().removeIf(Labels::isClass);
    if (before == null) {
      return;
    }
    before.getCategory().stream().filter(Labels::isClass).forEach(c -> after.addCategory(c.copy()));
    before.getMeta().getSecurity().stream()
        .filter(missing(after.getMeta().getSecurity()))
        .forEach(c -> after.getMeta().addSecurity(c.copy()));
    before.getAbout().stream()
        .filter(a -> after.getAbout().stream().noneMatch(a::equalsDeep))
        .forEach(a -> after.addAbout(a.copy()));
  }

  /** Gives a copy of a message what made the original wait, or hid it. */
  static void copy(Communication message, Communication thread, Communication copy) {
    security(message, thread, copy);
    for (Communication each : List.of(message, thread)) {
      if (copy.getCategory().stream().noneMatch(Labels::isClass)) {
        each.getCategory().stream()
            .filter(c -> isClass(c) && (each == message || !lowers(c)))
            .forEach(c -> copy.addCategory(c.copy()));
      }
    }
    message.getAbout().stream()
        .filter(a -> copy.getAbout().stream().noneMatch(a::equalsDeep))
        .forEach(a -> copy.addAbout(a.copy()));
    message.getReasonReference().stream()
        .filter(a -> copy.getReasonReference().stream().noneMatch(a::equalsDeep))
        .forEach(a -> copy.addReasonReference(a.copy()));
  }

  /** Gives what is made of a message its security labels, and those of its thread. */
  static void security(Communication message, Communication thread, Resource made) {
    for (Communication each : List.of(message, thread)) {
      each.getMeta().getSecurity().stream()
          .filter(missing(made.getMeta().getSecurity()))
          .forEach(c -> made.getMeta().addSecurity(c.copy()));
    }
  }

  private static boolean isClass(CodeableConcept category) {
    return category.getCoding().stream().anyMatch(c -> Codes.CONTENT_CLASSES.equals(c.getSystem()));
  }

  private static boolean lowers(CodeableConcept category) {
    return category.getCoding().stream()
        .anyMatch(
            c ->
                Codes.CONTENT_CLASSES.equals(c.getSystem())
                    && List.of("greeting", "scheduling").contains(c.getCode()));
  }

  private static Predicate<Coding> missing(List<Coding> codings) {
    return c ->
        codings.stream()
            .noneMatch(
                o ->
                    String.valueOf(c.getCode()).equals(o.getCode())
                        && Objects.equals(c.getSystem(), o.getSystem()));
  }
}
