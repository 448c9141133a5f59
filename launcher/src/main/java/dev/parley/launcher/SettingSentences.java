// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher;

import dev.parley.config.Setting;
import java.util.Arrays;
import java.util.ListResourceBundle;

/** Flags that stand for a setting are described by that setting's sentence. */
final class SettingSentences extends ListResourceBundle {
  @Override
  protected Object[][] getContents() {
    return Arrays.stream(Setting.values())
        .map(setting -> new Object[] {setting.name(), sentence(setting)})
        .toArray(Object[][]::new);
  }

  private static String sentence(Setting setting) {
    String fallback = setting.fallback().isEmpty() ? "" : " Default: " + setting.fallback() + ".";
    return setting.sentence() + fallback + " (" + setting.name() + ")";
  }
}
