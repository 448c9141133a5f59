// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import java.util.List;
import java.util.Set;

/**
 * A search parameter of one resource type.
 *
 * @param key the key that is mixed into every index key of it
 * @param targets the types it may refer to; empty if any
 * @param owners the compartments it puts a resource into ("Patient", "Practitioner", ...)
 * @param owning whether its local targets are in the resource's {@code who}, so that one target's
 *     resources are a range of {@code timeline}
 * @param parts the components of a composite
 */
public record SearchParam(
    String type,
    String code,
    Kind kind,
    long key,
    String expression,
    SearchPath path,
    Set<String> targets,
    String url,
    String description,
    Set<String> owners,
    boolean owning,
    List<SearchParam> parts) {

  /** The FHIR search parameter types. */
  public enum Kind {
    STRING,
    TOKEN,
    REFERENCE,
    DATE,
    NUMBER,
    QUANTITY,
    URI,
    COMPOSITE,
    SPECIAL
  }

  /** Which of "it is there" and "it is not there" has an index key. */
  public enum Presence {
    PRESENT,
    ABSENT,
    BOTH
  }

  /** What nearly every message has: to say so in each would be a third of its keys. */
  private static final Set<String> USUAL =
      Set.of(
          "category",
          "medium",
          "part-of",
          "participant",
          "patient",
          "priority",
          "recipient",
          "sender",
          "sent",
          "status",
          "subject",
          "topic");

  /** What a message or a thread is about, in its writer's words. */
  boolean isTopic() {
    return code.equals("topic") && type.equals("Communication");
  }

  /**
   * What {@code :missing} finds by a key, and what by the lack of one. Of messages, which are many,
   * only the exception is kept: a thread's first message says that it is part of none.
   */
  public Presence presence() {
    if (type.equals("Communication")) {
      return USUAL.contains(code) ? Presence.ABSENT : Presence.PRESENT;
    }
    return kind == Kind.REFERENCE ? Presence.BOTH : Presence.PRESENT;
  }

  /** The key of a variant of this parameter, as "missing", "exact" or "identifier". */
  public long variant(String name) {
    return Keys.param(type, code + ":" + name);
  }

  /** This parameter of a resource that is contained, and referred to by another one's. */
  SearchParam inside(SearchParam reference) {
    String chained = reference.code + "." + code;
    return new SearchParam(
        reference.type,
        chained,
        kind,
        Keys.param(reference.type, chained),
        expression,
        path,
        targets,
        url,
        description,
        Set.of(),
        false,
        List.of());
  }

  boolean isInside() {
    return code.indexOf('.') > 0;
  }

  /** Whether it can refer to resources of a type. */
  public boolean mayTarget(String target) {
    return targets.isEmpty() || targets.contains(target);
  }
}
