// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import dev.parley.access.Caller;
import dev.parley.access.Refusal;
import dev.parley.store.Visibility.Access;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What a writer may know of: nobody changes, or refers to, what they cannot see. The answer is the
 * one for what does not exist.
 */
final class Sight {
  private final Visibility visibility;
  private final Caller caller;

  Sight(Visibility visibility, Caller caller) {
    this.visibility = visibility;
    this.caller = caller;
  }

  boolean sees(Connection connection, Access access, String type, long self) throws SQLException {
    Sql condition = visibility.condition(caller, access, type, "r");
    return condition == Sql.TRUE
        || Visible.among(connection, new long[] {self}, condition).contains(self);
  }

  /** What has to be there, and for a person to be seen: patients are never just named. */
  Set<String> required(IndexValues values) {
    Set<String> required = new LinkedHashSet<>(values.required());
    if (!caller.isSystem()) {
      values.owners().stream()
          .filter(o -> o.type().equals("Patient") || o.type().equals("RelatedPerson"))
          .forEach(o -> required.add(o.toString()));
    }
    return required;
  }

  /**
   * Refuses references to what cannot be seen.
   *
   * @param made written in the same transaction
   * @throws Refusal 422 naming one
   */
  void check(Connection connection, Set<String> references, Set<Long> made) throws SQLException {
    Sql condition = visibility.condition(caller, Access.REFER, null, "r");
    if (condition == Sql.TRUE) {
      return;
    }
    List<String> others = references.stream().filter(r -> !made.contains(Keys.of(r))).toList();
    if (others.isEmpty()) {
      return;
    }
    Set<Long> seen =
        Visible.among(connection, others.stream().mapToLong(Keys::of).toArray(), condition);
    Optional<String> hidden = others.stream().filter(r -> !seen.contains(Keys.of(r))).findFirst();
    if (hidden.isPresent()) {
      throw WriteCall.unknown(hidden);
    }
  }
}
