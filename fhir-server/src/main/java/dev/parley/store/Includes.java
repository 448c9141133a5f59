// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import dev.parley.store.References.Local;
import dev.parley.store.SearchParam.Kind;
import dev.parley.store.SearchRequest.Include;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * What {@code _include} and {@code _revinclude} add to a page. The references of a row are read
 * from its text, and belong to a parameter if their key is among the row's.
 */
final class Includes {
  /** Rounds of {@code :iterate}, and resources that are added to a page at the most. */
  private static final int ROUNDS = 5;

  private static final int LIMIT = 1000;
  private static final String MARK = "\"reference\":\"";

  private final SearchParams params;
  private final ResourceTypes types;
  private final References references;

  Includes(SearchParams params, ResourceTypes types, References references) {
    this.params = params;
    this.types = types;
    this.references = references;
  }

  List<StoredResource> of(
      List<Match> page, List<Include> includes, Sql visible, Connection connection)
      throws SQLException {
    Set<Long> seen = new HashSet<>();
    page.forEach(m -> seen.add(m.self()));
    List<StoredResource> added = new ArrayList<>();
    List<Match> from = page;
    for (int round = 0; round < ROUNDS && !from.isEmpty() && added.size() < LIMIT; round++) {
      boolean first = round == 0;
      List<Match> found = new ArrayList<>();
      for (Include include : includes) {
        if (first || include.iterate()) {
          for (Match match : fetch(from, include, visible, LIMIT - added.size(), connection)) {
            if (added.size() < LIMIT && seen.add(match.self())) {
              added.add(match.resource());
              found.add(match);
            }
          }
          if (first && include.iterate()) {
            // What this page's other includes brought is looked at in the next round.
            continue;
          }
        }
      }
      from = found;
    }
    return added;
  }

  private List<Match> fetch(
      List<Match> from, Include include, Sql visible, int limit, Connection connection)
      throws SQLException {
    Sql found = include.reverse() ? referrers(from, include) : targets(from, include);
    if (found == null) {
      return List.of();
    }
    Sql statement =
        Sql.of(
            """
            select r.self, r.type, r.id, r.version, r.updated, r.kind, r.body, r.keys
              from resource r
             where :found and r.body is not null and (:visible) order by r.self limit :limit""",
            "found",
            found,
            "visible",
            visible,
            "limit",
            limit);
    List<Match> matches = new ArrayList<>();
    try (PreparedStatement prepared = statement.prepare(connection);
        ResultSet rows = prepared.executeQuery()) {
      while (rows.next()) {
        matches.add(Match.read(rows, types, false, List.of(), true));
      }
    }
    return matches;
  }

  private Sql targets(List<Match> from, Include include) {
    Set<Long> selfs = new LinkedHashSet<>();
    for (Match match : from) {
      String type = match.resource().type();
      if (include.type() == null || include.type().equals(type)) {
        List<Long> keys = keys(type, include.code());
        for (Local local : locals(match.resource().text())) {
          if ((include.target() == null || include.target().equals(local.type()))
              && keys.stream().anyMatch(k -> match.has(k ^ local.self()))) {
            selfs.add(local.self());
          }
        }
      }
    }
    return selfs.isEmpty()
        ? null
        : Sql.of("r.self = any(:selfs)", "selfs", selfs.stream().mapToLong(l -> l).toArray());
  }

  private Sql referrers(List<Match> from, Include include) {
    List<Long> keys = keys(include.type(), include.code());
    long[] wanted =
        from.stream()
            .filter(m -> include.target() == null || include.target().equals(m.resource().type()))
            .flatMapToLong(m -> keys.stream().mapToLong(k -> k ^ m.self()))
            .toArray();
    return wanted.length == 0
        ? null
        : Sql.of(
            "r.type = :type and r.keys && :keys",
            "type",
            types.code(include.type()),
            "keys",
            wanted);
  }

  private List<Long> keys(String type, String code) {
    return params.of(type).values().stream()
        .filter(p -> p.kind() == Kind.REFERENCE && (code.equals("*") || code.equals(p.code())))
        .map(SearchParam::key)
        .toList();
  }

  /** The local references in a resource's text, wherever they stand. */
  private Set<Local> locals(String text) {
    Set<Local> locals = new LinkedHashSet<>();
    for (int i = text.indexOf(MARK); i >= 0; i = text.indexOf(MARK, i)) {
      i += MARK.length();
      references.local(text.substring(i, text.indexOf('"', i))).ifPresent(locals::add);
    }
    return locals;
  }
}
