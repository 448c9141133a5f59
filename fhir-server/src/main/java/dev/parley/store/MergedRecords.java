// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import dev.parley.store.References.Local;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Records that are of one human are one for searches: who names one of them asks for all. Looked up
 * for each search that names a Patient, by the primary key, because a merge acts at once.
 */
final class MergedRecords {
  private static final String OTHERS =
      """
      select m.self, r.id from patient_merge m join resource r on r.self = m.other
      where m.self = any(?)""";

  private final Map<Long, List<Local>> others;

  private MergedRecords(Map<Long, List<Local>> others) {
    this.others = others;
  }

  /** The request as it is meant: with the merged records beside those that it names. */
  static SearchRequest widen(SearchRequest request, Connection connection) throws SQLException {
    Set<Long> patients = new LinkedHashSet<>();
    if (request.compartment() != null) {
      collect(List.of(request.compartment()), patients);
    }
    request.criteria().forEach(c -> collect(c, patients));
    if (patients.isEmpty()) {
      return request;
    }
    MergedRecords merged = new MergedRecords(others(connection, patients));
    return merged.others.isEmpty() ? request : merged.widen(request);
  }

  private static void collect(Criterion criterion, Set<Long> patients) {
    if (criterion instanceof Criterion.Refers refers) {
      collect(refers.locals(), patients);
    } else if (criterion instanceof Criterion.Chain chain) {
      chain.targets().forEach(c -> collect(c, patients));
    } else if (criterion instanceof Criterion.Has has) {
      collect(has.inner(), patients);
    } else if (criterion instanceof Criterion.PerType each) {
      each.criteria().forEach(c -> collect(c, patients));
    }
  }

  private static void collect(List<Local> locals, Set<Long> patients) {
    for (Local local : locals) {
      if (local.type().equals("Patient")) {
        patients.add(local.self());
      }
    }
  }

  private static Map<Long, List<Local>> others(Connection connection, Set<Long> patients)
      throws SQLException {
    Map<Long, List<Local>> others = new LinkedHashMap<>();
    try (PreparedStatement query = connection.prepareStatement(OTHERS)) {
      query.setObject(1, patients.stream().mapToLong(Long::longValue).toArray());
      try (ResultSet row = query.executeQuery()) {
        while (row.next()) {
          others
              .computeIfAbsent(row.getLong(1), p -> new ArrayList<>())
              .add(new Local("Patient", row.getString(2)));
        }
      }
    }
    return others;
  }

  private SearchRequest widen(SearchRequest request) {
    Local owner = request.compartment();
    return request.over(
        request.criteria().stream().map(this::widen).toList(),
        owner == null ? List.of() : others.getOrDefault(owner.self(), List.of()));
  }

  private Criterion widen(Criterion criterion) {
    if (criterion instanceof Criterion.Refers refers) {
      Set<Local> locals = new LinkedHashSet<>(refers.locals());
      refers.locals().forEach(l -> locals.addAll(others.getOrDefault(l.self(), List.of())));
      return new Criterion.Refers(refers.param(), List.copyOf(locals), refers.elsewhere());
    }
    if (criterion instanceof Criterion.Chain chain) {
      return new Criterion.Chain(
          chain.reference(), chain.targets().stream().map(this::widen).toList(), chain.types());
    }
    if (criterion instanceof Criterion.Has has) {
      return new Criterion.Has(has.reference(), widen(has.inner()));
    }
    return criterion instanceof Criterion.PerType each
        ? new Criterion.PerType(each.types(), each.criteria().stream().map(this::widen).toList())
        : criterion;
  }
}
