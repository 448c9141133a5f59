// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

/**
 * What a write came to.
 *
 * @param resource the version that now stands
 * @param result whether it was created, changed, or (a conditional create that met one) left alone
 */
public record Written(StoredResource resource, Result result) {
  /** The three endings of a write. */
  public enum Result {
    CREATED,
    CHANGED,
    EXISTED
  }
}
