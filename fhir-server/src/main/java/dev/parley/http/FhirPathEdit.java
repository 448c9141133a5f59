// SPDX-License-Identifier: Apache-2.0
package dev.parley.http;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.IValidationSupport;
import dev.parley.access.Refusal;
import java.util.ArrayList;
import java.util.List;
import org.hl7.fhir.exceptions.FHIRException;
import org.hl7.fhir.instance.model.api.IBase;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.r4.fhirpath.FHIRPathEngine;
import org.hl7.fhir.r4.hapi.ctx.HapiWorkerContext;
import org.hl7.fhir.r4.model.Base;
import org.hl7.fhir.r4.model.IntegerType;
import org.hl7.fhir.r4.model.Parameters;
import org.hl7.fhir.r4.model.Parameters.ParametersParameterComponent;
import org.hl7.fhir.r4.model.PrimitiveType;
import org.hl7.fhir.r4.model.Resource;

/**
 * FHIRPath Patch. HAPI's own is part of its JPA server and is not published for this
 * version.
 */
final class FhirPathEdit {
  private final FhirContext fhir;
  private FHIRPathEngine engine;

  FhirPathEdit(FhirContext fhir) {
    this.fhir = fhir;
  }

  /**
   * Does all operations, in order, on the resource itself.
   *
   * @throws Refusal 400 for an operation that is not complete, 422 for one that does not fit
   */
  void apply(Resource resource, Parameters patch) {
    if (!patch.hasParameter()) {
      throw malformed("has no operation");
    }
    for (ParametersParameterComponent parameter : patch.getParameter()) {
      if (!"operation".equals(parameter.getName())) {
        throw malformed("has a parameter that is not named operation");
      }
      apply(resource, new Operation(parameter));
    }
  }

  private void apply(Resource resource, Operation operation) {
    String path = operation.text("path");
    switch (operation.text("type")) {
      case "add" -> {
        ElementSlot slot = slot(one(resource, path), operation.text("name"), path);
        List<IBase> values = slot.values();
        if (!values.isEmpty() && !slot.many()) {
          throw wrong(path, operation.text("name") + " is there already; use replace");
        }
        values.add(operation.value(slot));
        slot.set(values);
      }
      case "insert" -> {
        ElementSlot slot = list(resource, path);
        List<IBase> values = slot.values();
        values.add(index(operation.number("index"), values.size(), path), operation.value(slot));
        slot.set(values);
      }
      case "replace" -> {
        ElementSlot.Place place = place(resource, one(resource, path), path);
        List<IBase> values = place.slot().values();
        values.set(place.index(), operation.value(place.slot()));
        place.slot().set(values);
      }
      case "delete" -> {
        List<Base> found = select(resource, path);
        if (found.size() > 1) {
          throw wrong(path, "selects " + found.size() + " elements; a delete takes one");
        }
        if (!found.isEmpty()) {
          ElementSlot.Place place = place(resource, found.get(0), path);
          List<IBase> values = place.slot().values();
          values.remove(place.index());
          place.slot().set(values);
        }
      }
      case "move" -> {
        ElementSlot slot = list(resource, path);
        List<IBase> values = slot.values();
        IBase moved = values.remove(index(operation.number("source"), values.size() - 1, path));
        values.add(index(operation.number("destination"), values.size(), path), moved);
        slot.set(values);
      }
      default -> throw malformed("has an operation of no known type");
    }
  }

  /** The list that a path names: its last step is an element, all before selects the one parent. */
  private ElementSlot list(Resource resource, String path) {
    int dot = lastDot(path);
    if (dot < 0 || !path.substring(dot + 1).matches("[A-Za-z]+")) {
      throw wrong(path, "does not end with the name of a list");
    }
    ElementSlot slot = slot(one(resource, path.substring(0, dot)), path.substring(dot + 1), path);
    if (!slot.many()) {
      throw wrong(path, "is not a list");
    }
    return slot;
  }

  private ElementSlot slot(Base parent, String name, String path) {
    ElementSlot slot = ElementSlot.of(fhir, parent, name);
    if (slot == null) {
      throw wrong(path, "has no element of the given name");
    }
    return slot;
  }

  private ElementSlot.Place place(Resource resource, Base element, String path) {
    ElementSlot.Place place = ElementSlot.find(fhir, resource, element);
    if (place == null) {
      throw wrong(path, "does not select an element of the resource");
    }
    return place;
  }

  private Base one(Resource resource, String path) {
    List<Base> found = select(resource, path);
    if (found.size() != 1) {
      throw wrong(path, "selects " + found.size() + " elements, not one");
    }
    return found.get(0);
  }

  private List<Base> select(Resource resource, String path) {
    try {
      FHIRPathEngine paths = engine();
      return paths.evaluate(resource, resource, resource, resource, paths.parse(path));
    } catch (FHIRException e) {
      throw wrong(path, "cannot be evaluated");
    }
  }

  /** Without definitions: with them it would load all of R4 for a path of three names. */
  private synchronized FHIRPathEngine engine() {
    if (engine == null) {
      IValidationSupport nothing =
          new IValidationSupport() {
            @Override
            public FhirContext getFhirContext() {
              return fhir;
            }

            @Override
            public List<IBaseResource> fetchAllConformanceResources() {
              return List.of();
            }

            @Override
            public <T extends IBaseResource> List<T> fetchAllStructureDefinitions() {
              return List.of();
            }
          };
      engine = new FHIRPathEngine(new HapiWorkerContext(fhir, nothing));
    }
    return engine;
  }

  private static int index(int index, int highest, String path) {
    if (index < 0 || index > highest) {
      throw wrong(path, "has no place " + index);
    }
    return index;
  }

  /** The last dot that is not inside brackets, parentheses or quotes. */
  private static int lastDot(String path) {
    int depth = 0;
    boolean quoted = false;
    int last = -1;
    for (int i = 0; i < path.length(); i++) {
      char c = path.charAt(i);
      if (c == '\'') {
        quoted = !quoted;
      } else if (!quoted && (c == '(' || c == '[')) {
        depth++;
      } else if (!quoted && (c == ')' || c == ']')) {
        depth--;
      } else if (!quoted && depth == 0 && c == '.') {
        last = i;
      }
    }
    return last;
  }

  private static Refusal malformed(String what) {
    return Refusal.invalid("malformed-patch", "The patch " + what);
  }

  /** Without values: a path's where() may hold an identifier. */
  private static Refusal wrong(String path, String what) {
    String plain = path.replaceAll("'[^']*'", "'...'");
    return Refusal.unprocessable("business-rule", "patch-path", "The path " + plain + " " + what);
  }

  /** One operation and its parts. */
  private record Operation(ParametersParameterComponent parameter) {
    String text(String name) {
      if (part(name).getValue() instanceof PrimitiveType<?> value && value.hasValue()) {
        return value.getValueAsString();
      }
      throw malformed("has an operation whose " + name + " is not text");
    }

    int number(String name) {
      if (part(name).getValue() instanceof IntegerType value && value.hasValue()) {
        return value.getValue();
      }
      throw malformed("has an operation whose " + name + " is not a valueInteger");
    }

    IBase value(ElementSlot slot) {
      try {
        return slot.value(part("value"));
      } catch (IllegalArgumentException | FHIRException e) {
        throw wrong(text("path"), "takes another value: " + slot.name());
      }
    }

    private ParametersParameterComponent part(String name) {
      List<ParametersParameterComponent> parts = new ArrayList<>(parameter.getPart());
      parts.removeIf(p -> !name.equals(p.getName()));
      if (parts.size() != 1) {
        throw malformed("has an operation with " + parts.size() + " parts named " + name);
      }
      return parts.get(0);
    }
  }
}
