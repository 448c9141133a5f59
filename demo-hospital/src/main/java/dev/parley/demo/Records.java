// SPDX-License-Identifier: Apache-2.0
package dev.parley.demo;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.Resource;

/** Everything made so far, in the order in which it is to be loaded. */
final class Records {
  private final Map<String, Resource> byReference = new LinkedHashMap<>();

  <T extends Resource> T add(String id, T resource) {
    resource.setId(id);
    String reference = resource.fhirType() + "/" + id;
    if (byReference.putIfAbsent(reference, resource) != null) {
      throw new IllegalStateException("made twice: " + reference);
    }
    return resource;
  }

  /** An id that nobody of this type has yet: the wish itself, or the wish with a number. */
  String free(String type, String wish) {
    String id = wish;
    for (int n = 2; byReference.containsKey(type + "/" + id); n++) {
      id = wish + "-" + n;
    }
    return id;
  }

  boolean has(String reference) {
    return byReference.containsKey(reference);
  }

  <T extends Resource> T get(Class<T> type, String id) {
    Resource found = byReference.get(type.getSimpleName() + "/" + id);
    if (found == null) {
      throw new IllegalStateException("there is no " + type.getSimpleName() + "/" + id);
    }
    return type.cast(found);
  }

  <T extends Resource> List<T> all(Class<T> type) {
    return all(type, any -> true);
  }

  <T extends Resource> List<T> all(Class<T> type, Predicate<T> wanted) {
    List<T> found = new ArrayList<>();
    for (Resource resource : byReference.values()) {
      if (type.isInstance(resource) && wanted.test(type.cast(resource))) {
        found.add(type.cast(resource));
      }
    }
    return found;
  }

  Collection<Resource> inOrder() {
    return byReference.values();
  }

  static Reference to(Resource resource) {
    return new Reference(resource.fhirType() + "/" + resource.getIdPart());
  }
}
