// SPDX-License-Identifier: Apache-2.0
package dev.parley.http;

import ca.uhn.fhir.rest.annotation.History;
import ca.uhn.fhir.rest.annotation.Transaction;
import ca.uhn.fhir.rest.annotation.TransactionParam;
import ca.uhn.fhir.rest.api.server.IBundleProvider;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import org.hl7.fhir.r4.model.Bundle;

/** The interactions of the whole system: batch and transaction, and history. */
public final class SystemProvider {
  private final Interactions interactions;
  private final Bundles bundles;

  SystemProvider(Interactions interactions, Bundles bundles) {
    this.interactions = interactions;
    this.bundles = bundles;
  }

  @Transaction
  public Bundle transaction(@TransactionParam Bundle bundle, RequestDetails request) {
    bundles.answer(bundle, request).on(request);
    return new Bundle();
  }

  @History
  public IBundleProvider history(RequestDetails request) {
    interactions.history(null, null, request).on(request);
    return ResourceProvider.NOTHING;
  }
}
