// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import dev.parley.access.Caller;
import dev.parley.access.Notice;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.hl7.fhir.r4.model.Resource;

/**
 * One write on its way into the store, as the rules see it.
 *
 * @param kind what is done
 * @param before the stored version that it replaces, parsed; null for a create, and while planning
 * @param after what will be stored; null for a delete, and for a patch while planning
 * @param put true: the client gave id and content, to keep what is elsewhere as well
 */
public record Change(
    Caller caller,
    Kind kind,
    String type,
    String id,
    Resource before,
    Resource after,
    boolean put) {
  private static final String NOTICES = "parley.notices";

  /** Whether one of our operations writes this, which has looked at what its caller may do. */
  public boolean byOperation() {
    return after != null && after.getUserData(Draft.OPERATION) != null;
  }

  /**
   * Whether its writer sends messages: a person, or a system with the scope {@code messaging} by
   * other than a PUT. Other systems keep records: what they write is stored as it comes.
   */
  public boolean sends() {
    return sends(caller, put);
  }

  /** The same of a step that is not planned yet. */
  public static boolean sends(Caller caller, Step step) {
    return sends(caller, step.put());
  }

  private static boolean sends(Caller caller, boolean put) {
    return !caller.isSystem() || caller.scopes().has("messaging") && !put;
  }

  /** Tells the writer something in the answer; once, however often the write is tried. */
  public void tell(Notice notice) {
    if (after != null) {
      Set<Notice> told = new LinkedHashSet<>(told(after));
      told.add(notice);
      after.setUserData(NOTICES, told);
    }
  }

  /** What rules have told about this resource. */
  @SuppressWarnings("unchecked")
  static Collection<Notice> told(Resource after) {
    return after != null && after.getUserData(NOTICES) instanceof Collection<?> told
        ? (Collection<Notice>) told
        : List.of();
  }

  /** The letters of the "kind" columns. */
  public enum Kind {
    CREATE('C'),
    UPDATE('U'),
    DELETE('D');

    private final char letter;

    Kind(char letter) {
      this.letter = letter;
    }

    public char letter() {
      return letter;
    }

    public static Kind of(char letter) {
      return letter == 'C' ? CREATE : letter == 'U' ? UPDATE : DELETE;
    }

    /** The HTTP method that history entries and notifications name for it. */
    public String method() {
      return this == CREATE ? "POST" : this == UPDATE ? "PUT" : "DELETE";
    }
  }
}
