// SPDX-License-Identifier: Apache-2.0
package dev.parley.identity;

import dev.parley.access.Caller;
import dev.parley.store.Redaction;
import dev.parley.store.StoredResource;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What staff do not read in a session that is not sure enough: clinical text, and files. Who they
 * are is not asked beyond that, and nothing is kept from a clinician in an emergency. Beside the
 * redaction for patients and proxies, which goes on as it was.
 */
final class StaffSessions implements Redaction {
  private static final Set<String> EMERGENCIES = Set.of("ETREAT", "BTG");

  private final WithheldText other;
  private final WithheldText less;
  private final int needed;

  /**
   * @param less has the words that stand in place of the text
   * @param needed level of a session; whoever is logged in has 1
   */
  StaffSessions(WithheldText other, WithheldText less, int needed) {
    this.other = other;
    this.less = less;
    this.needed = needed;
  }

  private boolean isWeak(Caller caller) {
    return caller.kind() == Caller.Kind.STAFF
        && Math.max(1, caller.assurance()) < needed
        && !isEmergency(caller);
  }

  /** Any purpose would do as a password otherwise: it is a clinician's, with its reason. */
  private static boolean isEmergency(Caller caller) {
    return caller.isClinician()
        && caller.purpose() != null
        && EMERGENCIES.contains(caller.purpose().code())
        && caller.purpose().reason() != null;
  }

  @Override
  public boolean concerns(Caller caller, String type) {
    return isWeak(caller)
        ? type.equals("Communication") || type.equals("Binary")
        : other.concerns(caller, type);
  }

  @Override
  public List<StoredResource> redact(
      Connection connection, Caller caller, List<StoredResource> resources) throws SQLException {
    if (!isWeak(caller)) {
      return other.redact(connection, caller, resources);
    }
    List<StoredResource> shown = new ArrayList<>();
    for (StoredResource each : resources) {
      shown.add(withholds(connection, caller, each) ? less.of(each) : each);
    }
    return shown;
  }

  @Override
  public String redact(Connection connection, Caller caller, String json) throws SQLException {
    if (!isWeak(caller)) {
      return other.redact(connection, caller, json);
    }
    return less.isClinical(connection, caller, json) ? less.of(json) : json;
  }

  @Override
  public boolean withholds(Connection connection, Caller caller, StoredResource resource)
      throws SQLException {
    if (!isWeak(caller)) {
      return other.withholds(connection, caller, resource);
    }
    return !resource.deleted()
        && concerns(caller, resource.type())
        && less.isClinical(connection, caller, resource.json());
  }

  @Override
  public Map<String, Instant> closedSince(Connection connection, Caller caller, String type)
      throws SQLException {
    return other.closedSince(connection, caller, type);
  }

  @Override
  public boolean closesWords(Connection connection, Caller caller) throws SQLException {
    return isWeak(caller) || other.closesWords(connection, caller);
  }
}
