// SPDX-License-Identifier: Apache-2.0
package dev.parley.http;

import ca.uhn.fhir.context.FhirContext;
import dev.parley.access.Notice;
import dev.parley.store.Codes;
import dev.parley.store.Draft;
import java.util.List;
import java.util.stream.Collectors;
import org.hl7.fhir.r4.model.CodeType;
import org.hl7.fhir.r4.model.DomainResource;
import org.hl7.fhir.r4.model.Extension;
import org.hl7.fhir.r4.model.OperationOutcome;
import org.hl7.fhir.r4.model.OperationOutcome.IssueSeverity;
import org.hl7.fhir.r4.model.OperationOutcome.IssueType;
import org.hl7.fhir.r4.model.Resource;
import org.hl7.fhir.r4.model.StringType;

/**
 * What rules tell the writer, in each form of answer: issues of an OperationOutcome, an extension
 * {@code notice} of the resource that is answered (and never stored), and a header with the codes.
 */
final class Notices {
  static final String HEADER = "Parley-Notice";

  private Notices() {}

  static void add(OperationOutcome outcome, List<Notice> notices) {
    for (Notice notice : notices) {
      OperationOutcome.OperationOutcomeIssueComponent issue = outcome.addIssue();
      issue.setSeverity(IssueSeverity.fromCode(notice.severity()));
      issue.setCode(IssueType.INFORMATIONAL);
      issue
          .getDetails()
          .setText(notice.text())
          .addCoding()
          .setSystem(Codes.NOTICES)
          .setCode(notice.code());
      issue.setDiagnostics(notice.text());
      if (notice.expression() != null) {
        issue.addExpression(notice.expression());
      }
    }
  }

  /** The resource of an answer with what its writer is told. */
  static String on(String json, List<Notice> notices, FhirContext fhir) {
    if (json == null || notices.isEmpty()) {
      return json;
    }
    Resource resource = (Resource) fhir.newJsonParser().parseResource(json);
    if (resource instanceof DomainResource answer) {
      notices.forEach(notice -> answer.addExtension(extension(notice)));
    }
    return fhir.newJsonParser().encodeResourceToString(resource);
  }

  private static Extension extension(Notice notice) {
    Extension extension = new Extension(Codes.NOTICE);
    extension.addExtension("severity", new CodeType(notice.severity()));
    extension.addExtension("code", new CodeType(notice.code()));
    extension.addExtension("text", new StringType(notice.text()));
    if (notice.expression() != null) {
      extension.addExtension("expression", new StringType(notice.expression()));
    }
    return extension;
  }

  static String codes(List<Notice> notices) {
    return notices.stream().map(Notice::code).distinct().collect(Collectors.joining(", "));
  }

  /** A client that writes back what it was answered does not write what it was told. */
  static Draft without(Draft draft, FhirContext fhir) {
    if (!draft.text().contains(Codes.NOTICE)
        || !(draft.resource() instanceof DomainResource given)) {
      return draft;
    }
    boolean told = given.getExtension().removeIf(e -> Codes.NOTICE.equals(e.getUrl()));
    return told ? Draft.of(draft.resource(), fhir) : draft;
  }
}
