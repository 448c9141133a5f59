// SPDX-License-Identifier: Apache-2.0
/**
 * A report that is final becomes a message to the patient, by a release rule; a critical one goes
 * to whoever ordered it. docs/features/result.md is the page.
 */
package dev.parley.result;
