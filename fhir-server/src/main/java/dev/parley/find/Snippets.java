// SPDX-License-Identifier: Apache-2.0
package dev.parley.find;

import dev.parley.db.Database;
import dev.parley.db.Rows;
import java.util.ArrayList;
import java.util.List;
import org.hl7.fhir.r4.model.Attachment;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.StringType;

/** Pieces of messages around what was found in them, as HTML that holds nothing but marks. */
final class Snippets {
  /** Letters that stand in no text: they become the marks once everything else is escaped. */
  private static final String BEGIN = "\ue000";

  private static final String END = "\ue001";
  private static final String OPTIONS =
      "StartSel=%s, StopSel=%s, MaxFragments=2, MaxWords=25, MinWords=8, FragmentDelimiter=\" … \""
          .formatted(BEGIN, END);

  private final Database database;

  Snippets(Database database) {
    this.database = database;
  }

  /** One for each message, in this order. */
  List<String> of(List<Communication> messages, String question) {
    String sql =
        """
        select ts_headline(c, t, websearch_to_tsquery(c, ?), ?)
        from unnest(?, ?) with ordinality a(t, l, n),
             words_config(coalesce(words_language(l),
               (select words_language(value) from parley_state where name = 'find-language'))) c
        order by n""";
    return database.with(
        connection ->
            Rows.list(
                connection,
                sql,
                row -> marked(row.getString(1)),
                question,
                OPTIONS,
                messages.stream().map(Snippets::text).toArray(String[]::new),
                messages.stream().map(Snippets::language).toArray(String[]::new)));
  }

  private static String language(Communication message) {
    String language = message.getLanguage();
    return language == null || language.length() < 2 ? "" : language.substring(0, 2);
  }

  /** What is indexed, in the order in which it is read. */
  private static String text(Communication message) {
    List<String> parts = new ArrayList<>();
    if (message.getTopic().hasText()) {
      parts.add(message.getTopic().getText());
    }
    message
        .getPayload()
        .forEach(
            payload -> {
              if (payload.getContent() instanceof StringType string) {
                parts.add(string.getValue());
              } else if (payload.getContent() instanceof Attachment file && file.hasTitle()) {
                parts.add(file.getTitle());
              }
            });
    return String.join(" ", parts).replaceAll("[" + BEGIN + END + "]", "");
  }

  private static String marked(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;")
        .replace("'", "&#39;")
        .replace(BEGIN, "<mark>")
        .replace(END, "</mark>");
  }
}
