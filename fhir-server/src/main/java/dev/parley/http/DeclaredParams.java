// SPDX-License-Identifier: Apache-2.0
package dev.parley.http;

import dev.parley.store.ResourceTypes;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.hl7.fhir.r4.model.SearchParameter;

/**
 * The search parameters of every type, for the CapabilityStatement alone. They are read from a list
 * that a test holds against {@code SearchParams}: to ask that for all 146 types means to load the
 * definitions of all, seconds and memory that a server of messages never needs.
 */
final class DeclaredParams {
  private static final String LIST = "search-parameters.tsv";

  private DeclaredParams() {}

  /**
   * One parameter of one type.
   *
   * @param targets types that a reference may name; empty means any
   */
  record Declared(String type, String code, String kind, String url, List<String> targets) {
    boolean mayTarget(String wanted) {
      return kind.equals("reference") && (targets.isEmpty() || targets.contains(wanted));
    }
  }

  /** By type, in the order of their names. */
  static Map<String, List<Declared>> read(ResourceTypes types, List<SearchParameter> own) {
    Map<String, List<Declared>> params = new TreeMap<>();
    types.names().forEach(type -> params.put(type, new ArrayList<>()));
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(
                Objects.requireNonNull(DeclaredParams.class.getResourceAsStream(LIST)),
                StandardCharsets.UTF_8))) {
      lines
          .lines()
          .map(line -> line.split("\t", -1))
          .forEach(
              f ->
                  params
                      .get(f[0])
                      .add(
                          new Declared(
                              f[0],
                              f[1],
                              f[2],
                              "http://hl7.org/fhir/SearchParameter/" + f[3],
                              f[4].isEmpty() ? List.of() : Arrays.asList(f[4].split(",")))));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    for (SearchParameter definition : own) {
      String type = definition.getBase().get(0).getCode();
      List<String> targets =
          definition.getTarget().stream()
              .map(t -> t.getCode())
              .filter(t -> !t.equals("Resource"))
              .toList();
      params
          .get(type)
          .add(
              new Declared(
                  type,
                  definition.getCode(),
                  definition.getType().toCode(),
                  definition.getUrl(),
                  targets));
    }
    return params;
  }
}
