// SPDX-License-Identifier: Apache-2.0
package dev.parley.http;

import ca.uhn.fhir.interceptor.api.Hook;
import ca.uhn.fhir.interceptor.api.Interceptor;
import ca.uhn.fhir.interceptor.api.Pointcut;
import ca.uhn.fhir.rest.api.RestOperationTypeEnum;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import dev.parley.access.Caller;
import dev.parley.access.Origin;
import dev.parley.access.Refusal;
import dev.parley.store.Trace;
import dev.parley.store.Trace.Action;
import dev.parley.store.Trail;
import jakarta.servlet.http.HttpServletRequest;
import java.util.List;
import java.util.Set;

/**
 * The audit rows of what does not go through the store: operations, before they begin, and requests
 * that were refused on the way to it.
 */
@Interceptor
public final class TrailInterceptor {
  private static final Set<RestOperationTypeEnum> OPERATIONS =
      Set.of(
          RestOperationTypeEnum.EXTENDED_OPERATION_INSTANCE,
          RestOperationTypeEnum.EXTENDED_OPERATION_TYPE,
          RestOperationTypeEnum.EXTENDED_OPERATION_SERVER);
  private static final Caller NOBODY =
      new Caller(
          "anonymous",
          "unknown",
          Caller.Kind.SYSTEM,
          dev.parley.access.Scopes.NONE,
          null,
          Set.of(),
          0,
          null,
          null);

  private final Trail trail;

  TrailInterceptor(Trail trail) {
    this.trail = trail;
  }

  @Hook(Pointcut.SERVER_INCOMING_REQUEST_PRE_HANDLED)
  public void operation(RequestDetails request, RestOperationTypeEnum kind) {
    if (OPERATIONS.contains(kind)) {
      trail.record(trace(request));
    }
  }

  /** Once for each refusal: what the store has recorded is left alone. */
  void refused(Refusal refusal, RequestDetails request) {
    if (request != null && isDenial(refusal)) {
      trail.refused(trace(request), refusal);
    }
  }

  /** Before HAPI knew of the request. */
  void refused(Refusal refusal, HttpServletRequest request, Origin origin) {
    if (isDenial(refusal)) {
      Object caller = request.getAttribute(FhirServlet.CALLER);
      String path = request.getPathInfo() == null ? "" : request.getPathInfo().substring(1);
      trail.refused(
          Trace.of(caller == null ? NOBODY : (Caller) caller, origin, action(request.getMethod()))
              .on(Routes.firstSegment(request), null, null)
              .asking(path.length() > 200 ? path.substring(0, 200) : path),
          refusal);
    }
  }

  private static boolean isDenial(Refusal refusal) {
    return refusal.status() == 401 || refusal.status() == 403;
  }

  private static Trace trace(RequestDetails request) {
    Caller caller = Interactions.caller(request);
    String id = request.getId() == null ? null : request.getId().getIdPart();
    boolean about = id != null && "Patient".equals(request.getResourceName());
    boolean operation = request.getOperation() != null && request.getOperation().startsWith("$");
    return Trace.of(
            caller == null ? NOBODY : caller,
            Interactions.origin(request),
            operation ? Action.OPERATION : action(request.getRequestType().name()))
        .on(request.getResourceName(), id, null)
        .asking(operation ? request.getOperation() : null)
        .about(about ? List.of(id) : List.of());
  }

  private static Action action(String method) {
    return switch (method) {
      case "POST" -> Action.CREATE;
      case "PUT" -> Action.UPDATE;
      case "PATCH" -> Action.PATCH;
      case "DELETE" -> Action.DELETE;
      default -> Action.READ;
    };
  }
}
