// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import dev.parley.access.Notice;
import java.util.List;
import org.hl7.fhir.r4.model.Resource;

/**
 * What a write came to.
 *
 * @param resource the version that now stands
 * @param result whether it was created, changed, or (a conditional create that met one) left alone
 * @param notices what the rules tell the writer
 */
public record Written(StoredResource resource, Result result, List<Notice> notices) {
  Written(StoredResource resource, Result result) {
    this(resource, result, List.of());
  }

  /** The same, with what the rules told about what was written. */
  Written telling(Resource after) {
    return new Written(resource, result, List.copyOf(Change.told(after)));
  }

  /** The three endings of a write. */
  public enum Result {
    CREATED,
    CHANGED,
    EXISTED
  }
}
