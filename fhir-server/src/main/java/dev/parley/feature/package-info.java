// SPDX-License-Identifier: Apache-2.0
/**
 * What a feature is to the rest: a {@link dev.parley.feature.Feature}, made in {@code Wiring} of
 * the {@link dev.parley.feature.Tools}. Features never import each other.
 *
 * <pre>
 * Wiring: new Conversation(tools), new Wording(tools), ...    one line for each
 *           rules()       -> asked for every write, in the order of the list
 *           operations()  -> HAPI providers of its $ operations, in the CapabilityStatement too
 *           start/close   -> with the server; timed work is told to tools.agenda() when it is made
 * </pre>
 */
package dev.parley.feature;
