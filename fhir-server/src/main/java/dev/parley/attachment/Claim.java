// SPDX-License-Identifier: Apache-2.0
package dev.parley.attachment;

import java.util.List;
import org.hl7.fhir.r4.model.Resource;

/**
 * Files that a message or document takes for its own when it is written. Rides on the resource,
 * from the rule's look at it to what follows from it.
 *
 * @param taken ids of Binaries that were nobody's
 * @param copies of files of other messages: Binaries that are made for this one
 * @param awaited ids of Binaries that have to be written in the same transaction
 */
record Claim(List<String> taken, List<Copy> copies, List<String> awaited) {
  private static final String RIDES = "parley.attachment.claim";

  /**
   * One more Binary over the same bytes.
   *
   * @param id that it will have
   */
  record Copy(String id, Received received) {}

  void on(Resource resource) {
    resource.setUserData(RIDES, this);
  }

  static Claim of(Resource resource) {
    Claim claim = resource == null ? null : (Claim) resource.getUserData(RIDES);
    return claim == null ? new Claim(List.of(), List.of(), List.of()) : claim;
  }
}
