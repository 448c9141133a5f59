// SPDX-License-Identifier: Apache-2.0
/**
 * No consent, no message. See docs/features/consent.md.
 *
 * <pre>
 * ConsentRule                 called by the store for each write
 *   Gated                     does this write send a message? does it pass for something else?
 *   ConsentGate               asks, under the patient's lock
 *     Situation, Asks         the message in its thread -> Ask...
 *     ChartReader             Patient.link, Consents, teams -> Agreement...
 *     ConsentDecision         Agreement..., Ask -> Verdict          (pure; docs/features/consent-cases.md)
 *   WhatStays, HeldDraft      of what was refused: the author's draft, a record for staff
 *   Withdrawal, Notices       of what was withdrawn: Tasks, a confirmation
 * HeldDrafts                  sends what waited, once a Consent is active
 * ConsentOperations           $request-consent, $sign, $withdraw
 * </pre>
 *
 * <p><b>Locks.</b> A message holds {@code Keys.of("Patient/x")} of each record of each patient
 * shared, a Consent holds its patient's exclusively, both before they read anything. A write of the
 * Patient (a merge) holds the same key exclusively by itself.
 */
package dev.parley.consent;
