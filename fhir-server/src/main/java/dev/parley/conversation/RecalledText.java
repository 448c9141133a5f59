// SPDX-License-Identifier: Apache-2.0
package dev.parley.conversation;

import ca.uhn.fhir.context.FhirContext;
import dev.parley.access.Caller;
import dev.parley.store.Chart;
import dev.parley.store.Keys;
import dev.parley.store.Redaction;
import dev.parley.store.References;
import dev.parley.store.ResourceText;
import dev.parley.store.StoredResource;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.hl7.fhir.r4.model.Communication;

/**
 * What a message said before it was taken back is in the history for its sender and for systems
 * that keep records; to everybody else the older versions say as little as the last one; of what
 * was forwarded, to whoever forwarded it, too. Privacy officers ask {@code $recalled}. Beside
 * another redaction, which goes on as it was.
 */
public final class RecalledText implements Redaction {
  private static final String RECALLED =
      "select self from resource where self = any(?) and keys @> array[%d]".formatted(Recalled.KEY);

  private final Redaction other;
  private final Chart chart;
  private final References references;
  private final FhirContext fhir;
  private final Clock clock;

  public RecalledText(Redaction other, FhirContext fhir, References references, Clock clock) {
    this.other = other;
    this.chart = new Chart(fhir, references);
    this.references = references;
    this.fhir = fhir;
    this.clock = clock;
  }

  @Override
  public List<StoredResource> past(
      Connection connection, Caller caller, List<StoredResource> versions) throws SQLException {
    if (caller.isSystem()) {
      return versions;
    }
    Set<Long> recalled = recalled(connection, versions);
    if (recalled.isEmpty()) {
      return versions;
    }
    Membership me = Membership.of(caller, references, connection, clock.instant());
    List<StoredResource> shown = new ArrayList<>();
    for (StoredResource each : versions) {
      shown.add(
          each.deleted() || !recalled.contains(Keys.self(each.type(), each.id()))
              ? each
              : less(each, me));
    }
    return shown;
  }

  private static Set<Long> recalled(Connection connection, List<StoredResource> versions)
      throws SQLException {
    long[] messages =
        versions.stream()
            .filter(v -> v.type().equals("Communication"))
            .mapToLong(v -> Keys.self(v.type(), v.id()))
            .distinct()
            .toArray();
    Set<Long> recalled = new HashSet<>();
    try (PreparedStatement query = connection.prepareStatement(RECALLED)) {
      query.setObject(1, messages);
      try (ResultSet row = query.executeQuery()) {
        while (row.next()) {
          recalled.add(row.getLong(1));
        }
      }
    }
    return recalled;
  }

  private StoredResource less(StoredResource stored, Membership me) {
    Communication message = chart.parse(stored, Communication.class);
    // What was only forwarded is not its forwarder's to keep.
    if (me.is(message.getSender()) && !message.hasExtension(LinkRule.FORWARDED)
        || Recalled.is(message)) {
      return stored;
    }
    Recalled.strip(message);
    message
        .getMeta()
        .addTag()
        .setSystem("http://terminology.hl7.org/CodeSystem/v3-ObservationValue")
        .setCode("SUBSETTED");
    String json = fhir.newJsonParser().encodeResourceToString(message);
    return new StoredResource(
        stored.type(),
        stored.id(),
        stored.version(),
        stored.updated(),
        stored.kind(),
        ResourceText.of(json, stored.type(), Map.of()));
  }

  @Override
  public boolean concerns(Caller caller, String type) {
    return other.concerns(caller, type);
  }

  @Override
  public List<StoredResource> redact(
      Connection connection, Caller caller, List<StoredResource> resources) throws SQLException {
    return other.redact(connection, caller, resources);
  }

  @Override
  public String redact(Connection connection, Caller caller, String json) throws SQLException {
    return other.redact(connection, caller, json);
  }

  @Override
  public boolean withholds(Connection connection, Caller caller, StoredResource resource)
      throws SQLException {
    return other.withholds(connection, caller, resource);
  }
}
