// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import ca.uhn.fhir.context.FhirContext;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.hl7.fhir.r4.model.Resource;

/**
 * One write of a unit of work.
 *
 * @param id logical id; null if the server gives it, or if the criteria find it
 * @param draft what to store; null for a delete or a patch
 * @param patch makes the draft from the stored version; null otherwise
 * @param criteria "If-None-Exist", or the query of a conditional update, patch or delete; or null
 * @param ifMatch version that the client believes is current, or null
 * @param ifNoneMatch true: only if there is none yet
 * @param linked true: others written with it refer to it by this id, whatever the criteria find
 */
public record Step(
    Change.Kind kind,
    String type,
    String id,
    Draft draft,
    Function<StoredResource, Draft> patch,
    String criteria,
    Integer ifMatch,
    boolean ifNoneMatch,
    boolean linked) {

  public static Step create(Draft draft, String ifNoneExist) {
    return new Step(
        Change.Kind.CREATE, draft.type(), null, draft, null, ifNoneExist, null, false, false);
  }

  public static Step update(Draft draft, String id, Integer ifMatch) {
    return new Step(Change.Kind.UPDATE, draft.type(), id, draft, null, null, ifMatch, false, false);
  }

  public static Step patch(
      String type, String id, Function<StoredResource, Draft> patch, Integer ifMatch) {
    return new Step(Change.Kind.UPDATE, type, id, null, patch, null, ifMatch, false, false);
  }

  /** A change by the server of what is stored by then. */
  public static <T extends Resource> Step change(
      FhirContext fhir, Class<T> type, String id, Consumer<T> change) {
    return changed(fhir, type, id, change, Draft::of);
  }

  /** The same by one of our operations, which has made sure that its caller may. */
  public static <T extends Resource> Step byOperation(
      FhirContext fhir, Class<T> type, String id, Consumer<T> change) {
    return changed(fhir, type, id, change, Draft::byOperation);
  }

  private static <T extends Resource> Step changed(
      FhirContext fhir,
      Class<T> type,
      String id,
      Consumer<T> change,
      BiFunction<Resource, FhirContext, Draft> draft) {
    return patch(
        fhir.getResourceType(type),
        id,
        new Ours(
            stored -> {
              T resource = type.cast(fhir.newJsonParser().parseResource(stored.json()));
              change.accept(resource);
              return draft.apply(resource, fhir);
            }),
        null);
  }

  /** What our code makes of all that is stored, whatever of it its caller may read. */
  private record Ours(Function<StoredResource, Draft> made)
      implements Function<StoredResource, Draft> {
    @Override
    public Draft apply(StoredResource stored) {
      return made.apply(stored);
    }
  }

  /** Whether it is a change by our code, not what a client has made of what it was shown. */
  boolean isOurs() {
    return patch instanceof Ours;
  }

  public static Step delete(String type, String id, Integer ifMatch) {
    return new Step(Change.Kind.DELETE, type, id, null, null, null, ifMatch, false, false);
  }

  /** Whether the client gave both id and content. */
  boolean put() {
    return kind == Change.Kind.UPDATE && draft != null;
  }

  /**
   * The same, refused if this is not the version.
   *
   * @param version or null
   */
  public Step ifMatch(Integer version) {
    return new Step(kind, type, id, draft, patch, criteria, version, ifNoneMatch, linked);
  }

  /** The same, on whatever the query finds. */
  public Step where(String query) {
    return new Step(kind, type, id, draft, patch, query, ifMatch, ifNoneMatch, linked);
  }

  /** The same, refused if the resource exists. */
  public Step onlyIfNone() {
    return new Step(kind, type, id, draft, patch, criteria, ifMatch, true, linked);
  }

  /** The same under this id, as a create or an update. */
  public Step on(String foundId) {
    return new Step(kind, type, foundId, draft, patch, criteria, ifMatch, ifNoneMatch, linked);
  }

  /** The same with other content. */
  public Step with(Draft other) {
    return new Step(kind, type, id, other, patch, criteria, ifMatch, ifNoneMatch, linked);
  }

  /** The same with what becomes of its patch changed again. */
  public Step with(UnaryOperator<Draft> then) {
    return new Step(
        kind,
        type,
        id,
        draft,
        stored -> then.apply(patch.apply(stored)),
        criteria,
        ifMatch,
        ifNoneMatch,
        linked);
  }

  /** The same, unless there is one already. */
  public Step unless(String query) {
    return new Step(kind, type, id, draft, patch, query, ifMatch, ifNoneMatch, false);
  }

  /** The same under an id that others of its transaction refer to. */
  public Step linked(String drawnId) {
    return new Step(kind, type, drawnId, draft, patch, criteria, ifMatch, ifNoneMatch, true);
  }
}
