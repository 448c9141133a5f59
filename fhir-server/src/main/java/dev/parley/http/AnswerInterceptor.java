// SPDX-License-Identifier: Apache-2.0
package dev.parley.http;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.FhirVersionEnum;
import ca.uhn.fhir.interceptor.api.Hook;
import ca.uhn.fhir.interceptor.api.Interceptor;
import ca.uhn.fhir.interceptor.api.Pointcut;
import ca.uhn.fhir.parser.IParser;
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
import java.util.Set;
import java.util.stream.Collectors;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.OperationOutcome;
import org.hl7.fhir.r4.model.Resource;

/**
 * Sends stored JSON as it is, without HAPI's model in between. What needs the model (XML, _summary,
 * _elements) is parsed here and goes HAPI's way.
 */
@Interceptor
public final class AnswerInterceptor {
  private static final DateTimeFormatter HTTP_DATE =
      DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.ENGLISH)
          .withZone(ZoneOffset.UTC);

  /** A-106; HAPI cuts the entries of a Bundle like this, but not a resource that is read. */
  private static final Set<String> TEXT = Set.of("id", "meta", "text", "(mandatory)");

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
    String json = body(request, answer);
    if (json != null) {
      write(request, json, response);
    }
    return false;
  }

  private void write(RequestDetails request, String json, HttpServletResponse response)
      throws IOException {
    String type = Constants.CT_FHIR_JSON_NEW;
    String text = json;
    if (needsModel(request)) {
      // Not by HAPI's own writer: for _summary=text it sends bare HTML.
      IParser parser = RestfulServerUtils.getNewParser(fhir, FhirVersionEnum.R4, request);
      Resource resource = (Resource) fhir.newJsonParser().parseResource(json);
      if (onlyText(request) && !(resource instanceof Bundle)) {
        String root = resource.fhirType();
        parser.setEncodeElementsAppliesToChildResourcesOnly(false);
        parser.setEncodeElements(
            TEXT.stream().map(element -> root + "." + element).collect(Collectors.toSet()));
      }
      if (set(request, Constants.PARAM_ELEMENTS)) {
        parser.setEncodeElements(
            WantedElements.of(
                fhir, request.getParameters().get(Constants.PARAM_ELEMENTS), resource));
      }
      type = parser.getEncoding().getResourceContentTypeNonLegacy();
      text = parser.encodeResourceToString(resource);
    } else if (RestfulServerUtils.prettyPrintResponse(request.getServer(), request)) {
      text = ResourceText.pretty(json);
    }
    byte[] body = text.getBytes(StandardCharsets.UTF_8);
    response.setContentType(type + ";charset=UTF-8");
    response.setContentLength(body.length);
    response.getOutputStream().write(body);
  }

  private static void headers(RequestDetails request, Answer answer, HttpServletResponse response) {
    StoredResource stored = answer.stored();
    if (stored == null) {
      return;
    }
    response.setHeader(Constants.HEADER_ETAG, "W/\"" + stored.etag() + "\"");
    response.setHeader(Constants.HEADER_LAST_MODIFIED, HTTP_DATE.format(stored.updated()));
    if (!answer.notices().isEmpty()) {
      response.setHeader(Notices.HEADER, Notices.codes(answer.notices()));
    }
    if (answer.written() && !stored.deleted()) {
      String location =
          request.getFhirServerBase() + "/" + stored.reference() + "/_history/" + stored.version();
      response.setHeader(Constants.HEADER_LOCATION, location);
      response.setHeader(Constants.HEADER_CONTENT_LOCATION, location);
    }
  }

  /** representation unless the client says otherwise. */
  private String body(RequestDetails request, Answer answer) {
    String prefer = String.valueOf(request.getHeader(Constants.HEADER_PREFER));
    if (!answer.written()) {
      return answer.json();
    }
    if (!prefer.contains("return=")) {
      return Notices.on(answer.json(), answer.notices(), fhir);
    }
    if (prefer.contains("return=minimal")) {
      return null;
    }
    return prefer.contains("return=OperationOutcome") && answer.stored() != null
        ? fhir.newJsonParser().encodeResourceToString(outcome(answer))
        : Notices.on(answer.json(), answer.notices(), fhir);
  }

  private static OperationOutcome outcome(Answer answer) {
    OperationOutcome outcome = new OperationOutcome();
    StoredResource stored = answer.stored();
    outcome
        .addIssue()
        .setSeverity(OperationOutcome.IssueSeverity.INFORMATION)
        .setCode(OperationOutcome.IssueType.INFORMATIONAL)
        .setDiagnostics(stored.reference() + " has version " + stored.version());
    Notices.add(outcome, answer.notices());
    return outcome;
  }

  private static boolean needsModel(RequestDetails request) {
    return RestfulServerUtils.determineResponseEncodingWithDefault(request).getEncoding()
            != EncodingEnum.JSON
        || set(request, Constants.PARAM_ELEMENTS)
        || (set(request, Constants.PARAM_SUMMARY)
            && !request.getParameters().get(Constants.PARAM_SUMMARY)[0].equals("false"));
  }

  private static boolean onlyText(RequestDetails request) {
    return set(request, Constants.PARAM_SUMMARY)
        && request.getParameters().get(Constants.PARAM_SUMMARY)[0].equals("text");
  }

  private static boolean set(RequestDetails request, String parameter) {
    String[] values = request.getParameters().get(parameter);
    return values != null && values.length > 0 && !values[0].isEmpty();
  }
}
