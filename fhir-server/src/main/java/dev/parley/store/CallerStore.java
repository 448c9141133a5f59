// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import dev.parley.access.Caller;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The store as one caller may see and change it: the only way in. What the token delegates for no
 * resource of a type is refused here (E-6, E-10, E-33); which of its resources is for {@link
 * Visibility}.
 */
public final class CallerStore {
  private final Caller caller;
  private final ResourceReader reader;
  private final ResourceWriter writer;
  private final ResourceSearch search;

  CallerStore(Caller caller, ResourceReader reader, ResourceWriter writer, ResourceSearch search) {
    this.caller = caller;
    this.reader = reader;
    this.writer = writer;
    this.search = search;
  }

  /**
   * The current version.
   *
   * @throws dev.parley.access.Refusal 404 unknown or not visible, 410 deleted
   */
  public StoredResource read(String type, String id) {
    caller.require(type, "r");
    return reader.read(caller, type, id);
  }

  /** The current version, deleted or not, if the caller may know of it. */
  public Optional<StoredResource> find(String type, String id) {
    caller.require(type, "r");
    return reader.find(caller, type, id);
  }

  /**
   * One version.
   *
   * @throws dev.parley.access.Refusal 404 unknown, 410 if that version is a delete
   */
  public StoredResource readVersion(String type, String id, String version) {
    caller.require(type, "r");
    return reader.readVersion(caller, type, id, version);
  }

  public HistoryPage history(HistoryRequest request) {
    mayReadHistory(request.type(), request.id());
    return reader.history(caller, request);
  }

  /**
   * A page of a search.
   *
   * @param type null for all types
   * @param compartment "Patient/1", or null
   * @param query names with modifiers, and their values; percent-decoded
   * @param strict whether unknown parameters are refused, rather than ignored with a warning
   */
  public SearchPage search(
      String type, String compartment, Map<String, String[]> query, boolean strict) {
    maySearch(type, query);
    References.Local owner = null;
    if (compartment != null) {
      int slash = compartment.indexOf('/');
      owner =
          new References.Local(compartment.substring(0, slash), compartment.substring(slash + 1));
    }
    return search.search(caller, search.request(type, owner, query, strict));
  }

  /** What a condition finds, at most two: enough to know whether it is one. */
  public List<StoredResource> match(String type, String query) {
    caller.require(type, "s");
    return search.match(caller, type, query);
  }

  /** One write in a transaction of its own. */
  public Written write(Step step) {
    mayWrite(step);
    return writer.write(caller, List.of(step)).get(0);
  }

  /** All writes or none, in this order; no two may touch the same resource. */
  public List<Written> write(List<Step> steps) {
    steps.forEach(this::mayWrite);
    return steps.isEmpty() ? List.of() : writer.write(caller, steps);
  }

  /** Refuses a read that would be refused: before a transaction writes anything. */
  public void mayRead(String type) {
    caller.require(type, "r");
  }

  /** The same for a history, of an instance or of all (E-6). */
  public void mayReadHistory(String type, String id) {
    if (id != null) {
      caller.require(type, "r");
    } else {
      caller.require(type == null ? "*" : type, "s");
    }
  }

  /** The same for a search; one of the whole system is one of the types that it names. */
  public void maySearch(String type, Map<String, String[]> query) {
    String[] named = type == null ? query.get("_type") : null;
    if (named == null || named.length == 0) {
      caller.require(type == null ? "*" : type, "s");
      return;
    }
    for (String each : String.join(",", named).split(",")) {
      caller.require(each.strip(), "s");
    }
  }

  /** A condition is a search, too. */
  private void mayWrite(Step step) {
    String letter =
        switch (step.kind()) {
          case CREATE -> "c";
          case UPDATE -> "u";
          case DELETE -> "d";
        };
    caller.require(step.type(), step.criteria() == null ? letter : letter + "s");
  }

  /** An id that nothing has yet: a transaction needs it before it writes. */
  public String newId() {
    return writer.newId();
  }
}
