// SPDX-License-Identifier: Apache-2.0
package dev.parley.http;

import ca.uhn.fhir.interceptor.api.Hook;
import ca.uhn.fhir.interceptor.api.Interceptor;
import ca.uhn.fhir.interceptor.api.Pointcut;
import ca.uhn.fhir.parser.DataFormatException;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import ca.uhn.fhir.rest.server.exceptions.BaseServerResponseException;
import ca.uhn.fhir.rest.server.exceptions.NotModifiedException;
import dev.parley.access.Refusal;
import dev.parley.db.Outage;
import dev.parley.store.Codes;
import org.hl7.fhir.r4.model.OperationOutcome;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Turns whatever escapes into one OperationOutcome (A-9, A-112 to A-115). */
@Interceptor
public final class ErrorInterceptor {
  private static final Logger LOG = LoggerFactory.getLogger(ErrorInterceptor.class);

  private final TrailInterceptor trail;

  ErrorInterceptor(TrailInterceptor trail) {
    this.trail = trail;
  }

  @Hook(Pointcut.SERVER_PRE_PROCESS_OUTGOING_EXCEPTION)
  public BaseServerResponseException answer(Throwable thrown, RequestDetails request) {
    if (thrown instanceof NotModifiedException notModified) {
      return notModified;
    }
    Refusal refusal = refusal(thrown, request == null ? "-" : request.getRequestId());
    try {
      trail.refused(refusal, request);
    } catch (Refusal unavailable) {
      return failure(unavailable);
    }
    return failure(refusal);
  }

  /** A refusal as HAPI's interceptors may throw it: others it logs as their faults. */
  static BaseServerResponseException failure(Refusal refusal) {
    Failure failure = new Failure(refusal);
    refusal.headers().forEach(failure::addResponseHeader);
    return failure;
  }

  /** What to say about anything thrown; a fault of ours is logged under the request's id. */
  static Refusal refusal(Throwable thrown, String requestId) {
    Refusal refusal = cause(thrown, Refusal.class);
    if (refusal != null) {
      return refusal;
    }
    if (thrown instanceof BaseServerResponseException hapi && hapi.getStatusCode() < 500) {
      return Refusal.of(hapi.getStatusCode(), issue(hapi.getStatusCode()), "request", plain(hapi));
    }
    DataFormatException format = cause(thrown, DataFormatException.class);
    if (format != null) {
      return Refusal.of(400, "structure", "not-valid", plain(format));
    }
    if (Outage.of(thrown).isPresent()) {
      return Refusal.unavailable("database-unavailable", "The database does not answer now", 5);
    }
    LOG.error("request {} failed", requestId, thrown);
    return Refusal.of(
        500, "exception", "fault", "Something went wrong here; it was logged as " + requestId);
  }

  static OperationOutcome outcome(Refusal refusal) {
    OperationOutcome outcome = new OperationOutcome();
    OperationOutcome.OperationOutcomeIssueComponent issue = outcome.addIssue();
    issue.setSeverity(OperationOutcome.IssueSeverity.ERROR);
    issue.setCode(OperationOutcome.IssueType.fromCode(refusal.issue()));
    issue
        .getDetails()
        .setText(refusal.getMessage())
        .addCoding()
        .setSystem(Codes.SYSTEMS + "refusal")
        .setCode(refusal.reason());
    issue.setDiagnostics(refusal.getMessage());
    if (refusal.expression() != null) {
      issue.addExpression(refusal.expression());
    }
    Notices.add(outcome, refusal.notices());
    return outcome;
  }

  private static <T extends Throwable> T cause(Throwable thrown, Class<T> type) {
    for (Throwable t = thrown; t != null; t = t.getCause()) {
      if (type.isInstance(t)) {
        return type.cast(t);
      }
    }
    return null;
  }

  /**
   * HAPI's message without its number, and without the values that it quotes: it may name elements
   * and types, but what somebody has sent is content, and error texts end in logs.
   */
  static String plain(Throwable e) {
    return String.valueOf(e.getMessage())
        .replaceAll("HAPI-\\d+: |(java\\.[\\w.]+|DataFormat)Exception:? ?", "")
        .replaceAll("(?s)(Invalid attribute value) \".*", "$1")
        .replaceAll(
            "(?s)Unrecognized token '.*?': was expecting", "Unrecognized token: was expecting")
        .replaceAll("(?s)(Unexpected character) \\('.*?' ", "$1 (")
        .replaceAll("(?s)(Numeric value) \\(.*?\\)", "$1");
  }

  /** A-114. */
  private static String issue(int status) {
    return switch (status) {
      case 401 -> "login";
      case 403 -> "forbidden";
      case 404 -> "not-found";
      case 405, 406, 415, 501 -> "not-supported";
      case 409, 412 -> "conflict";
      case 410 -> "deleted";
      case 413 -> "too-long";
      case 422 -> "business-rule";
      case 429 -> "throttled";
      default -> "invalid";
    };
  }

  /** HAPI's exceptions each have one status; this one has the refusal's. */
  private static final class Failure extends BaseServerResponseException {
    private static final long serialVersionUID = 1L;

    Failure(Refusal refusal) {
      super(refusal.status(), refusal.getMessage(), outcome(refusal));
      initCause(refusal);
    }
  }
}
