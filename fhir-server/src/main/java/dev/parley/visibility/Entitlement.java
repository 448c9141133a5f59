// SPDX-License-Identifier: Apache-2.0
package dev.parley.visibility;

import dev.parley.access.Caller;
import dev.parley.access.Caller.Kind;
import dev.parley.access.Refusal;
import dev.parley.access.Scopes;
import dev.parley.config.Config;
import dev.parley.config.Setting;
import dev.parley.feed.Criteria;
import dev.parley.feed.KeyFilter;
import dev.parley.store.IndexValues;
import dev.parley.store.Keys;
import dev.parley.store.References;
import dev.parley.store.References.Local;
import dev.parley.store.ResourceTypes;
import dev.parley.store.Restricted;
import dev.parley.store.Sql;
import dev.parley.store.StandIns;
import dev.parley.store.Visibility;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.hl7.fhir.r4.model.Resource;

/**
 * The one rule for who may see what: what the token delegates, and within that what the person is
 * entitled to by the keys that they hold now. System clients have no relations: their scopes
 * decide.
 */
public final class Entitlement implements Visibility {
  private final ResourceTypes types;
  private final Criteria criteria;
  private final Audience audience;
  private final Clock clock;

  private Entitlement(ResourceTypes types, Criteria criteria, Audience audience, Clock clock) {
    this.types = types;
    this.criteria = criteria;
    this.audience = audience;
    this.clock = clock;
  }

  public static Entitlement of(Config config, ResourceTypes types, Criteria criteria, Clock clock) {
    return new Entitlement(types, criteria, audience(config), clock);
  }

  static Audience audience(Config config) {
    return new Audience(
        new References(config), Set.of(config.text(Setting.PARLEY_SENSITIVE_TOPICS).split(",")));
  }

  @Override
  public Sql condition(Caller caller, Access access, String type, String alias) {
    Sql delegated = access == Access.REFER ? Sql.TRUE : delegated(caller, access, type, alias);
    if (caller.isSystem() || delegated == Sql.FALSE) {
      return delegated;
    }
    if (access != Access.REFER) {
      analystsRefused(caller, type);
    }
    Sql entitled = entitled(caller, type, alias);
    if (caller.kind() == Kind.PROXY) {
      entitled = Sql.and(List.of(entitled, unrestricted(caller, alias)));
    }
    if (access == Access.UPDATE && "Communication".equals(type)) {
      entitled = Sql.or(List.of(entitled, sent(caller, alias)));
    }
    return delegated == Sql.TRUE ? entitled : Sql.and(List.of(delegated, entitled));
  }

  /** Who has gone out of a thread still takes back what they wrote there, unseen. */
  private static Sql sent(Caller caller, String alias) {
    return Sql.of(
        "(%1$s.thread is not null and %1$s.keys @> :own)".formatted(alias),
        "own",
        new long[] {Restricted.sentBy(caller.reference())});
  }

  /** A message's own label hides it and its files from proxies, as that of a thread hides all. */
  private static Sql unrestricted(Caller caller, String alias) {
    return Sql.of(
        """
        (not (%1$s.keys && :restricted and not %1$s.keys && :own) and not exists (
          select from resource m
          where m.self = %1$s.thread and m.keys && :restricted and not m.keys && :own))"""
            .formatted(alias),
        "restricted",
        Restricted.keys(),
        "own",
        new long[] {Restricted.sentBy(caller.reference())});
  }

  /** Analysts work on views without names; the directory is open to them. */
  private static void analystsRefused(Caller caller, String type) {
    if (caller.roles().contains("analyst")
        && Collections.disjoint(caller.roles(), BreakGlassOperation.CLINICIANS)
        && !Audience.isDirectory(type)
        && !"Subscription".equals(type)) {
      throw Refusal.forbidden(
          "analysts-use-views", "Analysts do not read records; they use the de-identified views");
    }
  }

  /** What the scopes leave (E-6 to E-10): a union. */
  private Sql delegated(Caller caller, Access access, String type, String alias) {
    List<Sql> either = new ArrayList<>();
    for (Scopes.Grant grant : caller.scopes().grants()) {
      if (counts(caller, grant)
          && grant.letters().indexOf(access.letter()) >= 0
          && (type == null || grant.type().equals("*") || grant.type().equals(type))) {
        Sql part = part(caller, grant, type, alias);
        if (part == Sql.TRUE) {
          return Sql.TRUE;
        }
        either.add(part);
      }
    }
    return either.isEmpty() ? Sql.FALSE : Sql.or(either);
  }

  /** E-9, E-11: a client's own policy is not a person's. */
  private static boolean counts(Caller caller, Scopes.Grant grant) {
    return switch (grant.context()) {
      case "system" -> caller.isSystem();
      case "patient" -> !caller.isSystem() && caller.patient() != null;
      default -> !caller.isSystem();
    };
  }

  private Sql part(Caller caller, Scopes.Grant grant, String type, String alias) {
    List<Sql> all = new ArrayList<>();
    if (type == null && !grant.type().equals("*")) {
      all.add(Sql.of(alias + ".type = :type", "type", types.code(grant.type())));
    }
    if (grant.context().equals("patient")) {
      all.add(
          Sql.of(
              effective(alias) + " && :keys",
              "keys",
              new long[] {
                AudienceKey.PATIENT.of(Keys.of(caller.patient())), AudienceKey.EVERYBODY
              }));
    }
    if (!grant.query().isEmpty()) {
      Optional<KeyFilter> filter = filter(grant);
      all.add(filter.isEmpty() ? Sql.FALSE : filter.get().over(alias));
    }
    return all.isEmpty() ? Sql.TRUE : Sql.of("(:all)", "all", Sql.and(all));
  }

  /** Empty if the query cannot be judged: then the scope gives nothing, rather than everything. */
  private Optional<KeyFilter> filter(Scopes.Grant grant) {
    if (grant.type().equals("*")) {
      return Optional.empty();
    }
    try {
      return Optional.of(criteria.filter(grant.type() + "?" + grant.query()));
    } catch (Refusal e) {
      return Optional.empty();
    }
  }

  private Sql entitled(Caller caller, String type, String alias) {
    Sql own =
        Sql.of(
            """
            (%1$s && :open or exists (
              select from access_grant g
              where g.holder = any(array(select holders(:person, :now))) and g.key = any(%1$s)
                and g.low <= :now and :now < g.high
                and (g.since is null or g.source = %2$s.self or g.since <= coalesce(%2$s.at,
                  (select m.at from resource m where m.self = %2$s.thread and %2$s.type <> :message), %2$s.updated))))"""
                .formatted(effective(alias), alias),
            "message",
            types.code("Communication"),
            "open",
            open(caller),
            "person",
            Keys.of(caller.reference()),
            "now",
            clock.instant());
    return caller.kind() == Kind.STAFF && (type == null || Audience.DEMOGRAPHICS.contains(type))
        ? Sql.or(List.of(own, acquaintedInstead(caller, alias)))
        : own;
  }

  /** Who somebody is of whom those talk for whom one stands in. */
  private Sql acquaintedInstead(Caller caller, String alias) {
    return Sql.of(
        """
        exists (
          select from access_grant g
          where g.holder = any(array(select h # :standins from holders(:person, :now) h)) and g.key = any(%s.audience)
            and g.key # g.about = :acquainted and g.low <= :now and :now < g.high)"""
            .formatted(alias),
        "standins",
        StandIns.KIND,
        "acquainted",
        AudienceKey.ACQUAINTED.kind(),
        "person",
        Keys.of(caller.reference()),
        "now",
        clock.instant());
  }

  /** The keys that nobody has to be given. */
  private static long[] open(Caller caller) {
    if (caller.kind() != Kind.STAFF) {
      return new long[] {AudienceKey.EVERYBODY};
    }
    return caller.roles().contains(BreakGlass.PRIVACY_OFFICER)
        ? new long[] {AudienceKey.EVERYBODY, AudienceKey.ANY_STAFF, AudienceKey.PRIVACY_OFFICERS}
        : new long[] {AudienceKey.EVERYBODY, AudienceKey.ANY_STAFF};
  }

  @Override
  public Sql compartment(Local owner, String alias) {
    return owner.type().equals("Patient")
        ? Sql.of(
            "(%s.type <> :message or (%s && :keys) is not true)".formatted(alias, effective(alias)),
            "message",
            types.code("Communication"),
            "keys",
            new long[] {AudienceKey.STAFF_ONLY})
        : Sql.TRUE;
  }

  /** A message has the audience of its thread, as it is now; an attachment, that of its message. */
  private static String effective(String alias) {
    return """
        coalesce(%1$s.audience, (
          select coalesce(h.audience, (select o.audience from resource o where o.self = h.thread))
          from resource h where h.self = %1$s.thread))"""
        .formatted(alias);
  }

  @Override
  public boolean sees(Caller caller, String type, long self, long[] keys, long[] audience) {
    if (!delegates(caller, type, self, keys, audience)
        || caller.kind() == Kind.PROXY && Restricted.from(caller.reference(), keys)) {
      return false;
    }
    return caller.isSystem()
        || has(audience, Keys.of(caller.reference()))
        || Arrays.stream(open(caller)).anyMatch(k -> has(audience, k));
  }

  private boolean delegates(Caller caller, String type, long self, long[] keys, long[] audience) {
    for (Scopes.Grant grant : caller.scopes().grants()) {
      if (counts(caller, grant)
          && (grant.type().equals("*") || grant.type().equals(type))
          && grant.letters().indexOf('r') >= 0
          && (!grant.context().equals("patient")
              || has(audience, Keys.of(caller.patient()))
              || has(audience, AudienceKey.EVERYBODY))
          && (grant.query().isEmpty()
              || filter(grant).filter(f -> f.matches(keys, self)).isPresent())) {
        return true;
      }
    }
    return false;
  }

  private static boolean has(long[] sorted, long key) {
    return Arrays.binarySearch(sorted, key) >= 0;
  }

  @Override
  public long[] audience(Caller caller, Resource resource, IndexValues values) {
    return audience.of(caller, resource, values);
  }
}
