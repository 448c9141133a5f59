// SPDX-License-Identifier: Apache-2.0
package dev.parley.http;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.interceptor.api.Hook;
import ca.uhn.fhir.interceptor.api.Interceptor;
import ca.uhn.fhir.interceptor.api.Pointcut;
import ca.uhn.fhir.rest.api.Constants;
import ca.uhn.fhir.rest.api.EncodingEnum;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import ca.uhn.fhir.rest.api.server.ResponseDetails;
import ca.uhn.fhir.rest.server.RestfulServerUtils;
import dev.parley.store.ResourceText;
import dev.parley.store.StoredResource;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/**
 * Sends stored JSON as it is, without HAPI's model in between. What needs the model (XML, _summary,
 * _elements) is parsed here and goes HAPI's way.
 */
@Interceptor
public final class AnswerInterceptor {
  private static final DateTimeFormatter HTTP_DATE =
      DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.ENGLISH)
          .withZone(ZoneOffset.UTC);

  private final FhirContext fhir;

  AnswerInterceptor(FhirContext fhir) {
    this.fhir = fhir;
  }

  @Hook(Pointcut.SERVER_OUTGOING_RESPONSE)
  public boolean send(RequestDetails request, ResponseDetails details, HttpServletResponse response)
      throws IOException {
    Answer answer = Answer.of(request);
    if (answer == null) {
      return true;
    }
    response.setStatus(answer.status());
    headers(request, answer, response);
    if (answer.written() && !wantsBody(request, answer)) {
      return false;
    }
    if (answer.json() == null) {
      return false;
    }
    if (needsModel(request)) {
      details.setResponseResource(fhir.newJsonParser().parseResource(answer.json()));
      details.setResponseCode(answer.status());
      return true;
    }
    boolean pretty = RestfulServerUtils.prettyPrintResponse(request.getServer(), request);
    byte[] body =
        (pretty ? ResourceText.pretty(answer.json()) : answer.json())
            .getBytes(StandardCharsets.UTF_8);
    response.setContentType(Constants.CT_FHIR_JSON_NEW + ";charset=UTF-8");
    response.setContentLength(body.length);
    response.getOutputStream().write(body);
    return false;
  }

  private static void headers(RequestDetails request, Answer answer, HttpServletResponse response) {
    StoredResource stored = answer.stored();
    if (stored == null) {
      return;
    }
    response.setHeader(Constants.HEADER_ETAG, "W/\"" + stored.version() + "\"");
    response.setHeader(Constants.HEADER_LAST_MODIFIED, HTTP_DATE.format(stored.updated()));
    if (answer.written() && !stored.deleted()) {
      String location =
          request.getFhirServerBase() + "/" + stored.reference() + "/_history/" + stored.version();
      response.setHeader(Constants.HEADER_LOCATION, location);
      response.setHeader(Constants.HEADER_CONTENT_LOCATION, location);
    }
  }

  /** representation unless the client says otherwise. */
  private static boolean wantsBody(RequestDetails request, Answer answer) {
    return answer.json() != null
        && !String.valueOf(request.getHeader(Constants.HEADER_PREFER)).contains("return=minimal");
  }

  private static boolean needsModel(RequestDetails request) {
    return RestfulServerUtils.determineResponseEncodingWithDefault(request).getEncoding()
            != EncodingEnum.JSON
        || set(request, Constants.PARAM_ELEMENTS)
        || (set(request, Constants.PARAM_SUMMARY)
            && !request.getParameters().get(Constants.PARAM_SUMMARY)[0].equals("false"));
  }

  private static boolean set(RequestDetails request, String parameter) {
    String[] values = request.getParameters().get(parameter);
    return values != null && values.length > 0 && !values[0].isEmpty();
  }
}
