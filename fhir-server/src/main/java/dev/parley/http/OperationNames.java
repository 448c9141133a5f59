// SPDX-License-Identifier: Apache-2.0
package dev.parley.http;

import ca.uhn.fhir.interceptor.api.Hook;
import ca.uhn.fhir.interceptor.api.Interceptor;
import ca.uhn.fhir.interceptor.api.Pointcut;
import ca.uhn.fhir.rest.annotation.Operation;
import ca.uhn.fhir.rest.annotation.OperationParam;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import dev.parley.access.Refusal;
import java.lang.reflect.Method;
import java.lang.reflect.Parameter;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.hl7.fhir.r4.model.Parameters;
import org.hl7.fhir.r4.model.Parameters.ParametersParameterComponent;

/**
 * Refuses a parameter that an operation does not know: a name that is misspelt would change what it
 * does and nobody would be told ({@code History} for {@code history} shows a newcomer all of the
 * past). An operation that declares no parameters reads the request itself.
 */
@Interceptor
public final class OperationNames {
  private final Map<String, Set<String>> known = new HashMap<>();

  OperationNames(List<?> providers) {
    for (Object provider : providers) {
      for (Method method : provider.getClass().getMethods()) {
        Operation operation = method.getAnnotation(Operation.class);
        if (operation != null) {
          String name =
              operation.name().startsWith("$") ? operation.name() : "$" + operation.name();
          known.computeIfAbsent(name, n -> new TreeSet<>()).addAll(declared(method));
        }
      }
    }
    known.values().removeIf(Set::isEmpty);
  }

  private static List<String> declared(Method method) {
    return Stream.of(method.getParameters())
        .map((Parameter p) -> p.getAnnotation(OperationParam.class))
        .filter(p -> p != null)
        .map(OperationParam::name)
        .toList();
  }

  /**
   * @throws Refusal 400 naming what it does not know, and what it does
   */
  @Hook(Pointcut.SERVER_INCOMING_REQUEST_PRE_HANDLED)
  public void check(RequestDetails request) {
    Set<String> names = request.getOperation() == null ? null : known.get(request.getOperation());
    if (names == null) {
      return;
    }
    for (String each : request.getParameters().keySet()) {
      // Those of every request, and those that page.
      if (!each.startsWith("_")) {
        check(request.getOperation(), each, names);
      }
    }
    if (request.getResource() instanceof Parameters body) {
      for (ParametersParameterComponent each : body.getParameter()) {
        if (!String.valueOf(each.getName()).startsWith("_")) {
          check(request.getOperation(), each.getName(), names);
        }
      }
    }
  }

  private static void check(String operation, String asked, Set<String> names) {
    if (!names.contains(asked)) {
      throw Refusal.notSupported(
          "unknown-parameter",
          "%s does not know the parameter %s; it takes %s"
              .formatted(operation, asked, String.join(", ", names)));
    }
  }
}
