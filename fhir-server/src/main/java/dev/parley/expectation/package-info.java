// SPDX-License-Identifier: Apache-2.0
/**
 * What somebody who writes may expect: by when a person answers, who has the work, what happens if
 * nobody does. docs/features/expectation.md is the page.
 *
 * <pre>
 * HealthcareService   availableTime, notAvailable, promises  -> Service, Hours    (pure)
 *   message of a patient -> AnswerRule: Task "answer" (pool, due), in the message's transaction
 *                           Agenda "automatic-answer": AutomaticAnswers, outside service hours
 *                           Agenda "answer-due":       Ladder, a Task for each rung
 *   answer of staff      -> AnswerRule: Tasks completed, in the answer's transaction
 * </pre>
 *
 * <p>The Task is what counts: a timer that finds it done, or moved on, does nothing.
 */
package dev.parley.expectation;
