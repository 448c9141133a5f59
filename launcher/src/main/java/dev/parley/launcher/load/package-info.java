// SPDX-License-Identifier: Apache-2.0

/**
 * Loading FHIR data over the server's own API: files become {@link
 * dev.parley.launcher.load.Chunk}s, each one transaction, a few of them on their way at a time.
 *
 * <p>Every write is a PUT where that is possible, with an id from the data or made from it, so that
 * what was sent twice is stored once: after an interruption the chunks that the journal does not
 * name are sent again. Text passes through as it is; no number is read and written anew.
 */
package dev.parley.launcher.load;
