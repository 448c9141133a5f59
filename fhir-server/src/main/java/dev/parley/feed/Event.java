// SPDX-License-Identifier: Apache-2.0
package dev.parley.feed;

import dev.parley.store.Change;
import java.time.Instant;

/**
 * One change, as the log holds it.
 *
 * @param keys what the new version is found by, sorted; empty for a delete
 * @param was the same of the version before it, sorted; empty for a create
 * @param audience who may see it, as the visibility rule gave it when it was written
 */
public record Event(
    Position position,
    Instant at,
    long self,
    Long thread,
    int version,
    short type,
    Change.Kind kind,
    String id,
    long[] keys,
    long[] was,
    long[] audience) {}
