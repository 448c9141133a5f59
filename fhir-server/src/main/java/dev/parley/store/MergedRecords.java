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
    Set<Long> patients = named(request);
    if (patients.isEmpty()) {
      return request;
    }
    try (PreparedStatement query = connection.prepareStatement(OTHERS)) {
      query.setObject(1, numbers(patients));
      try (ResultSet row = query.executeQuery()) {
        return widen(request, row);
      }
    }
  }

  /** The Patients that a request names, by self. */
  static Set<Long> named(SearchRequest request) {
    Set<Long> patients = new LinkedHashSet<>();
    if (request.compartment() != null) {
      collect(List.of(request.compartment()), patients);
    }
    request.criteria().forEach(c -> collect(c, patients));
    return patients;
  }

  /** The question of {@link #widen(SearchRequest, ResultSet)} and a statement: one round trip. */
  static Sql before(Set<Long> patients, Sql statement) {
    return Sql.of(
        ":others; :statement",
        "others",
        new Sql(OTHERS, List.of(numbers(patients))),
        "statement",
        statement);
  }

  /** The request as it is meant, by what the question has answered. */
  static SearchRequest widen(SearchRequest request, ResultSet row) throws SQLException {
    Map<Long, List<Local>> others = new LinkedHashMap<>();
    while (row.next()) {
      others
          .computeIfAbsent(row.getLong(1), p -> new ArrayList<>())
          .add(new Local("Patient", row.getString(2)));
    }
    return others.isEmpty() ? request : new MergedRecords(others).widen(request);
  }

  private static long[] numbers(Set<Long> selfs) {
    return selfs.stream().mapToLong(Long::longValue).toArray();
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
