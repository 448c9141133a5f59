// SPDX-License-Identifier: Apache-2.0
/**
 * What is read wrongly, why, and what to write instead: {@code $check-wording}, and on sending.
 *
 * <pre>
 * text -> Tokens -> Checker: Phrases (words of the list), Doses, Tone (by form) -> Finding...
 * </pre>
 *
 * docs/features/wording.md is the page.
 */
package dev.parley.wording;
