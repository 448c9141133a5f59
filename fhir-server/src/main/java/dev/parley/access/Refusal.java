// SPDX-License-Identifier: Apache-2.0
package dev.parley.access;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A "no": HTTP status, FHIR issue type, a stable reason that programs may rely on, and a sentence
 * that names the thing and the way out. The sentence holds ids only, never content.
 */
public final class Refusal extends RuntimeException {
  private final int status;
  private final String issue;
  private final String reason;
  private final String expression;
  private final transient Map<String, String> headers;
  private final transient List<Notice> notices;
  private String about;
  private boolean traced;

  private Refusal(
      int status,
      String issue,
      String reason,
      String sentence,
      String expression,
      Map<String, String> headers,
      List<Notice> notices) {
    super(sentence, null, false, false);
    this.status = status;
    this.issue = issue;
    this.reason = reason;
    this.expression = expression;
    this.headers = headers;
    this.notices = notices;
  }

  /** 400: the request itself cannot be read. */
  public static Refusal invalid(String reason, String sentence) {
    return of(400, "invalid", reason, sentence);
  }

  /** 400: the server does not do this (a parameter, a modifier, an interaction). */
  public static Refusal notSupported(String reason, String sentence) {
    return of(400, "not-supported", reason, sentence);
  }

  public static Refusal forbidden(String reason, String sentence) {
    return of(403, "forbidden", reason, sentence);
  }

  /** 404; also for what exists but must not be known to exist. */
  public static Refusal notFound(String what) {
    return of(404, "not-found", "not-found", what + " is not known");
  }

  public static Refusal gone(String what) {
    return of(410, "deleted", "deleted", what + " was deleted");
  }

  public static Refusal notAllowed(String reason, String sentence) {
    return of(405, "not-supported", reason, sentence);
  }

  public static Refusal conflict(String reason, String sentence) {
    return of(409, "conflict", reason, sentence);
  }

  /** 412: a condition in the request does not hold. */
  public static Refusal precondition(String reason, String sentence) {
    return of(412, reason.equals("multiple-matches") ? reason : "conflict", reason, sentence);
  }

  public static Refusal tooLarge(String sentence) {
    return of(413, "too-long", "too-large", sentence);
  }

  /** 422: understood, and against a rule. */
  public static Refusal unprocessable(String issue, String reason, String sentence) {
    return of(422, issue, reason, sentence);
  }

  /** 503: not now; the client may try the same again after the given seconds. */
  public static Refusal unavailable(String reason, String sentence, int retryAfterSeconds) {
    return new Refusal(
        503,
        "transient",
        reason,
        sentence,
        null,
        Map.of("Retry-After", String.valueOf(retryAfterSeconds)),
        List.of());
  }

  public static Refusal of(int status, String issue, String reason, String sentence) {
    return new Refusal(status, issue, reason, sentence, null, Map.of(), List.of());
  }

  private Refusal same(String where, Map<String, String> more, List<Notice> besides) {
    Refusal same = new Refusal(status, issue, reason, getMessage(), where, more, besides);
    same.about = about;
    same.traced = traced;
    return same;
  }

  /** The same refusal, pointing at an element by FHIRPath. */
  public Refusal at(String fhirPath) {
    return same(fhirPath, headers, notices);
  }

  /** The same refusal with a header for the client: Allow, WWW-Authenticate. */
  public Refusal with(String header, String value) {
    Map<String, String> more = new HashMap<>(headers);
    more.put(header, value);
    return same(expression, Map.copyOf(more), notices);
  }

  /** The same refusal with what the writer is to be told besides. */
  public Refusal telling(List<Notice> besides) {
    return besides.isEmpty() ? this : same(expression, headers, besides);
  }

  /** Further issues of the answer. */
  public List<Notice> notices() {
    return notices;
  }

  public int status() {
    return status;
  }

  /** A code of {@code http://hl7.org/fhir/issue-type}. */
  public String issue() {
    return issue;
  }

  /** Stable across releases, lower case with hyphens. */
  public String reason() {
    return reason;
  }

  /** FHIRPath of the element, or null. */
  public String expression() {
    return expression;
  }

  public Map<String, String> headers() {
    return headers;
  }

  /**
   * Which of several writes it is, so that a transaction's answer can name the entry; the first
   * that says so is right.
   *
   * @param reference Type/id
   */
  public Refusal about(String reference) {
    about = about == null ? reference : about;
    return this;
  }

  /** Type/id of the write that it is about, or null. */
  public String about() {
    return about;
  }

  /** It is in the audit trail now: no other door writes it there again. */
  public void traced() {
    traced = true;
  }

  public boolean isTraced() {
    return traced;
  }
}
