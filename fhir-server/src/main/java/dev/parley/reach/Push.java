// SPDX-License-Identifier: Apache-2.0
package dev.parley.reach;

import java.time.Instant;

/**
 * A browser or app that is told by its push service.
 *
 * @param notBefore the push service has asked to be left alone until then; or null
 */
record Push(long id, long person, String who, String endpoint, Instant since, Instant notBefore) {}
