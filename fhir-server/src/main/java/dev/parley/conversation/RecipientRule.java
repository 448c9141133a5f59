// SPDX-License-Identifier: Apache-2.0
package dev.parley.conversation;

import ca.uhn.fhir.rest.annotation.Operation;
import ca.uhn.fhir.rest.annotation.OperationParam;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import dev.parley.access.Caller;
import dev.parley.access.Notice;
import dev.parley.access.Refusal;
import dev.parley.feature.Tools;
import dev.parley.store.Change;
import dev.parley.store.Codes;
import dev.parley.store.Rule;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Set;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.OperationOutcome;
import org.hl7.fhir.r4.model.OperationOutcome.IssueSeverity;
import org.hl7.fhir.r4.model.OperationOutcome.IssueType;
import org.hl7.fhir.r4.model.Reference;

/**
 * Names, to staff, recipients who have nothing to do with the patient: with the answer of a
 * message, which goes out all the same, and before it by {@code $check-recipients}.
 */
public final class RecipientRule implements Rule {
  static final String CODE = "recipient-unrelated";
  private static final Set<String> PEOPLE = Set.of("Practitioner", "Patient", "RelatedPerson");

  private final Tools tools;
  private final Strangers strangers;

  RecipientRule(Tools tools, Strangers strangers) {
    this.tools = tools;
    this.strangers = strangers;
  }

  private static boolean concerns(Change change) {
    return change.caller().kind() == Caller.Kind.STAFF
        && change.after() instanceof Communication message
        && message.hasSubject()
        && !message.getRecipient().isEmpty()
        && !Recalled.is(message)
        && !(change.before() instanceof Communication before
            && before.getStatus() == message.getStatus()
            && before.getRecipient().size() == message.getRecipient().size());
  }

  @Override
  public boolean needsTransaction(Change change) {
    return concerns(change);
  }

  @Override
  public void afterWrite(Change change, Connection connection) throws SQLException {
    if (concerns(change)) {
      Communication message = (Communication) change.after();
      for (String who : among(connection, message.getSubject(), message.getRecipient())) {
        change.tell(
            Notice.warning(CODE, sentence(who, message.getSubject().getReference()))
                .at("Communication.recipient"));
      }
    }
  }

  private static String sentence(String who, String patient) {
    return "%s has no relation to %s: neither treats them nor is a proxy".formatted(who, patient);
  }

  private List<String> among(Connection connection, Reference subject, List<Reference> recipients)
      throws SQLException {
    String patient = tools.chart().local(subject).orElse("");
    List<String> people =
        recipients.stream()
            .flatMap(r -> tools.chart().local(r).stream())
            .filter(who -> PEOPLE.contains(who.substring(0, who.indexOf('/'))))
            .toList();
    return !patient.startsWith("Patient/") || people.isEmpty()
        ? List.of()
        : strangers.among(connection, patient, people, tools.clock().instant());
  }

  /**
   * Answers a warning for each recipient who has nothing to do with the subject; stores nothing.
   *
   * @param subject the patient, whom the caller may see
   */
  @Operation(
      name = "$check-recipients",
      typeName = "Communication",
      canonicalUrl = Codes.OPERATIONS + "message-check-recipients")
  public OperationOutcome check(
      @OperationParam(name = "subject") Reference subject,
      @OperationParam(name = "recipient") List<Reference> recipients,
      RequestDetails request) {
    Caller caller = tools.caller().apply(request);
    if (caller.kind() != Caller.Kind.STAFF && !caller.isSystem()) {
      throw Refusal.forbidden("not-staff", "Who treats a patient is told to staff only");
    }
    String patient = tools.chart().local(subject).orElse("");
    if (!patient.startsWith("Patient/") || recipients == null || recipients.isEmpty()) {
      throw Refusal.invalid(
          "recipients-missing", "Give the patient as subject, and each recipient, as references");
    }
    tools.as(request).read("Patient", patient.substring("Patient/".length()));
    OperationOutcome answer = new OperationOutcome();
    new Sender(tools)
        .inside(connection -> among(connection, subject, recipients))
        .forEach(
            who -> {
              OperationOutcome.OperationOutcomeIssueComponent issue = answer.addIssue();
              issue.setSeverity(IssueSeverity.WARNING).setCode(IssueType.BUSINESSRULE);
              issue.setDiagnostics(sentence(who, patient));
              issue
                  .getDetails()
                  .setText(sentence(who, patient))
                  .addCoding()
                  .setSystem(Codes.NOTICES)
                  .setCode(CODE);
            });
    if (!answer.hasIssue()) {
      answer
          .addIssue()
          .setSeverity(IssueSeverity.INFORMATION)
          .setCode(IssueType.INFORMATIONAL)
          .setDiagnostics("Every recipient has to do with the patient");
    }
    return answer;
  }
}
