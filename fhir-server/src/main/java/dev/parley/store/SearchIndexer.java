// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import dev.parley.config.Config;
import dev.parley.config.Setting;
import dev.parley.store.References.Local;
import dev.parley.store.SearchParam.Kind;
import dev.parley.store.SearchParam.Presence;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.hl7.fhir.r4.model.Base;
import org.hl7.fhir.r4.model.BaseResource;
import org.hl7.fhir.r4.model.Binary;
import org.hl7.fhir.r4.model.CanonicalType;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.HumanName;
import org.hl7.fhir.r4.model.Identifier;
import org.hl7.fhir.r4.model.Property;
import org.hl7.fhir.r4.model.Provenance;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.Resource;

/**
 * Turns a resource into everything it can be found by, once, when it is written. The forms are
 * drawn in {@code package-info}; {@link SearchSql} looks for the same ones.
 */
public final class SearchIndexer {
  static final long TRUE = Keys.of("true");
  static final long FALSE = Keys.of("false");

  /** Types whose own resources are part of their own timeline. */
  private static final Set<String> OWNERS =
      Set.of(
          "Patient",
          "Practitioner",
          "RelatedPerson",
          "Device",
          "Encounter",
          "CareTeam",
          "Group",
          "Organization",
          "HealthcareService",
          "PractitionerRole");

  private final SearchParams params;
  private final References references;
  private final String enforced;
  private final Map<String, List<Prepared>> types = new ConcurrentHashMap<>();

  /** A parameter with the keys that are the same for every resource. */
  private record Prepared(
      SearchParam param, boolean principal, Presence presence, long present, long absent) {}

  public SearchIndexer(SearchParams params, Config config) {
    this.params = params;
    this.references = new References(config);
    this.enforced = config.text(Setting.PARLEY_REFERENCES);
  }

  /**
   * All index values of a resource.
   *
   * @param id its id on this server, whatever the resource itself says
   */
  public IndexValues index(Resource resource, String id) {
    String type = resource.fhirType();
    IndexBuilder to = new IndexBuilder();
    if (OWNERS.contains(type)) {
      to.owner(new Local(type, id));
    }
    Instant at = null;
    for (Prepared prepared : types.computeIfAbsent(type, this::prepare)) {
      SearchParam param = prepared.param;
      if (param.kind() == Kind.COMPOSITE) {
        CompositeIndex.index(param, resource, to);
        continue;
      }
      List<Base> elements = present(param.path().select(resource));
      if (elements.isEmpty()) {
        if (prepared.presence != Presence.PRESENT) {
          to.key(prepared.absent);
        }
        continue;
      }
      if (prepared.presence != Presence.ABSENT) {
        to.key(prepared.present);
      }
      if (prepared.principal) {
        at = principal(param, elements, to);
      } else {
        elements.forEach(e -> index(param, e, to));
      }
    }
    Long thread = thread(resource, to);
    require(resource, to);
    return new IndexValues(
        to.keys(),
        to.who.stream().mapToLong(Long::longValue).toArray(),
        to.owners,
        at,
        thread,
        List.copyOf(to.strings),
        List.copyOf(to.dates),
        to.numbers,
        List.copyOf(to.required));
  }

  private List<Prepared> prepare(String type) {
    SearchParam principal = params.principal(type);
    return params.of(type).values().stream()
        .filter(p -> !p.code().equals("_id") && !p.code().equals("_lastUpdated"))
        .filter(p -> p.kind() != Kind.SPECIAL)
        .map(
            p ->
                new Prepared(
                    p,
                    p == principal,
                    p.presence(),
                    p.variant("missing") ^ FALSE,
                    p.variant("missing") ^ TRUE))
        .toList();
  }

  /** Elements that hold nothing but extensions count as absent. */
  private static List<Base> present(List<Base> elements) {
    boolean all = true;
    for (Base element : elements) {
      all &= isPresent(element);
    }
    return all ? elements : elements.stream().filter(SearchIndexer::isPresent).toList();
  }

  private static boolean isPresent(Base element) {
    if (element.isPrimitive()) {
      return element.hasPrimitiveValue();
    }
    if (element instanceof BaseResource) {
      return true;
    }
    for (Property child : element.children()) {
      if (child.hasValues()
          && !child.getName().equals("extension")
          && !child.getName().equals("id")) {
        return true;
      }
    }
    return false;
  }

  private void index(SearchParam param, Base element, IndexBuilder to) {
    switch (param.kind()) {
      case TOKEN -> token(param, element, to);
      case STRING -> string(param, element, to);
      case REFERENCE -> reference(param, element, to);
      case URI -> uri(param, element.primitiveValue(), to);
      case DATE -> {
        TimeRange range = ElementIndex.time(element);
        if (range != null) {
          to.span(param.key(), range);
        }
      }
      case NUMBER, QUANTITY -> {
        ElementIndex.Measure measure = ElementIndex.measure(element);
        if (measure != null) {
          to.amount(
              param.key(),
              measure.low(),
              measure.high(),
              measure.units().stream().map(Keys::of).toList());
        }
      }
      default -> throw new IllegalStateException(param.code());
    }
  }

  private static void token(SearchParam param, Base element, IndexBuilder to) {
    for (String form : ElementIndex.tokens(element)) {
      to.key(param.key() ^ Keys.of(form));
    }
    for (String text : ElementIndex.texts(element)) {
      to.text(param.variant("text"), text);
    }
    if (element instanceof Identifier identifier && identifier.getValue() != null) {
      identifier
          .getType()
          .getCoding()
          .forEach(
              c ->
                  to.key(
                      param.variant("of-type")
                          ^ Keys.of(
                              SearchForms.ofType(
                                  c.getSystem(), c.getCode(), identifier.getValue()))));
    }
    String code = element.isPrimitive() ? element.primitiveValue() : null;
    if (code != null && code.indexOf('/') > 0) {
      to.key(param.variant("below") ^ Keys.of(SearchForms.mimeBase(code)));
      to.key(param.variant("below") ^ Keys.of(SearchForms.mimePlain(code)));
    }
  }

  private static void string(SearchParam param, Base element, IndexBuilder to) {
    for (String value : ElementIndex.strings(element)) {
      to.key(param.variant("exact") ^ Keys.of(value));
      to.text(param.key(), value);
    }
    if (element instanceof HumanName name && name.getFamily() != null) {
      familyParts(param, name.getFamily(), to);
    } else if (param.code().equals("family") && element.primitiveValue() != null) {
      familyParts(param, element.primitiveValue(), to);
    }
  }

  /** "van der Berg-Smith" is found by each of its names. */
  private static void familyParts(SearchParam param, String family, IndexBuilder to) {
    String normal = Words.normal(family);
    for (int i = normal.indexOf(' '); i >= 0; i = normal.indexOf(' ', i + 1)) {
      to.text(param.key(), normal.substring(i + 1));
    }
  }

  private void reference(SearchParam param, Base element, IndexBuilder to) {
    if (element instanceof Reference reference) {
      if (reference.getReference() != null && !reference.getReference().startsWith("#")) {
        literal(param, reference.getReference(), to);
      } else if (reference.getResource() instanceof Resource contained && !param.isInside()) {
        contained(param, contained, to);
      }
      if (reference.hasIdentifier()) {
        long key = param.variant("identifier");
        ElementIndex.tokens(reference.getIdentifier()).forEach(f -> to.key(key ^ Keys.of(f)));
      }
    } else if (element instanceof Resource inner) {
      if (inner.hasIdElement() && inner.getIdElement().hasIdPart()) {
        to.key(param.key() ^ Keys.self(inner.fhirType(), inner.getIdElement().getIdPart()));
      }
    } else if (element.hasPrimitiveValue()) {
      literal(param, element.primitiveValue(), to);
      if (element instanceof CanonicalType) {
        uri(param, element.primitiveValue(), to);
      }
    }
  }

  /** What a chain over this reference may ask of the contained resource (A-99). */
  private void contained(SearchParam reference, Resource contained, IndexBuilder to) {
    for (SearchParam param : params.of(contained.fhirType()).values()) {
      if (param.kind() != Kind.COMPOSITE
          && param.kind() != Kind.SPECIAL
          && !param.code().startsWith("_")) {
        SearchParam chained = param.inside(reference);
        present(param.path().select(contained)).forEach(e -> index(chained, e, to));
      }
    }
  }

  private void literal(SearchParam param, String text, IndexBuilder to) {
    Optional<Local> local = references.local(text);
    if (local.isPresent()) {
      long self = local.get().self();
      to.key(param.key() ^ self);
      if (param.owning()) {
        to.owner(local.get());
      }
    } else {
      int history = text.indexOf("/_history/");
      to.key(param.key() ^ Keys.of(history < 0 ? text : text.substring(0, history)));
    }
  }

  private static void uri(SearchParam param, String uri, IndexBuilder to) {
    if (uri == null) {
      return;
    }
    to.key(param.key() ^ Keys.of(uri));
    to.key(param.key() ^ Keys.of(SearchForms.withoutVersion(uri)));
    if (param.code().equals("_source") && uri.indexOf('#') > 0) {
      to.key(param.key() ^ Keys.of(uri.substring(0, uri.indexOf('#'))));
    }
    long below = param.variant("below");
    SearchForms.ancestors(uri).forEach(a -> to.key(below ^ Keys.of(a)));
    SearchForms.versions(uri).forEach(v -> to.key(below ^ Keys.of(v)));
  }

  /**
   * The type's date. A point in time is kept in {@code resource.at} alone; a day, a Period or
   * several values are kept as rows too, and the key {@code code:span} says so.
   */
  private static Instant principal(SearchParam param, List<Base> elements, IndexBuilder to) {
    List<TimeRange> ranges = new ArrayList<>(1);
    for (Base element : elements) {
      TimeRange range = ElementIndex.time(element);
      if (range != null) {
        ranges.add(range);
      }
    }
    if (ranges.isEmpty()) {
      return null;
    }
    Instant first = ranges.stream().map(TimeRange::low).min(Instant::compareTo).orElseThrow();
    if (ranges.size() > 1 || !ranges.get(0).exact()) {
      ranges.forEach(r -> to.span(param.key(), r));
      to.key(param.variant("span") ^ TRUE);
    }
    return first.equals(Instant.MIN) ? ranges.get(0).high() : first;
  }

  /** What a resource is part of: whoever may see that may see it. */
  private Long thread(Resource resource, IndexBuilder to) {
    if (resource instanceof Binary binary && binary.getSecurityContext().hasReference()) {
      return references
          .local(binary.getSecurityContext().getReference())
          .map(Local::self)
          .orElse(null);
    }
    if (resource instanceof Provenance provenance) {
      // Of a message: for those who see the message.
      return provenance.getTarget().stream()
          .filter(t -> t.getReference() != null)
          .flatMap(t -> references.local(t.getReference()).stream())
          .filter(l -> l.type().equals("Communication"))
          .map(Local::self)
          .findFirst()
          .orElse(null);
    }
    return resource instanceof Communication message ? thread(message, to) : null;
  }

  /** The first thread is a column; a message of several threads is found in the others as well. */
  private Long thread(Communication message, IndexBuilder to) {
    Long first = null;
    for (Reference reference : message.getPartOf()) {
      Optional<Local> local =
          reference.getReference() != null
              ? references.local(reference.getReference())
              : Optional.empty();
      if (local.isPresent()) {
        long self = local.get().self();
        if (first == null) {
          first = self;
        } else if (self != first) {
          to.who.add(self);
        }
      }
    }
    return first;
  }

  private void require(Resource resource, IndexBuilder to) {
    if (enforced.equals("enforced")) {
      requireAll(resource, to);
    } else if (enforced.equals("messages") && resource instanceof Communication message) {
      require(message.getSender(), to);
      message.getRecipient().forEach(r -> require(r, to));
      message.getPartOf().forEach(r -> require(r, to));
    }
  }

  private void requireAll(Base element, IndexBuilder to) {
    if (element instanceof Reference reference) {
      require(reference, to);
    }
    for (Property child : element.children()) {
      child.getValues().forEach(v -> requireAll(v, to));
    }
  }

  private void require(Reference reference, IndexBuilder to) {
    if (reference.getReference() != null) {
      references.local(reference.getReference()).ifPresent(l -> to.required.add(l.toString()));
    }
  }
}
