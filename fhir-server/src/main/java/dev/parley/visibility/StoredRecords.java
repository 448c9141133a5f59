// SPDX-License-Identifier: Apache-2.0
package dev.parley.visibility;

import ca.uhn.fhir.context.FhirContext;
import dev.parley.store.Keys;
import dev.parley.store.References.Local;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.hl7.fhir.r4.model.Consent;
import org.hl7.fhir.r4.model.Patient;
import org.hl7.fhir.r4.model.RelatedPerson;
import org.hl7.fhir.r4.model.Resource;

/** What proxies hang on, as it is stored now, in the transaction of a write. */
final class StoredRecords {
  private final FhirContext fhir;

  StoredRecords(FhirContext fhir) {
    this.fhir = fhir;
  }

  /** The patient, or null. */
  Patient patient(Local patient, Connection connection) throws SQLException {
    List<Resource> found = find(connection, "self = any(?)", new long[] {patient.self()});
    return found.isEmpty() ? null : (Patient) found.get(0);
  }

  List<Consent> activeConsents(Local patient, Connection connection) throws SQLException {
    long[] keys = {
      Keys.param("Consent", "patient") ^ patient.self(),
      Keys.param("Consent", "status") ^ Keys.of("active")
    };
    return find(connection, "keys @> ?", keys).stream().map(c -> (Consent) c).toList();
  }

  Map<Local, RelatedPerson> proxiesOf(Collection<Local> patients, Connection connection)
      throws SQLException {
    Map<Local, RelatedPerson> found = new HashMap<>();
    if (!patients.isEmpty()) {
      long param = Keys.param("RelatedPerson", "patient");
      long[] keys = patients.stream().mapToLong(p -> param ^ p.self()).toArray();
      for (Resource each : find(connection, "keys && ?", keys)) {
        found.put(
            new Local("RelatedPerson", each.getIdElement().getIdPart()), (RelatedPerson) each);
      }
    }
    return found;
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
