// SPDX-License-Identifier: Apache-2.0
package dev.parley.receipt;

import ca.uhn.fhir.rest.annotation.IdParam;
import ca.uhn.fhir.rest.annotation.Operation;
import ca.uhn.fhir.rest.annotation.OperationParam;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import dev.parley.access.Caller;
import dev.parley.access.Refusal;
import dev.parley.db.Database;
import dev.parley.feature.Tools;
import dev.parley.store.CallerStore;
import dev.parley.store.Codes;
import dev.parley.store.Keys;
import dev.parley.store.References.Local;
import dev.parley.store.Sql;
import dev.parley.store.StoredResource;
import dev.parley.store.Visibility;
import dev.parley.store.Visibility.Access;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.hl7.fhir.r4.model.BooleanType;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.IdType;
import org.hl7.fhir.r4.model.IntegerType;
import org.hl7.fhir.r4.model.Parameters;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.UnsignedIntType;

/** {@code $mark-read} and {@code $mark-unread}, of a thread or of one message; {@code $unread}. */
public final class ReadingOperations {

  /** What a message whose text waits is tagged with; see the package identity. */
  private static final long WITHHELD =
      Keys.param("Communication", "_tag") ^ Keys.of(Codes.WITHHELD + "|identity");

  private final Tools tools;
  private final Reading reading;
  private final Unread unread;
  private final Visibility visibility;

  ReadingOperations(Tools tools, Reading reading, Unread unread, Visibility visibility) {
    this.visibility = visibility;
    this.tools = tools;
    this.reading = reading;
    this.unread = unread;
  }

  /** Forward only: what was read stays read. */
  @Operation(
      name = "$mark-read",
      typeName = "Communication",
      canonicalUrl = Codes.OPERATIONS + "mark-read")
  public Parameters read(
      @IdParam IdType id,
      @OperationParam(name = "upTo") Reference upTo,
      @OperationParam(name = "number") IntegerType number,
      @OperationParam(name = "private") BooleanType hidden,
      RequestDetails request) {
    CallerStore mine = reader(request);
    String person = mine.caller().reference();
    boolean isPrivate = hidden != null && hidden.booleanValue();
    Instant now = tools.clock().instant();
    StoredResource stored = mine.read("Communication", id.getIdPart());
    Reading.Range range = over(c -> range(mine.caller(), stored, upTo, number, true, c));
    if (range == null) {
      reading.readAlone(person, Keys.of(stored.reference()), isPrivate, now);
      return over(c -> answer(person, 1, null, c));
    }
    Sql seen = visibility.condition(mine.caller(), Access.READ, "Communication", "r");
    int marked = reading.read(person, range, isPrivate, seen, withheld(mine, range), now);
    return over(c -> answer(person, marked, range.thread(), c));
  }

  /** From a message of the thread on, or one message: for the caller's own eyes. */
  @Operation(
      name = "$mark-unread",
      typeName = "Communication",
      canonicalUrl = Codes.OPERATIONS + "mark-unread")
  public Parameters unread(
      @IdParam IdType id,
      @OperationParam(name = "from") Reference from,
      @OperationParam(name = "number") IntegerType number,
      RequestDetails request) {
    CallerStore mine = reader(request);
    String person = mine.caller().reference();
    Instant now = tools.clock().instant();
    StoredResource stored = mine.read("Communication", id.getIdPart());
    Reading.Range range = over(c -> range(mine.caller(), stored, from, number, false, c));
    if (range == null) {
      throw notNumbered(id);
    }
    int marked = reading.unread(person, range, now);
    return over(c -> answer(person, marked, range.thread(), c));
  }

  /** How much the caller has not read. */
  @Operation(
      name = "$unread",
      typeName = "Communication",
      idempotent = true,
      canonicalUrl = Codes.OPERATIONS + "unread")
  public Parameters count(RequestDetails request) {
    Caller caller = tools.caller().apply(request);
    caller.require("Communication", "s");
    person(caller);
    Unread.Counts counts = over(c -> counts(caller.reference(), c));
    Parameters answer = new Parameters();
    answer.addParameter("all", new UnsignedIntType(counts.all()));
    return answer;
  }

  private CallerStore reader(RequestDetails request) {
    Caller caller = tools.caller().apply(request);
    caller.require("Communication", "u");
    person(caller);
    return tools.as(request);
  }

  private static void person(Caller caller) {
    if (caller.isSystem()) {
      throw Refusal.forbidden("not-a-person", "Systems read nothing; ask as a person");
    }
  }

  /** The messages that are meant; null for a message without a number. */
  private Reading.Range range(
      Caller caller,
      StoredResource stored,
      Reference end,
      IntegerType number,
      boolean upTo,
      Connection connection)
      throws SQLException {
    Communication named = tools.chart().parse(stored, Communication.class);
    long self = Keys.of(stored.reference());
    if (named.hasPartOf() || named.hasPayload()) {
      Reading.Place place = Reading.place(connection, self);
      if (place == null) {
        requireRecipient(caller, named, connection);
        return null;
      }
      requirePart(caller, place.thread(), stored, connection);
      return new Reading.Range(place.thread(), place.number(), place.number());
    }
    requirePart(caller, self, stored, connection);
    int bound = bound(self, end, number, upTo, connection);
    return upTo
        ? new Reading.Range(self, 0, bound)
        : new Reading.Range(self, bound, Integer.MAX_VALUE);
  }

  private int bound(
      long thread, Reference end, IntegerType number, boolean upTo, Connection connection)
      throws SQLException {
    if (number != null) {
      if (number.getValue() < 1) {
        throw Refusal.invalid("number", "\"number\" is that of a message: 1 or more");
      }
      return number.getValue();
    }
    if (end == null) {
      if (upTo) {
        return Integer.MAX_VALUE;
      }
      throw Refusal.unprocessable(
          "required", "from", "Say from which message on: \"from\" or \"number\"");
    }
    Local message = tools.references().local(String.valueOf(end.getReference())).orElse(null);
    Reading.Place place = message == null ? null : Reading.place(connection, message.self());
    if (place == null || place.thread() != thread) {
      throw Refusal.unprocessable(
          "business-rule", "not-in-thread", "The message is not one of this thread");
    }
    return place.number();
  }

  private void requirePart(Caller caller, long thread, StoredResource stored, Connection connection)
      throws SQLException {
    if (!Reading.takesPart(connection, thread, caller.reference(), tools.clock().instant())) {
      throw Refusal.forbidden(
          "not-a-participant",
          "Only those who take part have something to read in " + stored.reference());
    }
  }

  private void requireRecipient(Caller caller, Communication message, Connection connection)
      throws SQLException {
    ReceiptRule rule = new ReceiptRule(tools.references(), tools.clock());
    if (!rule.receives(message, caller, connection)) {
      throw Refusal.forbidden("not-a-participant", "Only its recipients mark a message as read");
    }
  }

  private static Refusal notNumbered(IdType id) {
    return Refusal.unprocessable(
        "business-rule",
        "no-number",
        "Communication/%s has no number in a thread: it is never counted"
            .formatted(id.getIdPart()));
  }

  /** Those whose text the caller is not given yet stay unread. */
  private long[] withheld(CallerStore mine, Reading.Range range) {
    return mine.caller().kind() == Caller.Kind.STAFF
        ? new long[0]
        : over(c -> tagged(range, c)).stream()
            .filter(
                id -> mine.find("Communication", id).filter(StoredResource::subsetted).isPresent())
            .mapToLong(id -> Keys.self("Communication", id))
            .toArray();
  }

  /** Ids of those whose text waits for whoever is not verified. */
  static List<String> tagged(Reading.Range range, Connection connection) throws SQLException {
    List<String> tagged = new ArrayList<>();
    String sql =
        """
        select r.id from thread_message m join resource r on r.self = m.self
        where m.thread = ? and m.number between ? and ? and r.keys @> ? and r.body is not null""";
    try (PreparedStatement query = connection.prepareStatement(sql)) {
      query.setLong(1, range.thread());
      query.setInt(2, range.from());
      query.setInt(3, range.to());
      query.setObject(4, new long[] {WITHHELD});
      try (ResultSet row = query.executeQuery()) {
        while (row.next()) {
          tagged.add(row.getString(1));
        }
      }
    }
    return tagged;
  }

  private Parameters answer(String person, int changed, Long thread, Connection connection)
      throws SQLException {
    Unread.Counts counts = counts(person, connection);
    Parameters answer = new Parameters();
    answer.addParameter("marked", new UnsignedIntType(changed));
    if (thread != null) {
      Integer left = counts.in(thread);
      answer.addParameter("unread", new UnsignedIntType(left == null ? 0 : left));
    }
    answer.addParameter("all", new UnsignedIntType(counts.all()));
    return answer;
  }

  private Unread.Counts counts(String person, Connection connection) throws SQLException {
    Map<Long, Unread.Counts> counts = unread.of(connection, List.of(Keys.of(person)), List.of());
    return counts.get(Keys.of(person));
  }

  /**
   * Nothing in it asks for a second connection: many who do so at once would wait for each other.
   */
  private <T> T over(Database.Reading<T> asking) {
    return tools.database().with(asking);
  }
}
