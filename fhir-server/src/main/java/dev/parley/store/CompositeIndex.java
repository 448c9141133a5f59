// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import dev.parley.store.SearchPath.Alternative;
import java.util.List;
import org.hl7.fhir.r4.model.Base;
import org.hl7.fhir.r4.model.Resource;

/**
 * Index values of composite parameters: pairs of values of the same element. The first component is
 * a token (or a reference, as a text); its forms are mixed into the key, so that {@code
 * code-value-quantity} of a heart rate is a number under a key of its own.
 */
final class CompositeIndex {
  private CompositeIndex() {}

  /** The key of a composite for one form of its first component. */
  static long key(SearchParam composite, String first) {
    return composite.key() ^ Keys.of(first + "$");
  }

  static void index(SearchParam composite, Resource resource, IndexBuilder to) {
    List<Alternative> roots = composite.path().alternatives();
    SearchParam one = composite.parts().get(0);
    SearchParam two = composite.parts().get(1);
    for (Alternative root : roots) {
      List<Base> elements = new java.util.ArrayList<>();
      root.select(resource, 0, elements);
      for (Base element : elements) {
        List<Base> firsts = select(one, root, roots, element, resource);
        List<Base> seconds = select(two, root, roots, element, resource);
        for (Base first : firsts) {
          for (String form : forms(first)) {
            seconds.forEach(second -> pair(key(composite, form), two, second, to));
          }
        }
      }
    }
  }

  private static List<Base> select(
      SearchParam part,
      Alternative root,
      List<Alternative> roots,
      Base element,
      Resource resource) {
    SearchPath inside = part.path().below(root, roots);
    // R4 has a few whose component lies elsewhere in the resource (MolecularSequence).
    return inside == null ? part.path().select(resource) : inside.selectIn(element);
  }

  private static List<String> forms(Base first) {
    if (first instanceof org.hl7.fhir.r4.model.Reference reference) {
      return reference.getReference() != null ? List.of(reference.getReference()) : List.of();
    }
    return ElementIndex.tokens(first);
  }

  private static void pair(long key, SearchParam two, Base second, IndexBuilder to) {
    switch (two.kind()) {
      case TOKEN -> ElementIndex.tokens(second).forEach(f -> to.key(key ^ Keys.of(f)));
      case STRING -> ElementIndex.strings(second).forEach(s -> to.text(key, s));
      case DATE -> {
        TimeRange range = ElementIndex.time(second);
        if (range != null) {
          to.span(key, range);
        }
      }
      case NUMBER, QUANTITY -> {
        ElementIndex.Measure m = ElementIndex.measure(second);
        if (m != null) {
          to.amount(key, m.low(), m.high(), m.units().stream().map(Keys::of).toList());
        }
      }
      default -> throw new IllegalStateException(two.code());
    }
  }
}
