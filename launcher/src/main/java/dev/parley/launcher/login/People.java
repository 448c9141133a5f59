// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.login;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.parley.access.Caller;
import dev.parley.launcher.demo.Person;
import dev.parley.store.CallerStore;
import dev.parley.store.ResourceStore;
import dev.parley.store.StoredResource;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Who can log in to the demo provider: those of the demo hospital first, else whoever is stored.
 */
final class People {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final List<String> TYPES = List.of("Practitioner", "Patient", "RelatedPerson");

  /** Who works in a hospital and treats nobody; whoever is something else is a clinician. */
  private static final Set<String> NOT_CLINICAL =
      Set.of(
          "administrator",
          "analyst",
          "ict",
          "privacy-officer",
          "receptionist",
          "researcher",
          "security-officer",
          "social-worker",
          "teacher");

  /** By SNOMED CT, and by HL7's practitioner-role. */
  private static final Map<String, String> WORDS =
      Map.of(
          "309343006", "physician",
          "158965000", "physician",
          "doctor", "physician",
          "224535009", "nurse",
          "106292003", "nurse",
          "46255001", "pharmacist");

  private static final String REFERENCE =
      "(Practitioner|Patient|RelatedPerson)/[A-Za-z0-9.-]{1,64}";
  private static final int SHOWN = 30;
  private final CallerStore store;
  private final Supplier<List<Person>> demo;

  /**
   * @param demo people of the demo hospital; none while it is not there
   */
  People(ResourceStore store, Supplier<List<Person>> demo) {
    this.store = store.as(Caller.SYSTEM);
    this.demo = demo;
  }

  /** Whom the page offers. */
  List<Person> offered() {
    List<Person> people = known();
    if (people.isEmpty()) {
      people = TYPES.stream().flatMap(type -> search(type, "_sort", "_id")).toList();
    }
    return people;
  }

  private List<Person> known() {
    return demo.get().stream().filter(p -> p.reference().matches(REFERENCE)).toList();
  }

  /**
   * The one whom a word means: a reference, an id, a name or a role.
   *
   * @throws OAuthError invalid_grant if that is nobody, or several
   */
  Person named(String word) {
    if (word.matches(REFERENCE)) {
      int slash = word.indexOf('/');
      return store
          .find(word.substring(0, slash), word.substring(slash + 1))
          .filter(r -> !r.deleted())
          .map(People::person)
          .orElseThrow(() -> OAuthError.grant("There is no " + word));
    }
    for (Person person : known()) {
      if (person.role().equals(word)) {
        return person;
      }
    }
    List<Person> found = known().stream().filter(p -> isCalled(p, word)).toList();
    if (found.isEmpty()) {
      found = stored(word);
    }
    if (found.isEmpty()) {
      throw OAuthError.grant(
          "There is nobody called \"%s\"; a name, an id, or a role: patient, proxy, nurse,"
                  .formatted(word)
              + " physician, pharmacist, analyst, privacy-officer");
    }
    if (found.size() > 1) {
      throw OAuthError.grant(
          "\"%s\" may be %s: say which"
              .formatted(
                  word, String.join(" or ", found.stream().map(Person::reference).toList())));
    }
    return found.get(0);
  }

  private static boolean isCalled(Person person, String word) {
    String wanted = " " + word.toLowerCase(Locale.ROOT).strip() + " ";
    String name = " " + person.name().toLowerCase(Locale.ROOT) + " ";
    return name.contains(wanted)
        || person.reference().substring(person.reference().indexOf('/') + 1).equals(word);
  }

  private List<Person> stored(String word) {
    if (word.equals("patient")) {
      return search("Patient", "_sort", "_id").limit(1).toList();
    }
    if (word.equals("proxy")) {
      return search("RelatedPerson", "_sort", "_id").limit(1).toList();
    }
    List<Person> staff =
        search("Practitioner", "_sort", "_id").filter(p -> roles(p).contains(word)).toList();
    if (!staff.isEmpty()) {
      return staff.subList(0, 1);
    }
    List<Person> byId =
        word.matches("[A-Za-z0-9.-]{1,64}")
            ? TYPES.stream().flatMap(type -> search(type, "_id", word)).toList()
            : List.of();
    return byId.isEmpty()
        ? TYPES.stream().flatMap(type -> search(type, "name", words(word))).toList()
        : byId;
  }

  /** Each word of a name has to be there; a comma is no "or". */
  private static String[] words(String name) {
    return name.replace("\\", "\\\\").replace(",", "\\,").strip().split("\\s+");
  }

  private Stream<Person> search(String type, String parameter, String... values) {
    Map<String, String[]> query =
        Map.of(parameter, values, "_count", new String[] {String.valueOf(SHOWN)});
    return store.search(type, null, query, true).matches().stream().map(People::person);
  }

  private static Person person(StoredResource resource) {
    String role =
        switch (resource.type()) {
          case "Patient" -> "patient";
          case "RelatedPerson" -> "proxy";
          default -> "staff";
        };
    return new Person(name(resource), role, resource.reference(), "");
  }

  private static String name(StoredResource resource) {
    JsonNode name = json(resource).at("/name/0");
    List<String> words = new ArrayList<>();
    name.path("prefix").forEach(word -> words.add(word.asText()));
    name.path("given").forEach(word -> words.add(word.asText()));
    words.add(name.path("family").asText());
    String text = name.path("text").asText(String.join(" ", words).strip());
    return text.isEmpty() ? resource.reference() : text;
  }

  /**
   * What the organisation says somebody is, for the claim {@code roles}. A practitioner of whom no
   * PractitionerRole tells counts as a clinician.
   */
  Set<String> roles(Person person) {
    if (!person.reference().startsWith("Practitioner/")) {
      return Set.of(person.reference().startsWith("Patient/") ? "patient" : "proxy");
    }
    Map<String, String[]> query = Map.of("practitioner", new String[] {person.reference()});
    List<StoredResource> stored = store.search("PractitionerRole", null, query, true).matches();
    if (stored.isEmpty()) {
      return Set.of("clinician");
    }
    Set<String> roles = new LinkedHashSet<>();
    for (StoredResource resource : stored) {
      JsonNode role = json(resource);
      if (role.path("active").asBoolean(true)) {
        roles.addAll(words(role));
      }
    }
    return roles;
  }

  private static Set<String> words(JsonNode role) {
    Set<String> words = new LinkedHashSet<>();
    for (JsonNode code : role.path("code")) {
      for (JsonNode coding : code.path("coding")) {
        String word = coding.path("code").asText();
        words.add(WORDS.getOrDefault(word, word));
      }
    }
    if (words.isEmpty() || !NOT_CLINICAL.containsAll(words)) {
      words.add("clinician");
    }
    words.removeIf(word -> !word.matches("[a-z][a-z-]*"));
    return words;
  }

  /** The id of the patient in whose matter somebody logs in: oneself, or whom one stands for. */
  String patientOf(Person person) {
    String[] parts = person.reference().split("/");
    return switch (parts[0]) {
      case "Patient" -> parts[1];
      case "RelatedPerson" -> {
        String patient = json(store.read(parts[0], parts[1])).at("/patient/reference").asText();
        yield patient.startsWith("Patient/") ? patient.substring(8) : null;
      }
      default -> null;
    };
  }

  private static JsonNode json(StoredResource resource) {
    try {
      return JSON.readTree(resource.text());
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }
}
