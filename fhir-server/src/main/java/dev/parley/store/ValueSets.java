// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.DefaultProfileValidationSupport;
import ca.uhn.fhir.context.support.IValidationSupport;
import dev.parley.access.Refusal;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.hl7.fhir.r4.model.CanonicalType;
import org.hl7.fhir.r4.model.ValueSet;
import org.hl7.fhir.r4.model.ValueSet.ConceptSetComponent;

/**
 * The members of a ValueSet as token forms, for {@code :in}: of a stored one that lists its
 * concepts, or of one that R4 itself defines.
 */
final class ValueSets {
  private final Function<String, Optional<ValueSet>> stored;

  /** HAPI's copies of R4's own value sets; some 20 MB of definitions, read when first asked. */
  private static final class Standard {
    static final IValidationSupport DEFINITIONS =
        new DefaultProfileValidationSupport(FhirContext.forR4Cached());
  }

  /**
   * @param stored finds a ValueSet by "ValueSet/id" or canonical url
   */
  ValueSets(Function<String, Optional<ValueSet>> stored) {
    this.stored = stored;
  }

  /** Forms of {@link SearchForms#token}, with a system each; a refusal if it cannot be listed. */
  List<String> forms(String name) {
    Set<String> forms = new LinkedHashSet<>();
    collect(find(name), forms, 0);
    return List.copyOf(forms);
  }

  private ValueSet find(String name) {
    return stored
        .apply(name)
        .or(
            () ->
                Optional.ofNullable(Standard.DEFINITIONS.fetchValueSet(name))
                    .map(ValueSet.class::cast))
        .orElseThrow(() -> cannot(name, "is not known"));
  }

  private Refusal cannot(String name, String why) {
    return Refusal.notSupported(
        "value-set", "ValueSet " + name.replaceAll("[^A-Za-z0-9:/._|\\-]", "?") + " " + why);
  }

  private void collect(ValueSet set, Set<String> forms, int depth) {
    if (depth > 8) {
      throw cannot(set.getUrl(), "is nested too deeply");
    }
    if (set.hasExpansion() && !set.hasCompose()) {
      set.getExpansion().getContains().forEach(c -> add(c.getSystem(), c.getCode(), forms));
      return;
    }
    for (ConceptSetComponent include : set.getCompose().getInclude()) {
      forms.addAll(members(set, include, depth));
    }
    for (ConceptSetComponent exclude : set.getCompose().getExclude()) {
      Set<String> out = members(set, exclude, depth);
      if (out.stream().anyMatch(f -> f.endsWith("|"))
          || forms.stream()
              .anyMatch(f -> f.endsWith("|") && out.stream().anyMatch(o -> o.startsWith(f)))) {
        throw cannot(set.getUrl(), "excludes from a whole code system, which cannot be searched");
      }
      forms.removeAll(out);
    }
  }

  private Set<String> members(ValueSet set, ConceptSetComponent part, int depth) {
    if (part.hasFilter()) {
      throw cannot(set.getUrl(), "has a filter, which cannot be searched; list its concepts");
    }
    Set<String> forms = new LinkedHashSet<>();
    if (part.hasConcept()) {
      part.getConcept().forEach(c -> add(part.getSystem(), c.getCode(), forms));
    } else if (part.hasSystem()) {
      forms.add(part.getSystem() + "|");
    }
    for (CanonicalType other : part.getValueSet()) {
      Set<String> inner = new LinkedHashSet<>();
      collect(find(other.getValue()), inner, depth + 1);
      if (part.hasSystem()) {
        forms.retainAll(inner);
      } else {
        forms.addAll(inner);
      }
    }
    return forms;
  }

  private static void add(String system, String code, Set<String> forms) {
    forms.add(SearchForms.token(system, code).get(1));
  }
}
