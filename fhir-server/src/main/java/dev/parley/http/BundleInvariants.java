// SPDX-License-Identifier: Apache-2.0
package dev.parley.http;

import static dev.parley.http.Invariants.require;

import java.util.EnumSet;
import java.util.HashSet;
import java.util.Set;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.Bundle.BundleEntryComponent;
import org.hl7.fhir.r4.model.Bundle.BundleType;
import org.hl7.fhir.r4.model.Composition;
import org.hl7.fhir.r4.model.MessageHeader;
import org.hl7.fhir.r4.model.Resource;

/** bdl-1 to bdl-12 of R4. */
final class BundleInvariants {
  private static final Set<BundleType> COUNTED =
      EnumSet.of(BundleType.SEARCHSET, BundleType.HISTORY);
  private static final Set<BundleType> REQUESTS =
      EnumSet.of(BundleType.BATCH, BundleType.TRANSACTION, BundleType.HISTORY);
  private static final Set<BundleType> RESPONSES =
      EnumSet.of(BundleType.BATCHRESPONSE, BundleType.TRANSACTIONRESPONSE, BundleType.HISTORY);

  private BundleInvariants() {}

  static void check(Bundle bundle) {
    checkWhole(bundle);
    for (int i = 0; i < bundle.getEntry().size(); i++) {
      check(bundle, i);
    }
  }

  /** What is about one entry: the others of a batch do not fail of it. */
  static void check(Bundle bundle, int index) {
    check(bundle.getType(), bundle.getEntry().get(index), "Bundle.entry[" + index + "]");
  }

  /** What is about the entries together. */
  static void checkWhole(Bundle bundle) {
    BundleType type = bundle.getType();
    String code = type == null ? "missing" : type.toCode();
    require(
        !bundle.hasTotal() || COUNTED.contains(type),
        "bdl-1",
        "Bundle.total",
        "Bundle.total is for searchset and history, not " + code);
    Set<String> urls = new HashSet<>();
    for (int i = 0; i < bundle.getEntry().size(); i++) {
      String at = "Bundle.entry[" + i + "]";
      require(
          type == BundleType.HISTORY || unique(bundle.getEntry().get(i), urls),
          "bdl-7",
          at + ".fullUrl",
          at + ".fullUrl is that of another entry");
    }
    first(bundle);
  }

  private static void check(BundleType type, BundleEntryComponent entry, String at) {
    String code = type == null ? "missing" : type.toCode();
    require(
        !entry.hasSearch() || type == BundleType.SEARCHSET,
        "bdl-2",
        at + ".search",
        at + ".search is for searchset, not " + code);
    require(
        entry.hasRequest() == REQUESTS.contains(type),
        "bdl-3",
        at + ".request",
        at + ".request is " + (entry.hasRequest() ? "not for " : "required in ") + code);
    require(
        entry.hasResponse() == RESPONSES.contains(type),
        "bdl-4",
        at + ".response",
        at + ".response is " + (entry.hasResponse() ? "not for " : "required in ") + code);
    require(
        entry.getResource() != null || entry.hasRequest() || entry.hasResponse(),
        "bdl-5",
        at,
        at + " needs a resource, a request or a response");
    require(
        entry.getFullUrl() == null || !entry.getFullUrl().contains("/_history/"),
        "bdl-8",
        at + ".fullUrl",
        at + ".fullUrl may not name a version");
  }

  private static boolean unique(BundleEntryComponent entry, Set<String> urls) {
    Resource resource = entry.getResource();
    String version = resource == null ? null : resource.getMeta().getVersionId();
    return entry.getFullUrl() == null || urls.add(entry.getFullUrl() + " " + version);
  }

  private static void first(Bundle bundle) {
    Resource first = bundle.getEntry().isEmpty() ? null : bundle.getEntry().get(0).getResource();
    if (bundle.getType() == BundleType.DOCUMENT) {
      require(
          bundle.getIdentifier().hasSystem() && bundle.getIdentifier().hasValue(),
          "bdl-9",
          "Bundle.identifier",
          "A document needs an identifier with system and value");
      require(bundle.hasTimestamp(), "bdl-10", "Bundle.timestamp", "A document needs a timestamp");
      require(
          first instanceof Composition,
          "bdl-11",
          "Bundle.entry[0]",
          "A document begins with a Composition");
    }
    require(
        bundle.getType() != BundleType.MESSAGE || first instanceof MessageHeader,
        "bdl-12",
        "Bundle.entry[0]",
        "A message begins with a MessageHeader");
  }
}
