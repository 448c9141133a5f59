// SPDX-License-Identifier: Apache-2.0
package dev.parley.wording;

import ca.uhn.fhir.rest.annotation.IdParam;
import ca.uhn.fhir.rest.annotation.Operation;
import ca.uhn.fhir.rest.annotation.OperationParam;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import dev.parley.access.Refusal;
import dev.parley.feature.EditedList;
import dev.parley.feature.Tools;
import dev.parley.store.Codes;
import java.util.List;
import org.hl7.fhir.r4.model.CodeSystem;
import org.hl7.fhir.r4.model.CodeType;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.Extension;
import org.hl7.fhir.r4.model.IdType;
import org.hl7.fhir.r4.model.IntegerType;
import org.hl7.fhir.r4.model.OperationOutcome;
import org.hl7.fhir.r4.model.OperationOutcome.IssueSeverity;
import org.hl7.fhir.r4.model.OperationOutcome.IssueType;
import org.hl7.fhir.r4.model.OperationOutcome.OperationOutcomeIssueComponent;
import org.hl7.fhir.r4.model.StringType;

/** {@code $check-wording} (H-24): what may be read wrongly, before anything is sent or stored. */
public final class CheckWordingOperation {
  static final String FINDING = Codes.EXTENSIONS + "wording-finding";
  private static final String SYSTEM = Codes.SYSTEMS + "wording";
  private static final int LONGEST = 1_000_000;

  private final Tools tools;
  private final EditedList<WordingList> list;

  CheckWordingOperation(Tools tools, EditedList<WordingList> list) {
    this.tools = tools;
    this.list = list;
  }

  /** Of a text. */
  @Operation(name = "$check-wording", canonicalUrl = Codes.OPERATIONS + "check-wording")
  public OperationOutcome text(
      @OperationParam(name = "text", min = 1) StringType text,
      @OperationParam(name = "language") CodeType language) {
    if (text == null || text.isEmpty()) {
      throw Refusal.unprocessable("required", "text", "Give the \"text\" to look at");
    }
    OperationOutcome outcome = new OperationOutcome();
    check(outcome, text, language == null ? null : language.getValue(), null);
    return answer(outcome);
  }

  /** Of a message that is given, or of one that is stored: a draft, say. */
  @Operation(
      name = "$check-wording",
      typeName = "Communication",
      canonicalUrl = Codes.OPERATIONS + "check-wording")
  public OperationOutcome message(
      @IdParam(optional = true) IdType id,
      @OperationParam(name = "resource") Communication given,
      RequestDetails request) {
    if (given == null && id == null) {
      throw Refusal.unprocessable("required", "resource", "Give the Communication to look at");
    }
    Communication message =
        given != null
            ? given
            : tools
                .chart()
                .parse(
                    tools.as(request).read("Communication", id.getIdPart()), Communication.class);
    OperationOutcome outcome = new OperationOutcome();
    for (int i = 0; i < message.getPayload().size(); i++) {
      if (message.getPayload().get(i).getContent() instanceof StringType text) {
        check(
            outcome, text, message.getLanguage(), "Communication.payload[%d].content".formatted(i));
      }
    }
    return answer(outcome);
  }

  /** The list in force, with what the hospital has changed: to look at, and to begin from. */
  @Operation(
      name = "$wording-list",
      idempotent = true,
      canonicalUrl = Codes.OPERATIONS + "wording-list")
  public CodeSystem list() {
    return list.resource();
  }

  private void check(OperationOutcome outcome, StringType text, String language, String where) {
    if (text.getValue().length() > LONGEST) {
      throw Refusal.tooLarge("A text has a million characters at the most");
    }
    List<Finding> found = Checker.check(list.get(), text.getValue(), language);
    found.forEach(finding -> outcome.addIssue(issue(finding, where)));
  }

  private static OperationOutcomeIssueComponent issue(Finding finding, String where) {
    Entry entry = finding.entry();
    OperationOutcomeIssueComponent issue = new OperationOutcomeIssueComponent();
    issue.setSeverity(IssueSeverity.fromCode(entry.severity()));
    issue.setCode(IssueType.BUSINESSRULE);
    issue.getDetails().setText(finding.sentence());
    issue.getDetails().addCoding().setSystem(SYSTEM).setCode(entry.code());
    issue.setDiagnostics(finding.sentence());
    if (where != null) {
      issue.addExpression(where);
    }
    Extension extension = issue.addExtension().setUrl(FINDING);
    extension.addExtension("kind", new CodeType(entry.kind()));
    extension.addExtension("offset", new IntegerType(finding.offset()));
    extension.addExtension("length", new IntegerType(finding.length()));
    extension.addExtension("text", new StringType(finding.text()));
    if (entry.why() != null) {
      extension.addExtension("why", new StringType(entry.why()));
    }
    if (!entry.instead().isEmpty()) {
      extension.addExtension("instead", new StringType(entry.instead()));
    }
    return issue;
  }

  private static OperationOutcome answer(OperationOutcome outcome) {
    if (!outcome.hasIssue()) {
      outcome
          .addIssue()
          .setSeverity(IssueSeverity.INFORMATION)
          .setCode(IssueType.INFORMATIONAL)
          .setDiagnostics("Nothing that is known to be read wrongly");
    }
    return outcome;
  }
}
