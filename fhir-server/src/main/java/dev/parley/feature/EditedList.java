// SPDX-License-Identifier: Apache-2.0
package dev.parley.feature;

import ca.uhn.fhir.parser.DataFormatException;
import dev.parley.access.Refusal;
import dev.parley.config.Config;
import dev.parley.config.Setting;
import dev.parley.store.Change;
import dev.parley.store.Lookup;
import dev.parley.store.Rule;
import dev.parley.store.StoredResource;
import dev.parley.store.Transaction;
import dev.parley.thread.DaemonThreads;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.hl7.fhir.r4.model.CodeSystem;
import org.hl7.fhir.r4.model.CodeSystem.CodeSystemContentMode;
import org.hl7.fhir.r4.model.CodeSystem.ConceptDefinitionComponent;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A list that a hospital edits, as a FHIR CodeSystem. What ships is a resource of the feature's
 * package; a file by setting stands in its place; a CodeSystem of the list's name that is stored
 * ("CodeSystem/wording") stands in the place of both if its content is complete, and adds to them
 * if it is a supplement: a concept of a code that is there already replaces that one. Changes count
 * at once in the process that stored them, within seconds in the others.
 *
 * @param <T> what is made of it: thread-safe, unchanging
 */
public final class EditedList<T> implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(EditedList.class);
  private static final long EVERY_SECONDS = 5;

  private final Tools tools;
  private final String name;
  private final Path file;
  private final Function<CodeSystem, T> compile;
  private final Source shipped;
  private final ScheduledExecutorService watch;

  // What the list in force was made of, to see when that is no more.
  private volatile String madeOf = "";
  private volatile CodeSystem base;
  private volatile CodeSystem whole;
  private volatile T inForce;

  /** Where the shipped text is. */
  private interface Source {
    String text() throws IOException;
  }

  /**
   * Reads what ships, or the file.
   *
   * @param setting of the file
   * @param compile throws IllegalArgumentException naming the concept and what is wrong
   * @throws Config.WrongSettings if the file cannot be used
   */
  public EditedList(
      Tools tools, String name, Class<?> beside, Setting setting, Function<CodeSystem, T> compile) {
    this.tools = tools;
    this.name = name;
    this.compile = compile;
    this.file = tools.config().isSet(setting) ? Path.of(tools.config().text(setting)) : null;
    this.shipped =
        () -> {
          try (InputStream in = beside.getResourceAsStream(name + ".json")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
          }
        };
    try {
      base = parse(file == null ? shipped.text() : Files.readString(file));
      use(base);
    } catch (IOException | IllegalArgumentException | DataFormatException e) {
      if (file == null) {
        throw new IllegalStateException(e);
      }
      String why =
          e instanceof IOException ? "the file cannot be read" : String.valueOf(e.getMessage());
      throw new Config.WrongSettings(List.of("%s: %s: %s".formatted(setting, file, why)));
    }
    watch = Executors.newSingleThreadScheduledExecutor(new DaemonThreads("parley-list-" + name));
  }

  /** The list in force. */
  public T get() {
    return inForce;
  }

  /** The same as a resource, to look at and to edit. */
  public CodeSystem resource() {
    return whole;
  }

  public void start() {
    refresh();
    watch.scheduleWithFixedDelay(this::refresh, EVERY_SECONDS, EVERY_SECONDS, TimeUnit.SECONDS);
  }

  /** Refuses a stored list that cannot be used, and takes one that can. */
  public Rule rule() {
    return new Rule() {
      @Override
      public void beforeWrite(Change change, Transaction transaction) {
        if (isList(change) && change.after() instanceof CodeSystem edited) {
          try {
            compile.apply(joined(edited));
          } catch (IllegalArgumentException e) {
            throw Refusal.unprocessable("value", name + "-list", e.getMessage())
                .at("CodeSystem.concept");
          }
        }
      }

      @Override
      public boolean needsTransaction(Change change) {
        // So that afterCommit is called.
        return isList(change);
      }

      @Override
      public void afterCommit(List<Change> changes) {
        if (changes.stream().anyMatch(EditedList.this::isList)) {
          refresh();
        }
      }
    };
  }

  private boolean isList(Change change) {
    return change.type().equals("CodeSystem") && name.equals(change.id());
  }

  private void refresh() {
    try {
      String file = fileState();
      Optional<StoredResource> stored;
      try (Connection connection = tools.database().connection()) {
        stored = Lookup.one(connection, "CodeSystem/" + name);
      }
      String state = file + stored.map(StoredResource::version).orElse(0);
      if (!state.equals(madeOf)) {
        if (this.file != null) {
          base = parse(Files.readString(this.file));
        }
        use(stored.isEmpty() ? base : joined(parse(stored.get().json())));
        madeOf = state;
      }
    } catch (SQLException e) {
      LOG.debug("the list {} is looked for again", name, e);
    } catch (IOException | RuntimeException e) {
      LOG.warn("the list {} cannot be used; the one before stays: {}", name, e.getMessage());
    }
  }

  private String fileState() throws IOException {
    return file == null ? "" : Files.getLastModifiedTime(file) + "/" + Files.size(file) + "/";
  }

  private CodeSystem parse(String json) {
    return tools.fhir().newJsonParser().parseResource(CodeSystem.class, json);
  }

  private void use(CodeSystem list) {
    inForce = compile.apply(list);
    whole = list;
  }

  private CodeSystem joined(CodeSystem edited) {
    if (edited.getContent() != CodeSystemContentMode.SUPPLEMENT) {
      return edited;
    }
    Map<String, ConceptDefinitionComponent> concepts = new LinkedHashMap<>();
    base.getConcept().forEach(c -> concepts.put(c.getCode(), c));
    edited.getConcept().forEach(c -> concepts.put(c.getCode(), c));
    CodeSystem joined = base.copy();
    joined.setConcept(List.copyOf(concepts.values()));
    return joined;
  }

  /** The words of a concept's property. */
  public static List<String> values(ConceptDefinitionComponent concept, String property) {
    return concept.getProperty().stream()
        .filter(p -> property.equals(p.getCode()) && p.hasValue())
        .map(p -> p.getValue().primitiveValue())
        .toList();
  }

  /** The one word of it, or what it is without one. */
  public static String value(ConceptDefinitionComponent concept, String property, String without) {
    List<String> values = values(concept, property);
    return values.isEmpty() ? without : values.get(0);
  }

  @Override
  public void close() {
    watch.shutdownNow();
  }
}
