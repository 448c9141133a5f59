// SPDX-License-Identifier: Apache-2.0
package dev.parley.visibility;

import ca.uhn.fhir.context.FhirContext;
import dev.parley.store.Births;
import dev.parley.store.Chart;
import dev.parley.store.Keys;
import dev.parley.store.Lookup;
import dev.parley.store.References.Local;
import dev.parley.store.StoredResource;
import dev.parley.store.WrittenSource;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.hl7.fhir.r4.model.Consent;
import org.hl7.fhir.r4.model.Consent.ConsentState;
import org.hl7.fhir.r4.model.Patient;
import org.hl7.fhir.r4.model.RelatedPerson;
import org.hl7.fhir.r4.model.Resource;

/** What proxies hang on, as it is stored now, in the transaction of a write. */
final class StoredRecords {
  private final FhirContext fhir;
  private final Chart chart;

  StoredRecords(FhirContext fhir, Chart chart) {
    this.fhir = fhir;
    this.chart = chart;
  }

  /** A patient's record and those that are merged with it. */
  Set<Long> merged(long patient, Connection connection) throws SQLException {
    Set<Long> all = new LinkedHashSet<>(List.of(patient));
    String sql = "select other from patient_merge where self = ?";
    try (PreparedStatement query = connection.prepareStatement(sql)) {
      query.setLong(1, patient);
      try (ResultSet row = query.executeQuery()) {
        while (row.next()) {
          all.add(row.getLong(1));
        }
      }
    }
    return all;
  }

  /** The earliest date of birth that these records have: it makes a proxy's view the narrowest. */
  LocalDate birth(Set<Long> patients, Connection connection) throws SQLException {
    LocalDate earliest = null;
    for (Resource each : find(connection, "self = any(?)", array(patients))) {
      LocalDate birth = Births.of((Patient) each);
      if (earliest == null || birth != null && birth.isBefore(earliest)) {
        earliest = birth;
      }
    }
    return earliest;
  }

  List<Consent> activeConsents(Set<Long> patients, Connection connection) throws SQLException {
    long patient = Keys.param("Consent", "patient");
    long[] keys = patients.stream().mapToLong(p -> patient ^ p).toArray();
    return find(connection, "keys && ?", keys).stream()
        .map(c -> (Consent) c)
        .filter(c -> c.getStatus() == ConsentState.ACTIVE)
        .toList();
  }

  /** The records of those whose Consents rest on a document. */
  Set<Long> agreedBy(String document, Connection connection) throws SQLException {
    Set<Long> patients = new LinkedHashSet<>();
    for (StoredResource each :
        Lookup.referring(connection, "Consent", "source-reference", Set.of(document))) {
      chart
          .local(chart.parse(each, Consent.class).getPatient())
          .ifPresent(patient -> patients.add(Keys.of(patient)));
    }
    return patients;
  }

  /** Whether it is in writing: else it permits nothing; what it denies counts all the same. */
  boolean isWritten(Consent consent, Connection connection) throws SQLException {
    return WrittenSource.of(chart, connection).holds(consent);
  }

  Map<Local, RelatedPerson> proxiesOf(Set<Long> patients, Connection connection)
      throws SQLException {
    Map<Local, RelatedPerson> found = new HashMap<>();
    if (!patients.isEmpty()) {
      long param = Keys.param("RelatedPerson", "patient");
      long[] keys = patients.stream().mapToLong(p -> param ^ p).toArray();
      for (Resource each : find(connection, "keys && ?", keys)) {
        found.put(
            new Local("RelatedPerson", each.getIdElement().getIdPart()), (RelatedPerson) each);
      }
    }
    return found;
  }

  private static long[] array(Set<Long> selfs) {
    return selfs.stream().mapToLong(Long::longValue).toArray();
  }

  private List<Resource> find(Connection connection, String condition, long[] value)
      throws SQLException {
    String sql = "select id, body from resource where body is not null and " + condition;
    List<Resource> found = new ArrayList<>();
    try (PreparedStatement query = connection.prepareStatement(sql)) {
      query.setObject(1, value);
      try (ResultSet row = query.executeQuery()) {
        while (row.next()) {
          Resource resource = (Resource) fhir.newJsonParser().parseResource(row.getString("body"));
          resource.setId(row.getString("id"));
          found.add(resource);
        }
      }
    }
    return found;
  }
}
