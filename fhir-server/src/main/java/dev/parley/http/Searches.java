// SPDX-License-Identifier: Apache-2.0
package dev.parley.http;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.rest.api.Constants;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import ca.uhn.fhir.rest.server.servlet.ServletRequestDetails;
import dev.parley.store.CallerStore;
import dev.parley.store.SearchPage;
import dev.parley.store.SearchRequest;
import dev.parley.store.StoredResource;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.hl7.fhir.r4.model.OperationOutcome;

/** Searches of a type, a compartment, the system: the query in, a searchset Bundle out (A.10). */
final class Searches {
  private static final int USUAL_LENGTH = 1_800;

  private final FhirContext fhir;

  Searches(FhirContext fhir) {
    this.fhir = fhir;
  }

  Answer answer(CallerStore store, String type, RequestDetails request) {
    Object scope =
        request instanceof ServletRequestDetails servlet
            ? servlet.getServletRequest().getAttribute(Routes.SCOPE)
            : null;
    Routes.Scope where = scope == null ? new Routes.Scope(type, null) : (Routes.Scope) scope;
    boolean lenient =
        String.valueOf(request.getHeader(Constants.HEADER_PREFER)).contains("handling=lenient");
    return Answer.json(
        bundle(store, where, request.getParameters(), !lenient, request.getFhirServerBase()));
  }

  /** The Bundle of one page. */
  String bundle(
      CallerStore store,
      Routes.Scope scope,
      Map<String, String[]> query,
      boolean strict,
      String base) {
    SearchPage page = store.search(scope.type(), scope.compartment(), query, strict);
    String self = self(scope, page, base);
    BundleText bundle =
        new BundleText(
                "searchset", USUAL_LENGTH * (page.matches().size() + page.includes().size()) + 500)
            .total(page.total())
            .links(self, link(self, page.previous()), link(self, page.next()));
    for (StoredResource match : page.matches()) {
      bundle.match(base, match, "match");
    }
    for (StoredResource include : page.includes()) {
      bundle.match(base, include, "include");
    }
    if (!page.warnings().isEmpty()) {
      bundle.outcome(warnings(page.warnings()));
    }
    return bundle.json();
  }

  /** the parameters that were acted upon, in GET form, whatever the request was. */
  private static String self(Routes.Scope scope, SearchPage page, String base) {
    String path =
        scope.compartment() == null
            ? (scope.type() == null ? "" : "/" + scope.type())
            : "/" + scope.compartment() + "/" + (scope.type() == null ? "*" : scope.type());
    String query =
        page.used().stream()
            .map(used -> encoded(used.name()) + "=" + encoded(used.value()))
            .collect(Collectors.joining("&"));
    return base + path + (query.isEmpty() ? "" : "?" + query);
  }

  private static String link(String self, String cursor) {
    return cursor == null
        ? null
        : self + (self.contains("?") ? "&" : "?") + SearchRequest.CURSOR + "=" + encoded(cursor);
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8)
        .replace("%3A", ":")
        .replace("%2C", ",")
        .replace("%2F", "/");
  }

  private String warnings(List<String> sentences) {
    OperationOutcome outcome = new OperationOutcome();
    for (String sentence : sentences) {
      outcome
          .addIssue()
          .setSeverity(OperationOutcome.IssueSeverity.WARNING)
          .setCode(OperationOutcome.IssueType.NOTSUPPORTED)
          .setDiagnostics(sentence);
    }
    return fhir.newJsonParser().encodeResourceToString(outcome);
  }
}
