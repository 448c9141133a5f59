// SPDX-License-Identifier: Apache-2.0
package dev.parley.http;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.rest.api.EncodingEnum;
import ca.uhn.fhir.rest.api.RequestTypeEnum;
import ca.uhn.fhir.rest.server.HardcodedServerAddressStrategy;
import ca.uhn.fhir.rest.server.IServerConformanceProvider;
import ca.uhn.fhir.rest.server.RestfulServer;
import dev.parley.access.Refusal;
import dev.parley.store.ResourceTypes;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * HAPI's RestfulServer over the store. A type's provider is registered when the type is first asked
 * for: scanning all 146 at the start would cost more than the start itself.
 */
public final class FhirServlet extends RestfulServer {
  private static final long serialVersionUID = 1L;

  private final transient ResourceTypes types;
  private final transient Interactions interactions;
  private final transient Routes routes;
  private final Set<String> registered = ConcurrentHashMap.newKeySet();

  /**
   * @param base where clients see this servlet; empty takes it from each request
   * @param providers plain providers and operations
   */
  FhirServlet(
      FhirContext fhir,
      String base,
      ResourceTypes types,
      Interactions interactions,
      Routes routes,
      IServerConformanceProvider<?> capability,
      List<?> providers,
      List<?> interceptors) {
    super(fhir);
    this.types = types;
    this.interactions = interactions;
    this.routes = routes;
    setServerName("Parley");
    if (capability != null) {
      setServerConformanceProvider(capability);
    }
    if (!base.isEmpty()) {
      setServerAddressStrategy(new HardcodedServerAddressStrategy(base));
    }
    setDefaultResponseEncoding(EncodingEnum.JSON);
    providers.forEach(this::registerProvider);
    interceptors.forEach(this::registerInterceptor);
  }

  @Override
  protected void handleRequest(
      RequestTypeEnum method, HttpServletRequest request, HttpServletResponse response)
      throws ServletException, IOException {
    try {
      MediaTypes.check(request);
    } catch (Refusal refusal) {
      refuse(refusal, response);
      return;
    }
    HttpServletRequest routed = routes.route(request);
    String type = Routes.firstSegment(routed);
    if (types.knows(type) && !registered.contains(type)) {
      register(type);
    }
    super.handleRequest(method, routed, response);
  }

  /** Said before HAPI knows of the request. */
  private void refuse(Refusal refusal, HttpServletResponse response) throws IOException {
    response.setStatus(refusal.status());
    refusal.headers().forEach(response::setHeader);
    response.setContentType("application/fhir+json;charset=UTF-8");
    response
        .getWriter()
        .write(
            getFhirContext()
                .newJsonParser()
                .encodeResourceToString(ErrorInterceptor.outcome(refusal)));
  }

  private synchronized void register(String type) {
    if (!registered.contains(type)) {
      registerProvider(new ResourceProvider(type, getFhirContext(), interactions));
      registered.add(type);
    }
  }
}
