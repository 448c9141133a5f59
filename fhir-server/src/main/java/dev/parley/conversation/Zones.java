// SPDX-License-Identifier: Apache-2.0
package dev.parley.conversation;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.ZoneId;
import java.util.List;
import org.hl7.fhir.r4.model.Reference;

/** Tells which day it is where a conversation is held. */
public interface Zones {
  /** That of the service among these people, or whose they are. */
  ZoneId of(Connection connection, List<Reference> people) throws SQLException;
}
