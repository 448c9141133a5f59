// SPDX-License-Identifier: Apache-2.0
package dev.parley.http;

import ca.uhn.fhir.context.BaseRuntimeChildDefinition;
import ca.uhn.fhir.context.BaseRuntimeElementCompositeDefinition;
import ca.uhn.fhir.context.BaseRuntimeElementDefinition;
import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.RuntimeChildChoiceDefinition;
import java.util.ArrayList;
import java.util.List;
import org.hl7.fhir.instance.model.api.IBase;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.r4.model.CodeType;
import org.hl7.fhir.r4.model.Enumeration;
import org.hl7.fhir.r4.model.Parameters.ParametersParameterComponent;
import org.hl7.fhir.r4.model.PrimitiveType;
import org.hl7.fhir.r4.model.Quantity;
import org.hl7.fhir.r4.model.StringType;
import org.hl7.fhir.r4.model.Type;

/** Where the values of one child element of one parent are: what a patch changes. */
record ElementSlot(FhirContext fhir, IBase parent, BaseRuntimeChildDefinition child) {

  /** An element among its siblings. */
  record Place(ElementSlot slot, int index) {}

  /** The slot of this name ("deceased" also finds deceased[x]), or null. */
  static ElementSlot of(FhirContext fhir, IBase parent, String name) {
    if (!(definition(fhir, parent) instanceof BaseRuntimeElementCompositeDefinition<?> type)) {
      return null;
    }
    BaseRuntimeChildDefinition child = type.getChildByName(name);
    if (child == null) {
      child = type.getChildByName(name + "[x]");
    }
    return child == null ? null : new ElementSlot(fhir, parent, child);
  }

  /** Where this very object is in the resource, or null. */
  static Place find(FhirContext fhir, IBase root, IBase wanted) {
    if (!(definition(fhir, root) instanceof BaseRuntimeElementCompositeDefinition<?> type)) {
      return null;
    }
    for (BaseRuntimeChildDefinition child : type.getChildren()) {
      List<IBase> values = child.getAccessor().getValues(root);
      for (int i = 0; i < values.size(); i++) {
        if (values.get(i) == wanted) {
          return new Place(new ElementSlot(fhir, root, child), i);
        }
        Place inner = values.get(i) == null ? null : find(fhir, values.get(i), wanted);
        if (inner != null) {
          return inner;
        }
      }
    }
    return null;
  }

  String name() {
    return child.getElementName();
  }

  boolean many() {
    return child.getMax() != 1;
  }

  /** A copy of what is there. */
  List<IBase> values() {
    return new ArrayList<>(child.getAccessor().getValues(parent));
  }

  void set(List<IBase> values) {
    child.getMutator().setValue(parent, null);
    values.forEach(value -> child.getMutator().addValue(parent, value));
  }

  /**
   * The value that an operation's part carries, as the type of this slot.
   *
   * @throws IllegalArgumentException if it is of another type
   */
  IBase value(ParametersParameterComponent part) {
    if (part.hasResource()) {
      return fitting(part.getResource());
    }
    if (part.hasValue()) {
      return converted(part.getValue());
    }
    if (!part.hasPart()) {
      throw new IllegalArgumentException("no value");
    }
    if (child instanceof RuntimeChildChoiceDefinition) {
      throw new IllegalArgumentException("a choice of types takes a value");
    }
    IBase element = newInstance(child.getChildByName(name()));
    for (ParametersParameterComponent inner : part.getPart()) {
      ElementSlot slot = of(fhir, element, inner.getName());
      if (slot == null || (!slot.many() && !slot.values().isEmpty())) {
        throw new IllegalArgumentException("no such element");
      }
      slot.child.getMutator().addValue(element, slot.value(inner));
    }
    return element;
  }

  private IBase converted(Type value) {
    if (child instanceof RuntimeChildChoiceDefinition) {
      return fitting(value);
    }
    BaseRuntimeElementDefinition<?> type = child.getChildByName(name());
    IBase made = newInstance(type);
    if (made instanceof Enumeration<?> code && value instanceof CodeType given) {
      code.setValueAsString(given.getValue());
      given.getExtension().forEach(code::addExtension);
      return code;
    }
    if (made.getClass() == value.getClass()
        || (made instanceof Quantity && value.getClass() == Quantity.class)) {
      if (made.getClass() == value.getClass()) {
        return value;
      }
      return ((Quantity) value).castToSimpleQuantity(value);
    }
    if (made.fhirType().equals("xhtml") && value instanceof StringType text) {
      ((org.hl7.fhir.utilities.xhtml.XhtmlNode) made).setValueAsString(text.getValue());
      return made;
    }
    if (made instanceof PrimitiveType<?> primitive
        && value instanceof PrimitiveType<?> given
        && primitive.fhirType().equals(given.fhirType())) {
      primitive.setValueAsString(given.getValueAsString());
      return primitive;
    }
    throw new IllegalArgumentException("another type");
  }

  private IBase fitting(IBase value) {
    if (value instanceof IBaseResource
        ? !name().equals("contained") && !name().equals("resource")
        : child.getChildElementDefinitionByDatatype(value.getClass()) == null) {
      throw new IllegalArgumentException("another type");
    }
    return value;
  }

  private IBase newInstance(BaseRuntimeElementDefinition<?> type) {
    Object arguments = child.getInstanceConstructorArguments();
    return arguments == null ? type.newInstance() : type.newInstance(arguments);
  }

  private static BaseRuntimeElementDefinition<?> definition(FhirContext fhir, IBase element) {
    return element instanceof IBaseResource resource
        ? fhir.getResourceDefinition(resource)
        : fhir.getElementDefinition(element.getClass());
  }
}
