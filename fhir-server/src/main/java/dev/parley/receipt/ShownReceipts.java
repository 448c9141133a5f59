// SPDX-License-Identifier: Apache-2.0
package dev.parley.receipt;

import dev.parley.access.Caller;
import dev.parley.store.Annotation;
import dev.parley.store.Holders;
import dev.parley.store.Keys;
import dev.parley.store.References;
import dev.parley.store.StoredResource;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Puts receipts into messages as they are answered: everybody sees their own; the sender, staff who
 * take part, and systems see those of the others, without private marks. One look-up for a page.
 */
final class ShownReceipts implements Annotation {
  /** Of each message one's own, and of the others so many: a room of a thousand has a thousand. */
  static final int MOST = 100;

  private static final String OF_PAGE =
      """
      select %1$s from unnest(?::bigint[]) m(self) cross join lateral (
        (select * from receipt o where o.message = m.self and o.person = ?) union all
        (select * from receipt o where o.message = m.self and o.person <> ? limit %2$d)) c"""
          .formatted(ReceiptRow.COLUMNS, MOST);

  private final References references;
  private final Arrivals arrivals;
  private final Clock clock;

  ShownReceipts(References references, Arrivals arrivals, Clock clock) {
    this.references = references;
    this.arrivals = arrivals;
    this.clock = clock;
  }

  @Override
  public boolean concerns(Caller caller, String type) {
    return type.equals("Communication") && !caller.equals(Caller.SYSTEM);
  }

  @Override
  public List<StoredResource> annotate(
      Connection connection, Caller caller, List<StoredResource> resources) throws SQLException {
    long[] messages =
        resources.stream()
            .filter(ShownReceipts::isMessage)
            .mapToLong(r -> Keys.of(r.reference()))
            .toArray();
    if (messages.length == 0) {
      return resources;
    }
    Map<Long, List<ReceiptRow>> rows = of(connection, messages, caller);
    Reader reader = new Reader(caller, connection);
    List<StoredResource> shown = new ArrayList<>(resources.size());
    for (StoredResource each : resources) {
      if (isMessage(each)) {
        long self = Keys.of(each.reference());
        List<ReceiptRow> its = rows.getOrDefault(self, List.of());
        reader.got(self, each, its);
        shown.add(its.isEmpty() ? each : reader.shown(each, its));
      } else {
        shown.add(each);
      }
    }
    return shown;
  }

  private static boolean isMessage(StoredResource resource) {
    return !resource.deleted()
        && resource.type().equals("Communication")
        && resource.text().contains("\"payload\":");
  }

  static Map<Long, List<ReceiptRow>> of(Connection connection, long[] messages, Caller caller)
      throws SQLException {
    Map<Long, List<ReceiptRow>> rows = new HashMap<>();
    try (PreparedStatement query = connection.prepareStatement(OF_PAGE)) {
      long person = Keys.of(caller.reference());
      query.setObject(1, messages);
      query.setLong(2, person);
      query.setLong(3, person);
      try (ResultSet row = query.executeQuery()) {
        while (row.next()) {
          ReceiptRow receipt = ReceiptRow.of(row);
          rows.computeIfAbsent(receipt.message(), m -> new ArrayList<>()).add(receipt);
        }
      }
    }
    return rows;
  }

  /** What somebody may know of these: their own, and those of others if they are to know them. */
  static List<ReceiptRow> visible(Collection<ReceiptRow> rows, long person, boolean knowsOthers) {
    List<ReceiptRow> visible = new ArrayList<>();
    for (ReceiptRow each : rows) {
      if (each.person() == person) {
        visible.add(each);
      } else if (knowsOthers) {
        ReceiptRow left = each.forOthers();
        if (left.delivered() != null || left.read() != null || left.acknowledged() != null) {
          visible.add(left);
        }
      }
    }
    return visible;
  }

  /** One caller over one page. */
  private final class Reader {
    private final Caller caller;
    private final long person;
    private final Connection connection;
    private Set<Long> selves;

    Reader(Caller caller, Connection connection) {
      this.caller = caller;
      this.person = Keys.of(caller.reference());
      this.connection = connection;
    }

    /** A client of theirs has it now. */
    void got(long self, StoredResource message, List<ReceiptRow> rows) {
      if (!caller.isSystem()
          && !message.withheld()
          && rows.stream().noneMatch(r -> r.person() == person && r.delivered() != null)
          && !message.text().contains("\"sender\":{\"reference\":\"" + caller.reference() + "\"")) {
        arrivals.got(caller, self);
      }
    }

    StoredResource shown(StoredResource message, List<ReceiptRow> rows) throws SQLException {
      MessageText text = new MessageText(message.text(), references);
      List<ReceiptRow> visible = visible(rows, person, knowsOthers(text, rows));
      return visible.isEmpty() ? message : message.showing(text.with(visible));
    }

    private boolean knowsOthers(MessageText text, List<ReceiptRow> rows) throws SQLException {
      if (caller.isSystem()) {
        return true;
      }
      if (rows.stream().allMatch(r -> r.person() == person)) {
        return false;
      }
      if (text.sender() != null && selves().contains(text.sender())) {
        return true;
      }
      return caller.kind() == Caller.Kind.STAFF && text.names(selves());
    }

    /** The caller, and the roles, teams and pools that they are in now. */
    private Set<Long> selves() throws SQLException {
      if (selves == null) {
        selves = Holders.of(connection, caller.reference(), clock.instant());
      }
      return selves;
    }
  }
}
