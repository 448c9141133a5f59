// SPDX-License-Identifier: Apache-2.0
package dev.parley.http;

import ca.uhn.fhir.context.BaseRuntimeChildDefinition;
import ca.uhn.fhir.context.BaseRuntimeElementCompositeDefinition;
import ca.uhn.fhir.context.BaseRuntimeElementDefinition;
import ca.uhn.fhir.context.FhirContext;
import dev.parley.access.Refusal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.hl7.fhir.instance.model.api.IBase;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.r4.model.IdType;
import org.hl7.fhir.r4.model.Resource;
import org.hl7.fhir.utilities.xhtml.XhtmlNode;

/**
 * The part of a resource's definition that HAPI's parser leaves open: that mandatory elements are
 * there, at every level that the resource has. Every write passes here, so each class's children
 * are looked up once.
 */
final class Elements {
  private static final Set<String> SURROUNDINGS = Set.of("id", "extension", "modifierExtension");

  private final FhirContext fhir;
  private final Map<Class<?>, List<Child>> shapes = new ConcurrentHashMap<>();

  Elements(FhirContext fhir) {
    this.fhir = fhir;
  }

  /**
   * Refuses a resource that lacks something.
   *
   * @throws Refusal 422 that names the element or the invariant
   */
  void check(Resource resource) {
    String missing = missing(resource);
    if (missing != null) {
      String path = resource.fhirType() + "." + missing;
      throw Refusal.unprocessable("required", "element-required", path + " is required").at(path);
    }
    Invariants.check(resource);
  }

  /** The path of the first mandatory element that is not there, or null. */
  private String missing(IBase element) {
    String missing = null;
    boolean said = false;
    for (Child child : children(element)) {
      boolean present = false;
      List<IBase> values = child.definition().getAccessor().getValues(element);
      for (int i = 0; i < values.size(); i++) {
        IBase value = values.get(i);
        if (value == null || absent(value)) {
          continue;
        }
        present = true;
        String inner = missing(value);
        if (inner != null) {
          return child.name() + (child.many() ? "[" + i + "]" : "") + "." + inner;
        }
      }
      said |= present && !child.surrounding();
      if (!present && child.mandatory() && missing == null) {
        missing = child.name();
      }
    }
    // An element that is only an extension (data-absent-reason) says why the rest is not there.
    return said || element instanceof IBaseResource ? missing : null;
  }

  /** A Patient without elements is one, so is an empty div, and an id that only has extensions. */
  private static boolean absent(IBase value) {
    return value.isEmpty()
        && !(value instanceof IBaseResource)
        && !(value instanceof XhtmlNode)
        && !(value instanceof IdType id && id.hasExtension());
  }

  private List<Child> children(IBase element) {
    List<Child> known = shapes.get(element.getClass());
    return known != null ? known : shapes.computeIfAbsent(element.getClass(), this::shape);
  }

  private List<Child> shape(Class<?> type) {
    List<Child> children = new ArrayList<>();
    if (definition(type.asSubclass(IBase.class))
        instanceof BaseRuntimeElementCompositeDefinition<?> composite) {
      composite.getChildren().forEach(child -> children.add(Child.of(child)));
    }
    return List.copyOf(children);
  }

  private BaseRuntimeElementDefinition<?> definition(Class<? extends IBase> type) {
    return IBaseResource.class.isAssignableFrom(type)
        ? fhir.getResourceDefinition(type.asSubclass(IBaseResource.class))
        : fhir.getElementDefinition(type);
  }

  private record Child(
      String name,
      boolean mandatory,
      boolean many,
      boolean surrounding,
      BaseRuntimeChildDefinition definition) {
    static Child of(BaseRuntimeChildDefinition definition) {
      String name = definition.getElementName().replace("[x]", "");
      return new Child(
          name,
          definition.getMin() > 0,
          definition.getMax() != 1,
          SURROUNDINGS.contains(name),
          definition);
    }
  }
}
