// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

class LauncherArchitectureTest {
  private static final JavaClasses MAIN =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("dev.parley.launcher");

  @Test
  void commands_use_the_parts_and_no_part_uses_a_command() {
    noClasses()
        .that()
        .resideInAPackage("dev.parley.launcher.(*)..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("dev.parley.launcher")
        .check(MAIN);
  }

  @Test
  void parts_form_no_cycle() {
    slices().matching("dev.parley.launcher.(*)..").should().beFreeOfCycles().check(MAIN);
  }

  @Test
  void a_class_is_named_for_what_it_is() {
    noClasses().should().haveNameMatching(".*(Helper|Manager|Util|Utils|Impl)(\\$.*)?").check(MAIN);
  }
}
