// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ca.uhn.fhir.context.BaseRuntimeChildDefinition;
import ca.uhn.fhir.context.BaseRuntimeElementCompositeDefinition;
import ca.uhn.fhir.context.BaseRuntimeElementDefinition;
import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.fhirpath.IFhirPath;
import ca.uhn.fhir.fhirpath.IFhirPathEvaluationContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.hl7.fhir.instance.model.api.IBase;
import org.hl7.fhir.instance.model.api.IIdType;
import org.hl7.fhir.r4.model.Base;
import org.hl7.fhir.r4.model.PrimitiveType;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.Resource;
import org.junit.jupiter.api.Test;

/** Our walk of search expressions selects what HAPI's FHIRPath engine selects. */
class SearchPathTest {
  private static final FhirContext FHIR = FhirContext.forR4Cached();
  private static final List<String> TARGETS =
      List.of("Patient", "Practitioner", "Location", "RelatedPerson");

  private int number;
  private int variant;

  @Test
  void every_expression_selects_what_fhirpath_selects() {
    IFhirPath engine = FHIR.newFhirPath();
    engine.setEvaluationContext(new Resolver());
    int compared = 0;
    int selected = 0;
    for (String type : FHIR.getResourceTypes().stream().sorted().toList()) {
      List<SearchParam> params =
          SearchIndexerTest.PARAMS.of(type).values().stream()
              .filter(p -> !p.code().startsWith("_"))
              // Special ones select nothing of the resource.
              .filter(p -> p.expression() != null)
              .toList();
      for (variant = 0; variant < 4; variant++) {
        Resource resource = full(type);
        for (SearchParam param : params) {
          List<Base> expected = engine.evaluate(resource, param.expression(), Base.class);
          List<Base> ours = param.path().select(resource);
          assertEquals(
              texts(expected), texts(ours), type + " " + param.code() + ": " + param.expression());
          compared++;
          selected += ours.isEmpty() ? 0 : 1;
        }
      }
    }
    assertTrue(compared > 6000, "compared " + compared);
    assertTrue(selected > compared / 2, "selected " + selected + " of " + compared);
  }

  @Test
  void an_unknown_form_is_refused_when_it_is_read() {
    assertThrows(IllegalArgumentException.class, () -> SearchPath.parse("Patient.name.repeat(x)"));
  }

  private static List<String> texts(List<Base> elements) {
    return elements.stream()
        .map(b -> b.fhirType() + (b.isPrimitive() ? b.primitiveValue() : ""))
        .distinct()
        .toList();
  }

  /** Nothing is stored here: a resource of the type that the reference names will do. */
  private static final class Resolver implements IFhirPathEvaluationContext {
    @Override
    public IBase resolveReference(IIdType reference, IBase context) {
      return FHIR.getResourceDefinition(reference.getResourceType()).newInstance();
    }
  }

  /** A resource of a type with every element filled, choices by the variant. */
  private Resource full(String type) {
    Resource resource = (Resource) FHIR.getResourceDefinition(type).newInstance();
    fill(resource, FHIR.getResourceDefinition(type), 0);
    return resource;
  }

  private void fill(IBase element, BaseRuntimeElementDefinition<?> definition, int depth) {
    if (element instanceof Reference reference) {
      reference.setReference(TARGETS.get(number++ % TARGETS.size()) + "/" + number);
      return;
    }
    if (element instanceof PrimitiveType<?> primitive) {
      fillPrimitive(primitive);
      return;
    }
    if (depth > 4 || !(definition instanceof BaseRuntimeElementCompositeDefinition<?> composite)) {
      return;
    }
    for (BaseRuntimeChildDefinition child : composite.getChildrenAndExtension()) {
      if (Set.of(
              "extension", "modifierExtension", "contained", "text", "meta", "id", "implicitRules")
          .contains(child.getElementName())) {
        continue;
      }
      List<String> names = new ArrayList<>(child.getValidChildNames());
      names.sort(null);
      String name = names.get(variant % names.size());
      BaseRuntimeElementDefinition<?> value = child.getChildByName(name);
      if (value == null
          || value.getImplementingClass().isInterface()
          || java.lang.reflect.Modifier.isAbstract(value.getImplementingClass().getModifiers())) {
        continue;
      }
      int times = child.getMax() == 1 ? 1 : 2;
      for (int i = 0; i < times; i++) {
        IBase instance = value.newInstance(child.getInstanceConstructorArguments());
        fill(instance, value, depth + 1);
        child.getMutator().addValue(element, instance);
      }
    }
  }

  private void fillPrimitive(PrimitiveType<?> primitive) {
    String[] tries = {
      "2024-01-01",
      "2024-01-01T10:00:00Z",
      "10:00:00",
      "true",
      String.valueOf(++number),
      "aGVsbG8=",
      "active",
      "phone",
      "email",
      "composed-of",
      "depends-on",
      "successor",
      "final"
    };
    int start = Math.floorMod(number * 7, tries.length);
    for (int i = 0; i < tries.length; i++) {
      try {
        primitive.setValueAsString(tries[(start + i) % tries.length]);
        return;
      } catch (RuntimeException e) {
        // Not of this type: the next one may be.
      }
    }
  }
}
