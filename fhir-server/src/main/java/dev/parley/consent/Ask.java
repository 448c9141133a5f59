// SPDX-License-Identifier: Apache-2.0
package dev.parley.consent;

import java.time.Instant;
import java.util.Set;

/**
 * What a consent has to cover: one message, on one channel, about one topic.
 *
 * @param organizations "Organization/x" that sends or receives it, with what it is part of; empty
 *     if that is not known
 * @param kind secure-messaging, reminders, result-sharing, ...
 * @param channel a word of {@link Channel}
 * @param topic its {@link Forms}; empty for none
 * @param parties everybody who takes part, with their teams: "Practitioner/x", "CareTeam/y"
 * @param purposes codes of v3-ActReason
 * @param labels codes of its security labels
 * @param data what it is about, its thread included: "DiagnosticReport/x"
 * @param at when
 */
record Ask(
    Set<String> organizations,
    String kind,
    String channel,
    Set<String> topic,
    Set<String> parties,
    Set<String> purposes,
    Set<String> labels,
    Set<String> data,
    Instant at) {}
