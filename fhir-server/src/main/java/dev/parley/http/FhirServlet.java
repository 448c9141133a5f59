// SPDX-License-Identifier: Apache-2.0
package dev.parley.http;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.rest.api.Constants;
import ca.uhn.fhir.rest.api.EncodingEnum;
import ca.uhn.fhir.rest.api.RequestTypeEnum;
import ca.uhn.fhir.rest.server.HardcodedServerAddressStrategy;
import ca.uhn.fhir.rest.server.IServerConformanceProvider;
import ca.uhn.fhir.rest.server.RestfulServer;
import ca.uhn.fhir.rest.server.servlet.ServletRequestDetails;
import dev.parley.access.Caller;
import dev.parley.access.Origin;
import dev.parley.access.Refusal;
import dev.parley.attachment.Attachments;
import dev.parley.store.ResourceTypes;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;

/**
 * HAPI's RestfulServer over the store. A type's provider is registered when the type is first asked
 * for: scanning all 146 at the start would cost more than the start itself.
 */
public final class FhirServlet extends RestfulServer {
  private static final long serialVersionUID = 1L;
  private static final long REST_BYTES = 65_536;
  private static final Set<String> METHODS =
      Set.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS");
  private static final List<String> RAW_HEADERS =
      List.of(
          "ETag",
          "Last-Modified",
          "Accept-Ranges",
          "Content-Range",
          "Content-Length",
          "Content-Disposition");
  private static final String REQUEST_ID = "parley.request-id";

  /** The request's attribute that holds who asks. */
  static final String CALLER = "parley.caller";

  /** The request's attribute that holds where it came from. */
  static final String ORIGIN = "parley.origin";

  private final transient Function<HttpServletRequest, Caller> login;
  private final transient ResourceTypes known;
  private final transient Function<String, ResourceProvider> types;
  private final transient Routes routes;
  private final transient TrailInterceptor trail;
  private final transient Attachments attachments;
  private final long bodyLimit;
  private final Set<String> registered = ConcurrentHashMap.newKeySet();

  /**
   * @param base where clients see this servlet; empty takes it from each request
   * @param bodyLimit bytes of a request's body at the most
   * @param login finds out who asks; throws a Refusal for a token that is not good
   * @param trail records what the store does not see
   * @param types makes the provider of a type
   * @param attachments answers what is no FHIR: Binaries as bytes
   * @param providers plain providers and operations
   */
  FhirServlet(
      FhirContext fhir,
      String base,
      long bodyLimit,
      Function<HttpServletRequest, Caller> login,
      ResourceTypes known,
      Function<String, ResourceProvider> types,
      Routes routes,
      TrailInterceptor trail,
      Attachments attachments,
      IServerConformanceProvider<?> capability,
      List<?> providers,
      List<?> interceptors) {
    super(fhir);
    this.bodyLimit = bodyLimit;
    this.login = login;
    this.known = known;
    this.types = types;
    this.routes = routes;
    this.trail = trail;
    this.attachments = attachments;
    setServerName("Parley");
    // LimitedBody does, as far as the limit.
    setUncompressIncomingContents(false);
    if (capability != null) {
      setServerConformanceProvider(capability);
    }
    if (!base.isEmpty()) {
      setServerAddressStrategy(new HardcodedServerAddressStrategy(base));
    }
    setDefaultResponseEncoding(EncodingEnum.JSON);
    providers.forEach(this::registerProvider);
    interceptors.forEach(this::registerInterceptor);
    registerInterceptor(trail);
  }

  @Override
  protected void service(HttpServletRequest request, HttpServletResponse response)
      throws ServletException, IOException {
    try {
      if (METHODS.contains(request.getMethod())) {
        super.service(request, response);
      } else {
        addHeadersToResponse(response);
        refuse(Refusal.of(501, "not-supported", "method", "There is no such method"), response);
      }
    } finally {
      readRest(request, response);
    }
  }

  /**
   * Jetty closes a connection whose request was answered before all of it was read, and a client
   * that sends its next one there fails. What is short is read, therefore.
   */
  private static void readRest(HttpServletRequest request, HttpServletResponse response) {
    long length = request.getContentLengthLong();
    if (length <= 0 || length > REST_BYTES || request.getHeader("Expect") != null) {
      return;
    }
    try {
      ServletInputStream body = request.getInputStream();
      if (!body.isFinished()) {
        // Whoever waits for the answer before they send the rest has it.
        response.flushBuffer();
        body.skip(length);
      }
    } catch (IOException | IllegalStateException readAlready) {
      // To its end, or by a reader; or the client has gone.
    }
  }

  @Override
  protected void handleRequest(
      RequestTypeEnum method, HttpServletRequest request, HttpServletResponse response)
      throws ServletException, IOException {
    addHeadersToResponse(response);
    String requestId = getOrCreateRequestId(request);
    response.setHeader(Constants.HEADER_REQUEST_ID, requestId);
    Origin origin = new Origin(request.getRemoteAddr(), requestId);
    request.setAttribute(ORIGIN, origin);
    if ("/metadata".equals(request.getPathInfo())) {
      // Pages of any origin read it before anything else (E-21).
      response.setHeader("Access-Control-Allow-Origin", "*");
    }
    HttpServletRequest routed;
    try {
      request.setAttribute(CALLER, login.apply(request));
      Methods.check(request, known);
      if (attachments.raw().takes(request)) {
        raw(request, response, origin);
        return;
      }
      MediaTypes.check(request);
      routed = routes.route(LimitedBody.of(request, bodyLimit));
    } catch (Refusal refusal) {
      refuse(recorded(refusal, request, origin), response);
      return;
    }
    String type = Routes.firstSegment(routed);
    if (known.knows(type) && !registered.contains(type)) {
      register(type);
    }
    // Jetty leaves the body of a HEAD out; HAPI would not answer it for every GET.
    WholeResponse whole = new WholeResponse(response);
    try {
      super.handleRequest(
          method == RequestTypeEnum.HEAD ? RequestTypeEnum.GET : method, routed, whole);
    } finally {
      whole.finish();
    }
  }

  /** Bytes rather than FHIR; what goes wrong before the first of them is answered as everywhere. */
  private void raw(HttpServletRequest request, HttpServletResponse response, Origin origin)
      throws IOException {
    String base =
        getServerAddressStrategy()
            .determineServerBase(getServletContext(), request)
            .replaceAll("/+$", "");
    Caller caller = (Caller) request.getAttribute(CALLER);
    try {
      attachments.raw().serve(request, response, caller, origin, base);
    } catch (IOException | RuntimeException e) {
      if (response.isCommitted()) {
        // The client sees that it ends too early.
        throw e;
      }
      RAW_HEADERS.forEach(name -> response.setHeader(name, null));
      addHeadersToResponse(response);
      throw ErrorInterceptor.refusal(e, origin.request());
    }
  }

  /** Answers hold what only this caller may see, and are never a page. */
  @Override
  public void addHeadersToResponse(HttpServletResponse response) {
    response.setHeader("Cache-Control", "no-store");
    response.setHeader("X-Content-Type-Options", "nosniff");
    response.setHeader("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
    response.setHeader("Referrer-Policy", "no-referrer");
  }

  /** the client's, if it is one, so that both sides' logs can be joined. */
  @Override
  protected String getOrCreateRequestId(HttpServletRequest request) {
    if (request.getAttribute(REQUEST_ID) instanceof String known) {
      return known;
    }
    String given = request.getHeader(Constants.HEADER_REQUEST_ID);
    String id = given != null && given.matches("[A-Za-z0-9._-]{1,64}") ? given : newRequestId(16);
    request.setAttribute(REQUEST_ID, id);
    return id;
  }

  /** Has only to differ from others: HAPI draws each letter from the system's random source. */
  @Override
  protected String newRequestId(int length) {
    return Long.toUnsignedString(ThreadLocalRandom.current().nextLong() | 1L << 63, 36);
  }

  @Override
  protected void addRequestIdToResponse(ServletRequestDetails details, String requestId) {
    // It is there since the request came in.
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

  /** The refusal, or the one that takes its place because the trail cannot be written. */
  private Refusal recorded(Refusal refusal, HttpServletRequest request, Origin origin) {
    try {
      trail.refused(refusal, request, origin);
      return refusal;
    } catch (Refusal unavailable) {
      return unavailable;
    }
  }

  private synchronized void register(String type) {
    if (!registered.contains(type)) {
      registerProvider(types.apply(type));
      registered.add(type);
    }
  }
}
