// SPDX-License-Identifier: Apache-2.0
/**
 * Words of patients who may be in danger: emergency advice at once, a Task for staff. Never a
 * diagnosis.
 *
 * <pre>
 * text -> Words (sentences of plain words) -> RedFlagList: Phrase..., Cue... -> flags
 * </pre>
 *
 * docs/features/redflag.md is the page.
 */
package dev.parley.redflag;
