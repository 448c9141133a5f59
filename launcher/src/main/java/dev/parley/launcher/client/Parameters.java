// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.client;

import com.fasterxml.jackson.databind.JsonNode;
import dev.parley.launcher.terminal.PlainError;
import java.util.HashMap;
import java.util.Map;

/** The simple values of a Parameters resource. */
record Parameters(Map<String, String> values) {
  static Parameters of(JsonNode resource) {
    Map<String, String> values = new HashMap<>();
    for (JsonNode parameter : resource.path("parameter")) {
      parameter
          .fields()
          .forEachRemaining(
              field -> {
                if (field.getKey().startsWith("value")) {
                  values.put(parameter.path("name").asText(), field.getValue().asText());
                }
              });
    }
    return new Parameters(values);
  }

  String get(String name) {
    String value = values.get(name);
    if (value == null) {
      throw new PlainError("the server's answer lacks " + name);
    }
    return value;
  }
}
