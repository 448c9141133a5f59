// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import dev.parley.access.Caller;
import dev.parley.access.Refusal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Search parameters over the table {@code receipt}, which no version of a message knows of: {@code
 * unread-by} (oneself, or a role, team or pool one is in) and {@code acknowledged} (true, false).
 * They find nothing that the caller may not know.
 */
final class ReceiptCriteria {
  static final Set<String> CODES = Set.of("unread-by", "acknowledged");
  private static final Set<String> PERSONS = Set.of("Practitioner", "Patient", "RelatedPerson");

  // From the threads to what is behind the mark: a few rows of an index each.
  private static final String UNREAD_BY_PERSON =
      """
      %s.self in (
        select m.self from thread_participant x
        join thread_message m on m.thread = x.thread and m.number > coalesce(
          (select k.number from read_mark k where k.person = :who and k.thread = x.thread), 0)
        where x.participant = any(array(select holders(:who, :now))) and m.sender <> :who and not m.gone
          and not exists (select from receipt c where c.message = m.self and c.person = :who
                          and c.read is not null and not c.again))""";

  private static final String UNREAD_BY_GROUP =
      """
      %s.self in (
        select m.self from thread_participant x join thread_message m on m.thread = x.thread
        where x.participant = :who and not m.gone
          and not exists (select from receipt c where c.message = m.self and c.via = :who
                          and c.read is not null and not c.hidden))""";

  private static final String THEIRS = "(:it and :who = any(array(select holders(:person, :now))))";

  private static final String ACKNOWLEDGED =
      """
      exists (select from thread_message m where m.self = %1$s.self) and :wanted = exists (
        select from receipt c where c.message = %1$s.self and c.acknowledged is not null)""";

  private static final String KNOWN =
      """
      (:it and exists (select from thread_message m where m.self = %s.self and (m.sender = :person
         or :staff and exists (select from thread_participant x where x.thread = m.thread
                               and x.participant = any(array(select holders(:person, :now)))))))""";

  private final Caller caller;
  private final Instant now;

  ReceiptCriteria(Caller caller, Instant now) {
    this.caller = caller;
    this.now = now;
  }

  /** Reads one of these parameters. */
  static Criterion of(String code, String value, References references) {
    if (code.equals("acknowledged")) {
      if (!value.equals("true") && !value.equals("false")) {
        throw Refusal.invalid("search-value", "acknowledged is true or false");
      }
      return new Criterion.Acknowledged(value.equals("true"));
    }
    List<References.Local> persons = new ArrayList<>();
    for (String each : value.split(",")) {
      persons.add(
          references
              .local(each)
              .orElseThrow(
                  () -> Refusal.invalid("search-value", "unread-by is a reference, Type/id")));
    }
    return new Criterion.UnreadBy(persons);
  }

  /** Rows under this alias that one of these has not read. */
  Sql unreadBy(Criterion.UnreadBy criterion, String alias) {
    return Sql.or(criterion.persons().stream().map(who -> unreadBy(who, alias)).toList());
  }

  private Sql unreadBy(References.Local who, String alias) {
    String sql = PERSONS.contains(who.type()) ? UNREAD_BY_PERSON : UNREAD_BY_GROUP;
    Sql it = Sql.of("(:it)", "it", Sql.of(sql.formatted(alias), "who", who.self(), "now", now));
    return caller.isSystem()
        ? it
        : Sql.of(
            THEIRS, "it", it, "who", who.self(), "person", Keys.of(caller.reference()), "now", now);
  }

  /** Rows that somebody has, or nobody has, acknowledged. */
  Sql acknowledged(boolean wanted, String alias) {
    Sql it = Sql.of("(:both)", "both", Sql.of(ACKNOWLEDGED.formatted(alias), "wanted", wanted));
    return caller.isSystem()
        ? it
        : Sql.of(
            KNOWN.formatted(alias),
            "it",
            it,
            "person",
            Keys.of(caller.reference()),
            "staff",
            caller.kind() == Caller.Kind.STAFF,
            "now",
            now);
  }
}
