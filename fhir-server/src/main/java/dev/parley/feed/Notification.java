// SPDX-License-Identifier: Apache-2.0
package dev.parley.feed;

/**
 * One text for a client.
 *
 * @param last the event with the last number in it
 * @param upTo the last number in it; what is confirmed once the client has it
 */
public record Notification(String text, Count upTo, Numbered last) {}
