// SPDX-License-Identifier: Apache-2.0
package dev.parley.find;

import dev.parley.db.Database;
import dev.parley.db.Rows;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Locale;

/** In which languages messages are, and questions are asked. */
final class Languages {
  /**
   * Two tsqueries.
   *
   * @param words what is looked for
   * @param loose without the order of the words in phrases, which the index does not know
   */
  record Asked(String words, String loose) {}

  private final Database database;
  private final String usual;

  /**
   * @param usual the language of messages that do not say theirs: "en"
   */
  Languages(Database database, String usual) {
    this.database = database;
    this.usual = usual.toLowerCase(Locale.ROOT);
  }

  /** Tells the database, which indexes by it, what the setting is. */
  void start() {
    String sql =
        """
        insert into parley_state (name, value) values ('find-language', ?)
          on conflict (name) do update set value = excluded.value where parley_state.value <> excluded.value""";
    database.run(connection -> Rows.change(connection, sql, usual));
  }

  /**
   * Words as people write them, as a tsquery over {@code message_words}: each message by the stems
   * of its own language.
   *
   * @return null if there is nothing to look for: no word, or only such as are not to be there
   */
  Asked query(String text) {
    String sql =
        """
        select string_agg(t, ' | '), string_agg(regexp_replace(t, ' <(-|[0-9]+)> ', ' & ', 'g'), ' | ')
        from (select '((' || q::text || ') & ' || quote_literal('~' || language) || ')' as t from (
          select language, websearch_to_tsquery(words_config(language), ?) q
          from (select distinct words_language(code) from text_language union select 'simple') l(language)) a
          where numnode(q) > 0 and querytree(q) not in ('', 'T')) b""";
    return database.with(connection -> Rows.one(connection, sql, Languages::asked, text));
  }

  private static Asked asked(ResultSet row) throws SQLException {
    String words = row.getString(1);
    // What is not to follow each other may well be there.
    return words == null ? null : new Asked(words, words.contains("!") ? words : row.getString(2));
  }
}
