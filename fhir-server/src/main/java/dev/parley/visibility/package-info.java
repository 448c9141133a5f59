// SPDX-License-Identifier: Apache-2.0
/**
 * Who sees what. A resource is stored with audience keys ({@link AudienceKey}: "patient P", "staff
 * who treat P", "named X"); people hold such keys for as long as their relation lasts ({@link
 * GrantRule} derives them from CareTeams, Encounters, Appointments, roles, RelatedPersons and
 * Consents, in the transaction that writes those). {@link Entitlement} is the one rule that every
 * door asks. docs/features/visibility.md is the page.
 */
package dev.parley.visibility;
