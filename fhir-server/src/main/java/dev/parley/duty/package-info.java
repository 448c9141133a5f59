// SPDX-License-Identifier: Apache-2.0
/**
 * Who is there: service hours, who holds a role, who is on call, who is away and who stands in.
 * Read by rules, past visibility; what may be told to whom is for the features above.
 *
 * <pre>
 * Basic "availability"      subject = the person; until, note, delegate    written by $set-availability
 * Task  "cover-request"     focus = that Basic, owner = the delegate       accepted: they stand in
 * PractitionerRole          practitioner = who holds it now; code on-call, team-lead; availableTime
 * </pre>
 */
package dev.parley.duty;
