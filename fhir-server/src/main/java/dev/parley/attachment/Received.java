// SPDX-License-Identifier: Apache-2.0
package dev.parley.attachment;

import org.hl7.fhir.r4.model.Resource;

/**
 * Bytes on their way to a Binary: they are stored, and ride on the resource that will have them.
 *
 * @param name of the file, or null
 */
record Received(Content content, String name) {
  private static final String RIDES = "parley.attachment";

  void on(Resource binary) {
    binary.setUserData(RIDES, this);
  }

  /** Null if it brings none. */
  static Received of(Resource binary) {
    return binary == null ? null : (Received) binary.getUserData(RIDES);
  }
}
