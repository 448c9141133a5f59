// SPDX-License-Identifier: Apache-2.0
package dev.parley.feed;

import java.util.List;

/**
 * Events read by number.
 *
 * @param from the first number that can be had: greater than asked for if the log begins later
 */
public record Missed(long from, List<Numbered> events) {}
