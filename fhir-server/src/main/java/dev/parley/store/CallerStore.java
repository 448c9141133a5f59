// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import dev.parley.access.Caller;
import dev.parley.access.Origin;
import dev.parley.access.Refusal;
import dev.parley.store.Trace.Action;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * The store as one caller may see and change it: the only way in. What the token delegates for no
 * resource of a type is refused here (E-6, E-10, E-33); which of its resources is for {@link
 * Visibility}. So this is where every read and every refusal gets its row in the audit trail; a
 * write's row is in its own transaction.
 */
public final class CallerStore {
  private final Caller caller;
  private final Origin origin;
  private final ResourceReader reader;
  private final ResourceWriter writer;
  private final ResourceSearch search;
  private final Derived derived;
  private final Trail trail;
  private final Shown shown;

  CallerStore(
      Caller caller,
      Origin origin,
      ResourceReader reader,
      ResourceWriter writer,
      ResourceSearch search,
      Derived derived,
      Trail trail,
      Shown shown) {
    this.shown = shown;
    this.caller = caller;
    this.origin = origin;
    this.reader = reader;
    this.writer = writer;
    this.search = search;
    this.derived = derived;
    this.trail = trail;
  }

  /** Whose it is. */
  public Caller caller() {
    return caller;
  }

  /**
   * The current version.
   *
   * @throws dev.parley.access.Refusal 404 unknown or not visible, 410 deleted
   */
  public StoredResource read(String type, String id) {
    Trace trace = trace(Action.READ).on(type, id, null);
    return read(
        trace,
        () -> {
          caller.require(type, "r");
          return shown.now(
              caller, derived(type, id).orElseGet(() -> reader.read(caller, type, id)));
        });
  }

  /**
   * The same, to hand out the bytes that belong to it: the trail says so.
   *
   * @param version null for the current one
   */
  public StoredResource download(String type, String id, String version) {
    Trace trace = trace(Action.DOWNLOAD).on(type, id, null);
    return read(
        trace,
        () -> {
          caller.require(type, "r");
          return version == null
              ? reader.read(caller, type, id)
              : reader.readVersion(caller, type, id, version);
        });
  }

  /** The current version, deleted or not, if the caller may know of it. */
  public Optional<StoredResource> find(String type, String id) {
    Trace trace = trace(Action.READ).on(type, id, null);
    Optional<StoredResource> found =
        tracing(
            trace,
            () -> {
              caller.require(type, "r");
              return derived(type, id)
                  .or(() -> reader.find(caller, type, id).map(r -> shown.now(caller, r)));
            });
    found.ifPresent(resource -> trail.read(trace, resource));
    return found;
  }

  /**
   * One version.
   *
   * @throws dev.parley.access.Refusal 404 unknown, 410 if that version is a delete
   */
  public StoredResource readVersion(String type, String id, String version) {
    Trace trace = trace(Action.VREAD).on(type, id, null);
    StoredResource read =
        tracing(
            trace,
            () -> {
              caller.require(type, "r");
              return (version.equals("1") ? derived(type, id) : Optional.<StoredResource>empty())
                  .orElseGet(() -> reader.readVersion(caller, type, id, version));
            });
    StoredResource past = shown.past(caller, List.of(read)).get(0);
    trail.read(trace, past);
    return past;
  }

  public HistoryPage history(HistoryRequest request) {
    mayReadHistory(request.type(), request.id());
    Trace trace = trace(Action.HISTORY).on(request.type(), request.id(), null);
    HistoryPage stored = tracing(trace, () -> reader.history(caller, request));
    HistoryPage page =
        new HistoryPage(shown.past(caller, stored.versions()), stored.total(), stored.next());
    trail.read(trace, page.versions());
    return page;
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
    References.Local within = owner;
    Trace trace = trace(Action.SEARCH).on(type, null, null).asking(query(type, compartment, query));
    SearchPage stored =
        tracing(
            trace,
            () ->
                derived(type, compartment, query, strict)
                    .orElseGet(
                        () -> search.search(caller, search.request(type, within, query, strict))));
    SearchPage page =
        stored.with(
            shown.now(caller, stored.matches()),
            stored.includes() == null ? null : shown.now(caller, stored.includes()));
    trail.read(trace, page);
    return page;
  }

  /** What a condition finds, at most two: enough to know whether it is one. */
  public List<StoredResource> match(String type, String query) {
    Trace trace = trace(Action.SEARCH).on(type, null, null).asking(type + "?" + query);
    List<StoredResource> found =
        tracing(
            trace,
            () -> {
              caller.require(type, "s");
              return shown.now(caller, search.match(caller, type, query));
            });
    trail.read(trace, found);
    return found;
  }

  /** One write in a transaction of its own. */
  public Written write(Step step) {
    return write(List.of(step)).get(0);
  }

  /** All writes or none, in this order; no two may touch the same resource. */
  public List<Written> write(List<Step> steps) {
    if (steps.isEmpty()) {
      return List.of();
    }
    Step first = steps.get(0);
    Trace trace = trace(action(first)).on(first.type(), first.id(), null).asking(first.criteria());
    return tracing(
        trace,
        () -> {
          steps.forEach(this::mayWrite);
          return writer.write(caller, origin, steps).stream()
              .map(w -> new Written(shown(w), w.result(), w.notices()))
              .toList();
        });
  }

  /** Refuses a create that would be refused: before its body is taken in. */
  public void mayCreate(String type) {
    require(trace(Action.CREATE).on(type, null, null), type, "c");
  }

  /** Refuses a read that would be refused: before a transaction writes anything. */
  public void mayRead(String type) {
    require(trace(Action.READ).on(type, null, null), type, "r");
  }

  /** The same for a history, of an instance or of all (E-6). */
  public void mayReadHistory(String type, String id) {
    Trace trace = trace(Action.HISTORY).on(type, id, null);
    if (id != null) {
      require(trace, type, "r");
    } else {
      require(trace, type == null ? "*" : type, "s");
    }
  }

  /** The same for a search; one of the whole system is one of the types that it names. */
  public void maySearch(String type, Map<String, String[]> query) {
    String[] named = type == null ? query.get("_type") : null;
    Trace trace = trace(Action.SEARCH).on(type, null, null);
    if (named == null || named.length == 0) {
      require(trace, type == null ? "*" : type, "s");
      return;
    }
    for (String each : String.join(",", named).split(",")) {
      require(trace, each.strip(), "s");
    }
  }

  private void require(Trace trace, String type, String letters) {
    tracing(
        trace,
        () -> {
          caller.require(type, letters);
          return null;
        });
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

  /** What a step is called in the trail. */
  static Action action(Step step) {
    return switch (step.kind()) {
      case CREATE -> Action.CREATE;
      case UPDATE -> step.patch() == null ? Action.UPDATE : Action.PATCH;
      case DELETE -> Action.DELETE;
    };
  }

  private Optional<StoredResource> derived(String type, String id) {
    return derived.type().equals(type) ? derived.find(caller, id) : Optional.empty();
  }

  private Optional<SearchPage> derived(
      String type, String compartment, Map<String, String[]> query, boolean strict) {
    return derived.type().equals(type)
        ? derived.search(caller, compartment, query, strict)
        : Optional.empty();
  }

  private Trace trace(Action action) {
    return Trace.of(caller, origin, action);
  }

  /** Of something new there is nothing to say besides yet. */
  private StoredResource shown(Written written) {
    return written.result() == Written.Result.CREATED
        ? shown.to(caller, written.resource())
        : shown.now(caller, written.resource());
  }

  private StoredResource read(Trace trace, Supplier<StoredResource> door) {
    StoredResource read = tracing(trace, door);
    trail.read(trace, read);
    return read;
  }

  /** A refusal is recorded before it is known to whom it was meant for. */
  private <T> T tracing(Trace trace, Supplier<T> door) {
    try {
      return door.get();
    } catch (Refusal refusal) {
      trail.refused(trace, refusal);
      throw refusal;
    }
  }

  /** The search as a URL below the base. */
  private static String query(String type, String compartment, Map<String, String[]> query) {
    StringBuilder url = new StringBuilder(64);
    if (compartment != null) {
      url.append(compartment).append('/');
    }
    url.append(type == null ? (compartment == null ? "" : "*") : type);
    char separator = '?';
    for (Map.Entry<String, String[]> entry : query.entrySet()) {
      for (String value : entry.getValue()) {
        url.append(separator).append(entry.getKey()).append('=').append(value);
        separator = '&';
      }
    }
    return url.toString();
  }
}
