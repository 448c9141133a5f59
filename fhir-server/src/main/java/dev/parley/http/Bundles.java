// SPDX-License-Identifier: Apache-2.0
package dev.parley.http;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.rest.api.Constants;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import dev.parley.access.Refusal;
import dev.parley.store.CallerStore;
import dev.parley.store.ResourceStore;
import dev.parley.store.Step;
import dev.parley.store.Written;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.OperationOutcome;

/** {@code POST [base]} with a batch or a transaction. */
final class Bundles {
  private final FhirContext fhir;
  private final ResourceStore store;
  private final EntrySteps steps;
  private final EntryReads reads;
  private final int most;

  /**
   * @param most entries of a bundle
   */
  Bundles(FhirContext fhir, ResourceStore store, EntrySteps steps, EntryReads reads, int most) {
    this.fhir = fhir;
    this.store = store;
    this.steps = steps;
    this.reads = reads;
    this.most = most;
  }

  Answer answer(Bundle bundle, RequestDetails request) {
    CallerStore mine = store.as(Interactions.caller(request), Interactions.origin(request));
    String type = bundle.getType() == null ? "missing" : bundle.getType().toCode();
    if (bundle.getEntry().size() > most) {
      throw Refusal.tooLarge("The bundle has more than " + most + " entries; send it in parts");
    }
    return switch (type) {
      case "transaction" -> Answer.json(transaction(mine, bundle, request));
      case "batch" -> Answer.json(batch(mine, bundle, request));
      default ->
          throw Refusal.invalid(
              "wrong-bundle-type", "Bundle.type is " + type + "; send a batch or a transaction");
    };
  }

  private String transaction(CallerStore mine, Bundle bundle, RequestDetails request) {
    List<BundleEntry> entries = entries(bundle, request);
    // deletes first. The others in the order that was sent, which is that of the events.
    List<BundleEntry> writes =
        entries.stream()
            .filter(e -> !e.reads())
            .sorted(Comparator.comparing(e -> !e.deletes()))
            .toList();
    entries.stream().filter(BundleEntry::reads).forEach(e -> reads.check(mine, e));
    List<Step> planned = steps.transaction(mine, writes);
    refuseTheSameTwice(planned);
    List<Written> written = write(mine, planned, writes);
    Written[] results = new Written[entries.size()];
    for (int i = 0; i < writes.size(); i++) {
      results[writes.get(i).index()] = written.get(i);
    }
    BundleText answer = new BundleText("transaction-response", 300 * entries.size() + 200);
    for (BundleEntry entry : entries) {
      if (entry.reads()) {
        reads.answer(answer, mine, entry, request.getFhirServerBase());
      } else {
        written(answer, mine, results[entry.index()], request);
      }
    }
    return answer.json();
  }

  /** of what is refused, the answer names the entry. */
  private static List<Written> write(
      CallerStore mine, List<Step> planned, List<BundleEntry> entries) {
    try {
      return mine.write(planned);
    } catch (Refusal refusal) {
      for (int i = 0; i < planned.size(); i++) {
        if ((planned.get(i).type() + "/" + planned.get(i).id()).equals(refusal.about())) {
          throw entries.get(i).named(refusal);
        }
      }
      throw refusal;
    }
  }

  private String batch(CallerStore mine, Bundle bundle, RequestDetails request) {
    BundleText answer = new BundleText("batch-response", 300 * bundle.getEntry().size() + 200);
    List<String> texts = texts(bundle, request);
    BundleInvariants.checkWhole(bundle);
    for (int i = 0; i < bundle.getEntry().size(); i++) {
      try {
        BundleInvariants.check(bundle, i);
        BundleEntry entry =
            BundleEntry.of(i, bundle.getEntry().get(i), texts.get(i), request.getFhirServerBase());
        if (entry.reads()) {
          reads.answer(answer, mine, entry, request.getFhirServerBase());
        } else {
          written(answer, mine, mine.write(steps.single(mine, entry)), request);
        }
      } catch (RuntimeException e) {
        failed(answer, ErrorInterceptor.refusal(e, request.getRequestId()));
      }
    }
    return answer.json();
  }

  private void failed(BundleText answer, Refusal refusal) {
    String outcome = fhir.newJsonParser().encodeResourceToString(ErrorInterceptor.outcome(refusal));
    answer.response(null, String.valueOf(refusal.status()), null, null, outcome);
  }

  private void written(
      BundleText answer, CallerStore mine, Written written, RequestDetails request) {
    if (written.resource() == null || written.resource().deleted()) {
      answer.response(null, "204 No Content", null, written.resource(), null);
      return;
    }
    String status = written.result() == Written.Result.CREATED ? "201 Created" : "200 OK";
    String location =
        "%s/_history/%d".formatted(written.resource().reference(), written.resource().version());
    String prefer = String.valueOf(request.getHeader(Constants.HEADER_PREFER));
    boolean shown = prefer.contains("return=representation") && Shown.to(mine, written);
    String body = shown ? written.resource().json() : null;
    answer.response(body, status, location, written.resource(), notices(written));
  }

  /** what is told about an entry is the outcome of its response. */
  private String notices(Written written) {
    if (written.notices().isEmpty()) {
      return null;
    }
    OperationOutcome outcome = new OperationOutcome();
    Notices.add(outcome, written.notices());
    return fhir.newJsonParser().encodeResourceToString(outcome);
  }

  /** an identity that appears twice makes the result depend on an order. */
  private static void refuseTheSameTwice(List<Step> steps) {
    Set<String> seen = new HashSet<>();
    for (Step step : steps) {
      if (step.id() != null && !seen.add(step.type() + "/" + step.id())) {
        throw Refusal.invalid(
            "twice-in-transaction",
            step.type() + "/" + step.id() + " appears in two entries of the transaction");
      }
    }
  }

  private List<BundleEntry> entries(Bundle bundle, RequestDetails request) {
    List<String> texts = texts(bundle, request);
    BundleInvariants.check(bundle);
    List<BundleEntry> entries = new ArrayList<>();
    for (int i = 0; i < bundle.getEntry().size(); i++) {
      entries.add(
          BundleEntry.of(i, bundle.getEntry().get(i), texts.get(i), request.getFhirServerBase()));
    }
    return entries;
  }

  private List<String> texts(Bundle bundle, RequestDetails request) {
    String contentType = String.valueOf(request.getHeader(Constants.HEADER_CONTENT_TYPE));
    String json =
        contentType.contains("xml")
            ? fhir.newJsonParser().encodeResourceToString(bundle)
            : new String(request.loadRequestContents(), StandardCharsets.UTF_8);
    List<String> texts = EntryTexts.of(json);
    if (texts.size() != bundle.getEntry().size()) {
      throw Refusal.invalid("wrong-bundle", "An entry of the bundle is empty");
    }
    return texts;
  }
}
