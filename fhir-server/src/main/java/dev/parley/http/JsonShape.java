// SPDX-License-Identifier: Apache-2.0
package dev.parley.http;

import ca.uhn.fhir.context.BaseRuntimeChildDefinition;
import ca.uhn.fhir.context.BaseRuntimeElementCompositeDefinition;
import ca.uhn.fhir.context.BaseRuntimeElementDefinition;
import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.RuntimeChildExtension;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.parley.access.Refusal;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.hl7.fhir.r4.model.Extension;

/**
 * Whether values have the JSON form of their elements: an array where it repeats and only there,
 * numbers and booleans for what FHIR makes them. HAPI's parser reads {@code [true]} and {@code
 * 1970} without a word; stored as they came they would be served so.
 */
final class JsonShape {
  private static final JsonFactory JSON = new JsonFactory();
  private static final Set<String> NUMBERS =
      Set.of("decimal", "integer", "positiveInt", "unsignedInt");
  private static final Field OPEN = new Field(false, true, Kind.ANY, null);

  private final FhirContext fhir;
  private final Map<BaseRuntimeElementDefinition<?>, Map<String, Field>> shapes =
      new ConcurrentHashMap<>();

  JsonShape(FhirContext fhir) {
    this.fhir = fhir;
  }

  private enum Kind {
    ANY,
    OBJECT,
    STRING,
    NUMBER,
    BOOLEAN
  }

  private record Field(
      boolean many, boolean open, Kind kind, BaseRuntimeElementDefinition<?> type) {}

  /**
   * Checks the JSON of a resource that HAPI has parsed without complaint.
   *
   * @throws Refusal 400 that names the element
   */
  void check(String json, String type) {
    try (JsonParser in = JSON.createParser(json)) {
      in.nextToken();
      object(in, fhir.getResourceDefinition(type), type);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void object(JsonParser in, BaseRuntimeElementDefinition<?> type, String path)
      throws IOException {
    boolean empty = true;
    Set<String> gaps = Set.of();
    Set<String> filled = Set.of();
    while (in.nextToken() == JsonToken.FIELD_NAME) {
      String name = in.currentName();
      empty = false;
      in.nextToken();
      Field field = field(type, name);
      if (name.startsWith("_")) {
        filled = with(filled, name.substring(1));
      }
      if (field.open()) {
        in.skipChildren();
      } else if (field.many() != (in.currentToken() == JsonToken.START_ARRAY)) {
        throw wrong(path, name, field.many() ? "an array" : "one value, not an array");
      } else if (field.many()) {
        if (values(in, field, path, name)) {
          gaps = with(gaps, name);
        }
      } else {
        value(in, field, path, name);
      }
    }
    for (String gap : gaps) {
      if (!filled.contains(gap)) {
        throw wrong(path, gap, "without null, unless _" + gap + " says what is in its place");
      }
    }
    if (empty) {
      throw Refusal.of(400, "structure", "not-valid", path + " has to have an element").at(path);
    }
  }

  private static Set<String> with(Set<String> names, String one) {
    Set<String> more = new HashSet<>(names);
    more.add(one);
    return more;
  }

  /** Whether one of them is null: only where extensions stand in its place, in {@code _name}. */
  private boolean values(JsonParser in, Field field, String path, String name) throws IOException {
    boolean gap = false;
    int count = 0;
    while (in.nextToken() != JsonToken.END_ARRAY) {
      count++;
      if (in.currentToken() == JsonToken.VALUE_NULL && field.kind() != Kind.OBJECT) {
        gap = true;
      } else {
        value(in, field, path, name);
      }
    }
    if (count == 0) {
      throw wrong(path, name, "left out rather than empty");
    }
    return gap;
  }

  private void value(JsonParser in, Field field, String path, String name) throws IOException {
    JsonToken token = in.currentToken();
    boolean fits =
        switch (field.kind()) {
          case ANY -> true;
          case OBJECT -> token == JsonToken.START_OBJECT;
          case STRING -> token == JsonToken.VALUE_STRING;
          case NUMBER -> token.isNumeric();
          case BOOLEAN -> token.isBoolean();
        };
    if (!fits) {
      throw wrong(path, name, "a JSON " + field.kind().name().toLowerCase(java.util.Locale.ROOT));
    }
    if (field.kind() == Kind.OBJECT && field.type() != null) {
      object(in, field.type(), path + "." + name);
    } else {
      in.skipChildren();
    }
  }

  private static Refusal wrong(String path, String name, String what) {
    return Refusal.of(400, "structure", "not-valid", path + "." + name + " has to be " + what)
        .at(path + "." + name);
  }

  private Field field(BaseRuntimeElementDefinition<?> type, String name) {
    return shapes.computeIfAbsent(type, this::shape).getOrDefault(name, OPEN);
  }

  private Map<String, Field> shape(BaseRuntimeElementDefinition<?> type) {
    Map<String, Field> fields = new HashMap<>();
    if (type instanceof BaseRuntimeElementCompositeDefinition<?> composite) {
      for (BaseRuntimeChildDefinition child : composite.getChildren()) {
        if (child instanceof RuntimeChildExtension) {
          continue;
        }
        for (String name : child.getValidChildNames()) {
          put(fields, name, child);
        }
      }
    }
    Field extension =
        new Field(true, false, Kind.OBJECT, fhir.getElementDefinition(Extension.class));
    fields.put("extension", extension);
    fields.put("modifierExtension", extension);
    return Map.copyOf(fields);
  }

  private static void put(
      Map<String, Field> fields, String name, BaseRuntimeChildDefinition child) {
    BaseRuntimeElementDefinition<?> type = child.getChildByName(name);
    boolean many = child.getMax() != 1;
    if (type == null) {
      return;
    }
    switch (type.getChildType()) {
      case PRIMITIVE_DATATYPE, ID_DATATYPE -> {
        Kind kind =
            NUMBERS.contains(type.getName())
                ? Kind.NUMBER
                : type.getName().equals("boolean") ? Kind.BOOLEAN : Kind.STRING;
        fields.put(name, new Field(many, false, kind, null));
      }
      case COMPOSITE_DATATYPE, RESOURCE_BLOCK ->
          fields.put(name, new Field(many, false, Kind.OBJECT, type));
      default -> {}
    }
  }
}
