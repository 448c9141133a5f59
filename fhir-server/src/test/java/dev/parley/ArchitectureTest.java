// SPDX-License-Identifier: Apache-2.0
package dev.parley;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import ca.uhn.fhir.model.api.TemporalPrecisionEnum;
import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import dev.parley.store.Moments;
import java.util.Date;
import java.util.List;
import java.util.TimeZone;
import org.hl7.fhir.r4.model.DateTimeType;
import org.hl7.fhir.r4.model.InstantType;
import org.junit.jupiter.api.Test;

/** docs/architecture.md on who may import whom. */
class ArchitectureTest {
  /** From the bottom up; a layer may use those below it. */
  private static final List<List<String>> LAYERS =
      List.of(
          List.of("config", "thread", "cipher"),
          List.of("db", "access"),
          List.of("store", "agenda"),
          List.of("feed", "feature", "duty"),
          List.of(
              "conversation",
              "receipt",
              "presence",
              "availability",
              "reach",
              "redflag",
              "result",
              "broadcast",
              "find",
              "consent",
              "identity",
              "expectation",
              "wording",
              "attachment",
              "audit",
              "subscription",
              "auth",
              "departure",
              "retention",
              "visibility"),
          List.of("http"));

  private static final JavaClasses MAIN =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("dev.parley");

  @Test
  void imports_go_downward_only() {
    for (int i = 0; i < LAYERS.size(); i++) {
      String[] above = packages(LAYERS.subList(i + 1, LAYERS.size()));
      for (String lower : LAYERS.get(i)) {
        noClasses()
            .that()
            .resideInAPackage(name(lower))
            .should()
            .dependOnClassesThat(inAny(above).or(root()))
            .check(MAIN);
      }
    }
  }

  @Test
  void what_stands_beside_each_other_does_not_import_each_other() {
    for (List<String> layer : LAYERS) {
      for (String one : layer) {
        String[] others =
            layer.stream()
                .filter(other -> !other.equals(one))
                .map(ArchitectureTest::name)
                .toArray(String[]::new);
        noClasses()
            .that()
            .resideInAPackage(name(one))
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(others)
            .check(MAIN);
      }
    }
  }

  @Test
  void every_package_has_its_layer() {
    String[] known = packages(LAYERS);
    classes()
        .that()
        .resideInAPackage("dev.parley.*..")
        .should()
        .resideInAnyPackage(known)
        .check(MAIN);
  }

  @Test
  void packages_form_no_cycle() {
    slices().matching("dev.parley.(*)..").should().beFreeOfCycles().check(MAIN);
  }

  @Test
  void a_class_is_named_for_what_it_is() {
    noClasses().should().haveNameMatching(".*(Helper|Manager|Util|Utils|Impl)(\\$.*)?").check(MAIN);
  }

  /**
   * HAPI writes a Date in the zone of the machine: the same moment would be another text on each.
   */
  @Test
  void moments_are_written_in_utc_by_one_class() {
    noClasses()
        .that()
        .doNotHaveFullyQualifiedName(Moments.class.getName())
        .should()
        .callConstructor(DateTimeType.class, Date.class)
        .orShould()
        .callConstructor(DateTimeType.class, Date.class, TemporalPrecisionEnum.class)
        .orShould()
        .callConstructor(
            DateTimeType.class, Date.class, TemporalPrecisionEnum.class, TimeZone.class)
        .orShould()
        .callConstructor(InstantType.class, Date.class)
        .orShould()
        .callMethodWhere(takesADateIntoAResource())
        .check(MAIN);
  }

  private static DescribedPredicate<JavaMethodCall> takesADateIntoAResource() {
    return DescribedPredicate.describe(
        "set a Date of a resource",
        call ->
            call.getTarget().getName().startsWith("set")
                && call.getTargetOwner().getPackageName().startsWith("org.hl7.fhir.r4.model")
                && call.getTarget().getRawParameterTypes().stream()
                    .anyMatch(type -> type.isEquivalentTo(Date.class)));
  }

  @Test
  void nothing_of_spring_and_no_logging_but_slf4j_is_used() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "org.springframework..", "java.util.logging..", "org.apache.commons.logging..")
        .check(MAIN);
  }

  private static String name(String layer) {
    return "dev.parley." + layer + "..";
  }

  private static String[] packages(List<List<String>> layers) {
    return layers.stream().flatMap(List::stream).map(ArchitectureTest::name).toArray(String[]::new);
  }

  private static DescribedPredicate<JavaClass> inAny(String... packages) {
    return packages.length == 0
        ? DescribedPredicate.alwaysFalse()
        : JavaClass.Predicates.resideInAnyPackage(packages);
  }

  private static DescribedPredicate<JavaClass> root() {
    return JavaClass.Predicates.resideInAPackage("dev.parley");
  }
}
