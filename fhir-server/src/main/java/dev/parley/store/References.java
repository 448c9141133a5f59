// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import dev.parley.config.Config;
import dev.parley.config.Setting;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import org.hl7.fhir.r4.model.Reference;

/** Reads the text of references: which are ours, and to what type of resource they go. */
public final class References {
  private final Set<String> bases = new LinkedHashSet<>();

  public References(Config config) {
    if (config.isSet(Setting.PARLEY_PUBLIC_URL)) {
      bases.add(config.text(Setting.PARLEY_PUBLIC_URL).replaceAll("/+$", "") + "/fhir/R4/");
    }
    String port = ":" + config.text(Setting.PARLEY_PORT) + "/fhir/R4/";
    String scheme = config.isSet(Setting.PARLEY_TLS_CERTIFICATE) ? "https://" : "http://";
    bases.add(scheme + config.text(Setting.PARLEY_HOST) + port);
    bases.add(scheme + "localhost" + port);
    bases.add(scheme + "127.0.0.1" + port);
  }

  /** A resource of this server. */
  public record Local(String type, String id) {
    public long self() {
      return Keys.self(type, id);
    }

    @Override
    public String toString() {
      return type + "/" + id;
    }
  }

  /**
   * The resource that a relative reference, or an absolute one below our own base, names; a version
   * in it is left out. Empty for everything else.
   */
  public Optional<Local> local(String reference) {
    String rest = reference;
    for (String base : bases) {
      if (reference.startsWith(base)) {
        rest = reference.substring(base.length());
        break;
      }
    }
    return parse(rest);
  }

  private static Optional<Local> parse(String rest) {
    int slash = rest.indexOf('/');
    if (slash < 0) {
      return Optional.empty();
    }
    int end = rest.indexOf('/', slash + 1);
    if (end >= 0 && !rest.startsWith("/_history/", end)) {
      return Optional.empty();
    }
    String type = rest.substring(0, slash);
    String id = rest.substring(slash + 1, end < 0 ? rest.length() : end);
    return isType(type) && isId(id) ? Optional.of(new Local(type, id)) : Optional.empty();
  }

  // By hand: each message has ten of them, and patterns took a twentieth of a write.
  private static boolean isType(String text) {
    if (text.length() < 3 || text.length() > 64 || !isUpper(text.charAt(0))) {
      return false;
    }
    for (int i = 1; i < text.length(); i++) {
      if (!isUpper(text.charAt(i)) && !isLower(text.charAt(i))) {
        return false;
      }
    }
    return true;
  }

  private static boolean isId(String text) {
    if (text.isEmpty() || text.length() > 64) {
      return false;
    }
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (!isUpper(c) && !isLower(c) && (c < '0' || c > '9') && c != '.' && c != '-') {
        return false;
      }
    }
    return true;
  }

  private static boolean isUpper(char c) {
    return c >= 'A' && c <= 'Z';
  }

  private static boolean isLower(char c) {
    return c >= 'a' && c <= 'z';
  }

  /** The type of resource that a reference says it goes to, or null. */
  public static String typeOf(Reference reference) {
    String text = reference.getReference();
    if (text == null || text.startsWith("#")) {
      return reference.getResource() != null
          ? reference.getResource().fhirType()
          : reference.getType();
    }
    int history = text.indexOf("/_history/");
    String plain = history < 0 ? text : text.substring(0, history);
    int id = plain.lastIndexOf('/');
    String type = id < 0 ? "" : plain.substring(plain.lastIndexOf('/', id - 1) + 1, id);
    return isType(type) ? type : reference.getType();
  }
}
