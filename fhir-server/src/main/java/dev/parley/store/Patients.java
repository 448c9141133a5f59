// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import java.util.Collection;
import java.util.Set;
import java.util.TreeSet;

/** Whom stored resources concern: the patients that their texts refer to, wherever it is. */
final class Patients {
  // Our own writer made the text: no spaces, no escaped slashes.
  private static final String MARK = "\"reference\":\"";
  private static final String PATIENT = "Patient/";

  private final References references;

  Patients(References references) {
    this.references = references;
  }

  Set<String> of(Collection<StoredResource> resources) {
    Set<String> ids = new TreeSet<>();
    resources.forEach(resource -> add(resource, ids));
    return ids;
  }

  Set<String> of(StoredResource resource) {
    Set<String> ids = new TreeSet<>();
    add(resource, ids);
    return ids;
  }

  private void add(StoredResource resource, Set<String> ids) {
    if (resource.type().equals("Patient")) {
      ids.add(resource.id());
    }
    if (!resource.deleted()) {
      of(resource.text(), ids);
    }
  }

  /** Adds the ids of the patients that this text refers to. */
  void of(String text, Set<String> ids) {
    for (int i = text.indexOf(MARK); i >= 0; i = text.indexOf(MARK, i)) {
      i += MARK.length();
      if (text.startsWith(PATIENT, i) || text.startsWith("http", i)) {
        references
            .local(text.substring(i, text.indexOf('"', i)))
            .filter(local -> local.type().equals("Patient"))
            .ifPresent(local -> ids.add(local.id()));
      }
    }
  }
}
