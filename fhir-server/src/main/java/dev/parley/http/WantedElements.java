// SPDX-License-Identifier: Apache-2.0
package dev.parley.http;

import ca.uhn.fhir.context.BaseRuntimeChildDefinition;
import ca.uhn.fhir.context.BaseRuntimeDeclaredChildDefinition;
import ca.uhn.fhir.context.FhirContext;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.Resource;

/**
 * What {@code _elements} leaves: the elements that it names, those that are mandatory, and
 * those that change what the others mean. HAPI leaves the first only, and a message without its
 * status reads as if it had been sent.
 */
final class WantedElements {
  private WantedElements() {}

  /**
   * In HAPI's notation.
   *
   * @param values of the parameter: {@code sent,sender} or {@code Communication.sent}
   */
  static Set<String> of(FhirContext fhir, String[] values, Resource answer) {
    List<String> named =
        Arrays.stream(values)
            .flatMap(value -> Arrays.stream(value.split(",")))
            .map(String::strip)
            .filter(name -> !name.isEmpty())
            .toList();
    Set<String> wanted = new HashSet<>();
    named.forEach(name -> wanted.add(isQualified(name) ? name : "*." + name));
    boolean all = named.stream().anyMatch(name -> !isQualified(name));
    types(answer)
        .distinct()
        .filter(type -> all || named.stream().anyMatch(name -> name.startsWith(type + ".")))
        .forEach(type -> wanted.addAll(kept(fhir, type)));
    return wanted;
  }

  private static boolean isQualified(String name) {
    return Character.isUpperCase(name.charAt(0));
  }

  private static Stream<String> types(Resource answer) {
    return answer instanceof Bundle bundle
        ? bundle.getEntry().stream()
            .map(e -> e.getResource())
            .filter(r -> r != null)
            .map(Resource::fhirType)
        : Stream.of(answer.fhirType());
  }

  private static List<String> kept(FhirContext fhir, String type) {
    return fhir.getResourceDefinition(type).getChildren().stream()
        .filter(
            child ->
                child.getMin() > 0
                    || child instanceof BaseRuntimeDeclaredChildDefinition declared
                        && declared.isModifier())
        .map(BaseRuntimeChildDefinition::getElementName)
        .map(name -> type + "." + name)
        .toList();
  }
}
