// SPDX-License-Identifier: Apache-2.0
package dev.parley.subscription;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.rest.annotation.IdParam;
import ca.uhn.fhir.rest.annotation.Operation;
import ca.uhn.fhir.rest.annotation.OperationParam;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import dev.parley.access.Caller;
import dev.parley.feed.BackportDialect;
import dev.parley.feed.Feed;
import dev.parley.feed.LiveSubscription;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.CodeType;
import org.hl7.fhir.r4.model.IdType;
import org.hl7.fhir.r4.model.Parameters;
import org.hl7.fhir.r4.model.PrimitiveType;

/** {@code $status}: how subscriptions stand (B-39 to B-42). */
public final class StatusOperation {
  private final Requests requests;
  private final BackportDialect backport;
  private final FhirContext fhir;

  StatusOperation(
      Feed feed,
      Function<RequestDetails, Caller> callers,
      BackportDialect backport,
      FhirContext fhir) {
    this.requests = new Requests(feed, callers);
    this.backport = backport;
    this.fhir = fhir;
  }

  @Operation(
      name = "$status",
      typeName = "Subscription",
      idempotent = true,
      canonicalUrl = Backport.OPERATION + "backport-subscription-status")
  public Bundle one(@IdParam IdType id, RequestDetails request) {
    return bundle(List.of(requests.one(request, id.getIdPart())), request);
  }

  /** Several values of a parameter mean "or"; without any, all of the caller's. */
  @Operation(
      name = "$status",
      typeName = "Subscription",
      idempotent = true,
      canonicalUrl = Backport.OPERATION + "backport-subscription-status")
  public Bundle several(
      @OperationParam(name = "id") List<IdType> ids,
      @OperationParam(name = "status") List<CodeType> statuses,
      RequestDetails request) {
    Set<String> wantedIds = texts(ids);
    Set<String> wantedStatuses = texts(statuses);
    return bundle(
        named(wantedIds, request)
            .filter(s -> wantedStatuses.isEmpty() || wantedStatuses.contains(s.row().status()))
            .toList(),
        request);
  }

  private Stream<LiveSubscription> named(Set<String> ids, RequestDetails request) {
    return ids.isEmpty()
        ? requests.mine(request).stream()
        : ids.stream().map(id -> requests.find(request, id)).flatMap(Optional::stream);
  }

  private static Set<String> texts(List<? extends PrimitiveType<?>> values) {
    return values == null
        ? Set.of()
        : values.stream()
            .map(PrimitiveType::getValueAsString)
            .map(v -> v.substring(v.lastIndexOf('/') + 1))
            .collect(Collectors.toSet());
  }

  private Bundle bundle(List<LiveSubscription> subscriptions, RequestDetails request) {
    Bundle bundle = new Bundle();
    bundle.setType(Bundle.BundleType.SEARCHSET).setTotal(subscriptions.size());
    bundle.addLink().setRelation("self").setUrl(request.getCompleteUrl());
    for (LiveSubscription each : subscriptions) {
      Parameters status =
          fhir.newJsonParser().parseResource(Parameters.class, backport.queryStatus(each));
      bundle
          .addEntry()
          .setFullUrl("urn:uuid:" + status.getIdElement().getIdPart())
          .setResource(status)
          .getSearch()
          .setMode(Bundle.SearchEntryMode.MATCH);
    }
    return bundle;
  }
}
