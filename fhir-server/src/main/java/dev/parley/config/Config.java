// SPDX-License-Identifier: Apache-2.0
package dev.parley.config;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** The settings of one process: complete, checked, unchanging. */
public final class Config {
  private final EnumMap<Setting, String> values;

  private Config(EnumMap<Setting, String> values) {
    this.values = values;
  }

  /**
   * Reads settings from an environment; names that are not ours are left alone.
   *
   * @throws WrongSettings listing every wrong value and every unknown name that begins with PARLEY_
   */
  public static Config from(Map<String, String> environment) {
    EnumMap<Setting, String> values = new EnumMap<>(Setting.class);
    List<String> wrong = new ArrayList<>();
    for (Setting setting : Setting.values()) {
      String value = environment.getOrDefault(setting.name(), setting.fallback()).strip();
      if (!setting.type().accepts().test(value)) {
        wrong.add(
            "%s is %s; expected %s"
                .formatted(
                    setting.name(),
                    setting.secret() ? "wrong" : "\"" + value + "\"",
                    setting.type().word()));
      }
      values.put(setting, value);
    }
    for (String name : environment.keySet()) {
      if (name.startsWith("PARLEY_") && Setting.named(name).isEmpty()) {
        wrong.add(name + " is not a setting; see docs/configuration.md");
      }
    }
    if (!wrong.isEmpty()) {
      throw new WrongSettings(wrong);
    }
    return new Config(values);
  }

  /** This configuration with one value replaced, checked like the others. */
  public Config with(Setting setting, String value) {
    Map<String, String> environment = new java.util.HashMap<>();
    values.forEach((s, v) -> environment.put(s.name(), v));
    environment.put(setting.name(), value);
    return from(environment);
  }

  public String text(Setting setting) {
    return values.get(setting);
  }

  public int number(Setting setting) {
    return Math.toIntExact(Long.parseLong(values.get(setting)));
  }

  public boolean isSet(Setting setting) {
    return !values.get(setting).isEmpty();
  }

  /** Whether a setting that is true or false is true. */
  public boolean isTrue(Setting setting) {
    return values.get(setting).equals("true");
  }

  /** The words of a setting that takes several, with commas or spaces between them. */
  public List<String> list(Setting setting) {
    return Arrays.stream(values.get(setting).split("[,\\s]+")).filter(w -> !w.isEmpty()).toList();
  }

  /** One or more settings are wrong; the message lists them all, a line each. */
  public static final class WrongSettings extends RuntimeException {
    public WrongSettings(List<String> lines) {
      super(String.join("\n", lines));
    }
  }
}
