// SPDX-License-Identifier: Apache-2.0
package dev.parley.access;

/**
 * Where a request came from.
 *
 * @param address of the client, or null
 * @param request its X-Request-Id, or null
 */
public record Origin(String address, String request) {
  /** The server itself. */
  public static final Origin NONE = new Origin(null, null);
}
