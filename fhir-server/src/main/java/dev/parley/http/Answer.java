// SPDX-License-Identifier: Apache-2.0
package dev.parley.http;

import ca.uhn.fhir.rest.api.server.RequestDetails;
import dev.parley.access.Notice;
import dev.parley.store.StoredResource;
import java.util.List;

/**
 * What a provider method wants sent: finished JSON, made from stored text. It rides on the request,
 * past HAPI, to {@link AnswerInterceptor}.
 *
 * @param json the body, or null for none
 * @param stored the resource that the body is, for ETag and Last-Modified; null for a Bundle
 * @param written true for the answer of a create, update, patch or delete: Prefer applies
 * @param notices what the writer is told besides
 */
record Answer(
    int status, String json, StoredResource stored, boolean written, List<Notice> notices) {
  private static final String ATTRIBUTE = "parley.answer";

  static Answer resource(StoredResource stored) {
    return new Answer(200, stored.json(), stored, false, List.of());
  }

  static Answer json(String json) {
    return new Answer(200, json, null, false, List.of());
  }

  void on(RequestDetails request) {
    request.getUserData().put(ATTRIBUTE, this);
  }

  static Answer of(RequestDetails request) {
    return request == null ? null : (Answer) request.getUserData().get(ATTRIBUTE);
  }
}
