// SPDX-License-Identifier: Apache-2.0
package dev.parley.http;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.util.FhirTerser;
import ca.uhn.fhir.util.ResourceReferenceInfo;
import dev.parley.access.Refusal;
import dev.parley.store.CallerStore;
import dev.parley.store.Draft;
import dev.parley.store.ResourceText;
import dev.parley.store.Step;
import dev.parley.store.StoredResource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.hl7.fhir.r4.model.Resource;
import org.hl7.fhir.r4.model.UriType;

/** Makes store steps of bundle entries, with the references among them put right. */
final class EntrySteps {
  /** Cheap to see that there is none, as in nearly every transaction. */
  private static final Pattern CONDITIONAL =
      Pattern.compile("\"reference\"\\s*:\\s*\"[A-Z][A-Za-z]+\\?");

  private final FhirContext fhir;
  private final Patches patches;
  private final Validation validation;

  EntrySteps(FhirContext fhir, Patches patches, Validation validation) {
    this.fhir = fhir;
    this.patches = patches;
    this.validation = validation;
  }

  /** One entry of a batch: nothing in it refers to another entry. */
  Step single(CallerStore store, BundleEntry entry) {
    Step step = step(store, entry, null, Map.of());
    return entry.query() != null && own(entry) != null ? step.on(own(entry)) : step;
  }

  /** All writing entries of a transaction, in this order. */
  List<Step> transaction(CallerStore store, List<BundleEntry> entries) {
    Map<String, String> links = new HashMap<>();
    List<String> ids = new ArrayList<>();
    for (BundleEntry entry : entries) {
      String id = idFor(store, entry);
      ids.add(id);
      if (entry.fullUrl() != null && id != null) {
        links.put(entry.fullUrl(), entry.type() + "/" + id);
      }
    }
    for (BundleEntry entry : entries) {
      if (entry.text() != null && CONDITIONAL.matcher(entry.text()).find()) {
        conditionalReferences(store, entry, links);
      }
    }
    List<Step> steps = new ArrayList<>();
    for (int i = 0; i < entries.size(); i++) {
      steps.add(step(store, entries.get(i), ids.get(i), links));
    }
    return steps;
  }

  private String idFor(CallerStore store, BundleEntry entry) {
    String condition =
        entry.method().equals("POST") ? entry.request().getIfNoneExist() : entry.query();
    if (condition != null && !condition.isBlank()) {
      List<StoredResource> found =
          store.match(entry.type(), condition.substring(condition.indexOf('?') + 1));
      if (found.size() == 1) {
        return sameId(entry, found.get(0));
      }
      return entry.method().equals("POST") || entry.method().equals("PUT")
          ? own(entry) == null ? store.newId() : own(entry)
          : null;
    }
    return entry.method().equals("POST") ? store.newId() : entry.id();
  }

  /** */
  private static String sameId(BundleEntry entry, StoredResource found) {
    if (own(entry) != null && !own(entry).equals(found.id())) {
      throw Refusal.invalid(
              "id-mismatch",
              "%s: the condition finds %s, the resource has the id %s"
                  .formatted(entry.at(), found.reference(), own(entry)))
          .at(entry.at());
    }
    return found.id();
  }

  private static String own(BundleEntry entry) {
    return entry.method().equals("PUT") ? entry.resource().getIdElement().getIdPart() : null;
  }

  private void conditionalReferences(
      CallerStore store, BundleEntry entry, Map<String, String> links) {
    for (ResourceReferenceInfo info : fhir.newTerser().getAllResourceReferences(entry.resource())) {
      String reference = info.getResourceReference().getReferenceElement().getValue();
      if (reference == null
          || !reference.matches("[A-Z][A-Za-z]+\\?.+")
          || links.containsKey(reference)) {
        continue;
      }
      String type = reference.substring(0, reference.indexOf('?'));
      List<StoredResource> found =
          store.match(type, reference.substring(reference.indexOf('?') + 1));
      if (found.size() != 1) {
        throw Refusal.precondition(
                found.isEmpty() ? "no-match" : "multiple-matches",
                "%s: a conditional reference to %s matches %s; exactly one is needed"
                    .formatted(entry.at(), type, found.isEmpty() ? "none" : "more than one"))
            .at(entry.at());
      }
      links.put(reference, found.get(0).reference());
    }
  }

  private Step step(CallerStore store, BundleEntry entry, String id, Map<String, String> links) {
    try {
      return make(store, entry, id, links);
    } catch (Refusal refusal) {
      throw entry.named(refusal);
    }
  }

  private Step make(CallerStore store, BundleEntry entry, String id, Map<String, String> links) {
    Integer ifMatch =
        entry.request().hasIfMatch() ? Interactions.version(entry.request().getIfMatch()) : null;
    String query = entry.query() == null ? null : Interactions.query("?" + entry.query());
    return switch (entry.method()) {
      case "POST" -> {
        String ifNoneExist = entry.request().getIfNoneExist();
        Step create =
            Step.create(
                draft(entry, links), ifNoneExist == null ? null : Interactions.query(ifNoneExist));
        yield id == null ? create : create.linked(id);
      }
      case "PUT" -> {
        Step given = Step.update(draft(entry, links), entry.id(), ifMatch).where(query);
        Step update = id == null ? given : given.linked(id);
        yield "*".equals(entry.request().getIfNoneMatch()) ? update.onlyIfNone() : update;
      }
      case "PATCH" ->
          Step.patch(
                  entry.type(),
                  id == null ? entry.id() : id,
                  stored ->
                      validation.checked(patches.apply(store.caller(), stored, entry.resource())),
                  ifMatch)
              .where(query);
      case "DELETE" ->
          Step.delete(entry.type(), id == null ? entry.id() : id, ifMatch).where(query);
      default -> throw Refusal.notSupported("wrong-method", entry.at() + ": " + entry.method());
    };
  }

  private Draft draft(BundleEntry entry, Map<String, String> links) {
    Resource resource = entry.resource();
    if (!links.isEmpty()) {
      relink(resource, links);
    }
    Draft draft = new Draft(resource, ResourceText.of(entry.text(), entry.type(), links));
    return validation.checked(Notices.without(draft, fhir));
  }

  /** The same in the model as {@link ResourceText} does in the text: rules and index look at it. */
  private void relink(Resource resource, Map<String, String> links) {
    FhirTerser terser = fhir.newTerser();
    for (ResourceReferenceInfo info : terser.getAllResourceReferences(resource)) {
      String to = links.get(info.getResourceReference().getReferenceElement().getValue());
      if (to != null) {
        info.getResourceReference().setReference(to);
      }
    }
    for (UriType uri : terser.getAllPopulatedChildElementsOfType(resource, UriType.class)) {
      String to = links.get(uri.getValue());
      if (to != null) {
        uri.setValue(to);
      }
    }
  }
}
