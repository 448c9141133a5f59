// SPDX-License-Identifier: Apache-2.0
package dev.parley.feed;

/** An event with the number that one subscription gives it. */
public record Numbered(long number, LoggedEvent event) {}
