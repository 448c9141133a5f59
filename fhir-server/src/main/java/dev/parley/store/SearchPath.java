// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.hl7.fhir.r4.model.Base;
import org.hl7.fhir.r4.model.BooleanType;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.Resource;

/**
 * The FHIRPath of a search parameter, compiled: the handful of forms that R4's search parameters
 * are written in ({@code A.b | (A.c as Quantity)}, {@code A.d.where(resolve() is Patient)}, ...).
 *
 * <p>HAPI's FHIRPath engine needs the R4 definitions (seconds at start) and asks them at every
 * step; this walks the parsed model directly. A test compares the two over every expression.
 */
public final class SearchPath {
  private static final Pattern EXISTS =
      Pattern.compile("(\\S+)\\.exists\\(\\) and (\\S+) != false");
  private static final Pattern RESOLVE = Pattern.compile("resolve\\(\\) is (\\w+)");
  private static final Pattern EQUALS = Pattern.compile("(\\w+)\\s*=\\s*'([^']*)'");

  private final List<Alternative> alternatives;
  private final boolean existence;

  private SearchPath(List<Alternative> alternatives, boolean existence) {
    this.alternatives = alternatives;
    this.existence = existence;
  }

  /**
   * Compiles an expression.
   *
   * @throws IllegalArgumentException if it is of a form that is not known here
   */
  public static SearchPath parse(String expression) {
    Matcher exists = EXISTS.matcher(expression.strip());
    if (exists.matches()) {
      return new SearchPath(List.of(Alternative.parse(exists.group(1))), true);
    }
    List<Alternative> alternatives =
        split(expression, '|').stream().map(Alternative::parse).toList();
    return new SearchPath(alternatives, false);
  }

  /** The elements that the expression selects in a resource, in document order per alternative. */
  public List<Base> select(Resource resource) {
    List<Base> found = new ArrayList<>(4);
    for (Alternative alternative : alternatives) {
      if (alternative.startsAt(resource.fhirType())) {
        alternative.select(resource, 0, found);
      }
    }
    if (existence) {
      boolean there =
          found.stream()
              .anyMatch(
                  b -> !(b instanceof BooleanType flag) || Boolean.TRUE.equals(flag.getValue()));
      return List.of(new BooleanType(there));
    }
    return found;
  }

  List<Alternative> alternatives() {
    return alternatives;
  }

  /**
   * The part of this path below another one: what a composite's component selects inside the
   * composite's element. Null if no alternative begins there.
   */
  SearchPath below(Alternative root, List<Alternative> allRoots) {
    List<Alternative> below = new ArrayList<>();
    for (Alternative alternative : alternatives) {
      Alternative owner = null;
      for (Alternative candidate : allRoots) {
        if (alternative.startsWith(candidate)
            && (owner == null || candidate.steps.size() > owner.steps.size())) {
          owner = candidate;
        }
      }
      if (owner == root) {
        int depth = root.steps.size();
        below.add(
            new Alternative(
                alternative.type, alternative.steps.subList(depth, alternative.steps.size())));
      }
    }
    return below.isEmpty() ? null : new SearchPath(below, false);
  }

  /** The elements that a path made by {@link #below} selects inside an element. */
  List<Base> selectIn(Base element) {
    List<Base> found = new ArrayList<>(2);
    for (Alternative alternative : alternatives) {
      alternative.select(element, 0, found);
    }
    return found;
  }

  private static List<String> split(String text, char separator) {
    List<String> parts = new ArrayList<>();
    int depth = 0;
    int from = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      depth += c == '(' ? 1 : c == ')' ? -1 : 0;
      if (c == separator && depth == 0) {
        parts.add(text.substring(from, i).strip());
        from = i + 1;
      }
    }
    parts.add(text.substring(from).strip());
    return parts;
  }

  /** One side of a {@code |}: where it starts, and the steps from there. */
  record Alternative(String type, List<Step> steps) {
    static Alternative parse(String text) {
      List<Step> steps = new ArrayList<>();
      String type = parse(text, steps);
      return new Alternative(type, List.copyOf(steps));
    }

    private static String parse(String text, List<Step> steps) {
      String type = null;
      for (String part : split(text, '.')) {
        if (part.startsWith("(")) {
          String inner = part.substring(1, part.length() - 1);
          int as = inner.lastIndexOf(" as ");
          type = parse(as < 0 ? inner : inner.substring(0, as), steps);
          if (as >= 0) {
            steps.add(new OfType(inner.substring(as + 4).strip()));
          }
        } else if (type == null && Character.isUpperCase(part.charAt(0))) {
          type = part;
        } else {
          steps.add(step(part));
        }
      }
      return type;
    }

    private static Step step(String part) {
      int bracket = part.indexOf('(');
      if (bracket < 0) {
        return part.endsWith("[0]")
            ? new Child(part.substring(0, part.length() - 3), true)
            : new Child(part, false);
      }
      String argument = part.substring(bracket + 1, part.length() - 1).strip();
      switch (part.substring(0, bracket)) {
        case "as", "ofType":
          return new OfType(argument);
        case "where":
          Matcher resolve = RESOLVE.matcher(argument);
          if (resolve.matches()) {
            return new Resolves(resolve.group(1));
          }
          Matcher equals = EQUALS.matcher(argument);
          if (equals.matches()) {
            return new Where(new Child(equals.group(1), false), equals.group(2));
          }
          break;
        default:
      }
      throw new IllegalArgumentException("Search expression with unknown part: " + part);
    }

    boolean startsAt(String resourceType) {
      return type == null
          || type.equals(resourceType)
          || type.equals("Resource")
          || type.equals("DomainResource");
    }

    boolean startsWith(Alternative root) {
      return steps.size() >= root.steps.size()
          && steps.subList(0, root.steps.size()).equals(root.steps);
    }

    void select(Base from, int next, List<Base> found) {
      if (next == steps.size()) {
        found.add(from);
        return;
      }
      Step step = steps.get(next);
      if (step instanceof Child child) {
        Base[] children = from.getProperty(child.name.hashCode(), child.name, false);
        if (children != null) {
          for (Base value : children) {
            if (value != null) {
              select(value, next + 1, found);
              if (child.first) {
                return;
              }
            }
          }
        }
      } else if (step.keeps(from)) {
        select(from, next + 1, found);
      }
    }
  }

  sealed interface Step {
    default boolean keeps(Base element) {
      return true;
    }
  }

  record Child(String name, boolean first) implements Step {}

  record OfType(String type) implements Step {
    @Override
    public boolean keeps(Base element) {
      return type.equals(element.fhirType());
    }
  }

  /** {@code where(resolve() is Patient)}: nothing is fetched, the reference says its type. */
  record Resolves(String type) implements Step {
    @Override
    public boolean keeps(Base element) {
      return element instanceof Reference reference && type.equals(References.typeOf(reference));
    }
  }

  record Where(Child child, String value) implements Step {
    @Override
    public boolean keeps(Base element) {
      Base[] children = element.getProperty(child.name.hashCode(), child.name, false);
      for (Base b : children == null ? new Base[0] : children) {
        if (b != null && value.equals(b.primitiveValue())) {
          return true;
        }
      }
      return false;
    }
  }
}
