// SPDX-License-Identifier: Apache-2.0
package dev.parley.http;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.rest.api.Constants;
import ca.uhn.fhir.rest.api.PatchTypeEnum;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import ca.uhn.fhir.rest.server.exceptions.NotModifiedException;
import dev.parley.access.Caller;
import dev.parley.access.Origin;
import dev.parley.access.Refusal;
import dev.parley.attachment.Attachments;
import dev.parley.store.CallerStore;
import dev.parley.store.Draft;
import dev.parley.store.ResourceStore;
import dev.parley.store.Step;
import dev.parley.store.StoredResource;
import dev.parley.store.Written;
import java.util.List;
import org.hl7.fhir.r4.model.IdType;
import org.hl7.fhir.r4.model.Resource;

/** What each interaction of the REST API does, whatever the type (spec A.3 to A.8, A.10). */
final class Interactions {
  private final FhirContext fhir;
  private final ResourceStore store;
  private final Searches searches;
  private final Histories histories;
  private final Patches patches;
  private final Validation validation;
  private final Attachments attachments;

  Interactions(
      FhirContext fhir,
      ResourceStore store,
      Searches searches,
      Histories histories,
      Patches patches,
      Validation validation,
      Attachments attachments) {
    this.fhir = fhir;
    this.store = store;
    this.searches = searches;
    this.histories = histories;
    this.patches = patches;
    this.validation = validation;
    this.attachments = attachments;
  }

  private CallerStore as(RequestDetails request) {
    return store.as(caller(request), origin(request));
  }

  /** Who asks: the servlet has found it out before HAPI saw the request. */
  static Caller caller(RequestDetails request) {
    return (Caller) request.getAttribute(FhirServlet.CALLER);
  }

  /** Where the request came from. */
  static Origin origin(RequestDetails request) {
    return (Origin) request.getAttribute(FhirServlet.ORIGIN);
  }

  Answer read(String type, IdType id, RequestDetails request) {
    CallerStore mine = as(request);
    StoredResource stored =
        id.hasVersionIdPart()
            ? mine.readVersion(type, id.getIdPart(), id.getVersionIdPart())
            : mine.read(type, id.getIdPart());
    if (Freshness.unchanged(stored, request)) {
      NotModifiedException unchanged = new NotModifiedException("");
      unchanged.addResponseHeader(Constants.HEADER_ETAG, "W/\"" + stored.etag() + "\"");
      throw unchanged;
    }
    Answer answer =
        Answer.resource(isPart(request) ? stored : attachments.whole(mine.caller(), stored));
    answer.on(request);
    return answer;
  }

  /** Whether only some elements are asked for: the bytes of a Binary are not among them. */
  private static boolean isPart(RequestDetails request) {
    return request.getParameters().containsKey(Constants.PARAM_ELEMENTS)
        || request.getParameters().containsKey(Constants.PARAM_SUMMARY);
  }

  Answer create(Resource resource, String raw, String ifNoneExist, RequestDetails request) {
    return write(Step.create(draft(resource, raw, request), query(ifNoneExist)), request);
  }

  Answer update(
      Resource resource, String raw, IdType id, String condition, RequestDetails request) {
    requireTarget(id, condition);
    Draft draft = draft(resource, raw, request);
    String bodyId = bodyId(raw, request);
    Step step;
    if (bodyId != null && !bodyId.matches("[A-Za-z0-9\\-.]{1,64}")) {
      throw Refusal.invalid(
          "wrong-id", "An id has 1 to 64 of the characters A-Z, a-z, 0-9, minus and dot");
    }
    if (condition == null && !id.getIdPart().equals(bodyId)) {
      throw Refusal.invalid(
          "id-mismatch",
          bodyId == null
              ? "The body needs the id of the URL, " + id.getIdPart()
              : "The id of the body is " + bodyId + ", that of the URL " + id.getIdPart());
    }
    if (condition != null) {
      step = Step.update(draft, bodyId, ifMatch(request)).where(query(condition));
    } else {
      step = Step.update(draft, id.getIdPart(), ifMatch(request));
    }
    if ("*".equals(request.getHeader(Constants.HEADER_IF_NONE_MATCH))) {
      step = step.onlyIfNone();
    }
    return write(step, request);
  }

  Answer patch(
      String type,
      IdType id,
      PatchTypeEnum kind,
      String patch,
      String condition,
      RequestDetails request) {
    requireTarget(id, condition);
    Utf8.check(patch, request);
    Step step =
        Step.patch(
            type,
            id == null ? null : id.getIdPart(),
            stored -> validation.checked(patches.apply(caller(request), stored, kind, patch)),
            ifMatch(request));
    return write(condition == null ? step : step.where(query(condition)), request);
  }

  Answer delete(String type, IdType id, String condition, RequestDetails request) {
    requireTarget(id, condition);
    Step step = Step.delete(type, id == null ? null : id.getIdPart(), ifMatch(request));
    Written written = as(request).write(condition == null ? step : step.where(query(condition)));
    StoredResource gone = written.result() == Written.Result.CHANGED ? written.resource() : null;
    Answer answer = new Answer(204, null, gone, true, List.of());
    answer.on(request);
    return answer;
  }

  Answer search(String type, RequestDetails request) {
    return searches.answer(as(request), type, request);
  }

  Answer history(String type, String id, RequestDetails request) {
    return histories.answer(as(request), type, id, request);
  }

  private Answer write(Step step, RequestDetails request) {
    CallerStore mine = as(request);
    Answer answer = answer(mine, mine.write(step));
    answer.on(request);
    return answer;
  }

  private static Answer answer(CallerStore mine, Written written) {
    int status = written.result() == Written.Result.CREATED ? 201 : 200;
    String body = Shown.to(mine, written) ? written.resource().json() : null;
    return new Answer(status, body, written.resource(), true, written.notices());
  }

  private Draft draft(Resource resource, String raw, RequestDetails request) {
    Utf8.check(raw, request);
    Draft draft = isXml(request) ? Draft.of(resource, fhir) : Draft.ofJson(resource, raw);
    return validation.checked(Notices.without(draft, fhir));
  }

  /** As it was sent: HAPI puts that of the URL, or none, into the parsed resource. */
  private String bodyId(String raw, RequestDetails request) {
    return isXml(request)
        ? fhir.newXmlParser().parseResource(raw).getIdElement().getIdPart()
        : EntryTexts.rootText(raw, "id");
  }

  private static boolean isXml(RequestDetails request) {
    return String.valueOf(request.getHeader(Constants.HEADER_CONTENT_TYPE)).contains("xml");
  }

  /** what names nothing would mean everything. */
  private static void requireTarget(IdType id, String condition) {
    if (id == null && condition == null) {
      throw Refusal.precondition("empty-condition", "The URL needs an id or a condition");
    }
  }

  /** HAPI hands conditions over as "Type?query". */
  static String query(String condition) {
    if (condition == null) {
      return null;
    }
    String query = condition.substring(condition.indexOf('?') + 1);
    if (query.isBlank()) {
      throw Refusal.precondition("empty-condition", "A condition needs at least one parameter");
    }
    return query;
  }

  private static Integer ifMatch(RequestDetails request) {
    String header = request.getHeader(Constants.HEADER_IF_MATCH);
    return header == null ? null : version(header);
  }

  /** {@code W/"3"} (or {@code "3"}, or 3) as 3. */
  static Integer version(String etag) {
    String digits = StoredResource.versionOf(etag.strip().replaceAll("^(W/)?\"?|\"?$", ""));
    if (!digits.matches("\\d{1,9}")) {
      throw Refusal.precondition(
          "version-conflict", "If-Match has to be like W/\"3\"; no version has another form");
    }
    return Integer.valueOf(digits);
  }
}
