// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.login;

import java.time.Instant;
import java.util.Set;

/**
 * What somebody was let do: the content of tokens.
 *
 * @param client the software's id
 * @param person "Practitioner/x", or null for a system
 * @param name of the person, or of the software
 * @param patient the id of the launch patient, or null
 * @param scope as granted
 * @param session one login, through all its tokens
 * @param began when it was
 * @param nonce of the request, or null
 */
record Grant(
    String client,
    String person,
    String name,
    Set<String> roles,
    String patient,
    String scope,
    String session,
    Instant began,
    String nonce) {

  static Grant system(Client client, String scope, Instant now) {
    return new Grant(
        client.id(), null, client.name(), Set.of(), null, scope, Random.text(), now, null);
  }

  boolean has(String word) {
    return (" " + scope + " ").contains(" " + word + " ");
  }

  Grant narrowed(String to) {
    return new Grant(client, person, name, roles, patient, to, session, began, nonce);
  }
}
