// SPDX-License-Identifier: Apache-2.0
package dev.parley.wording;

import dev.parley.wording.Entry.Where;
import dev.parley.wording.Phrases.Phrase;
import dev.parley.wording.Tokens.Kind;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Looks through a text once, from left to right; the time it takes grows with its length. */
final class Checker {
  /** More than these nobody reads. */
  static final int MOST = 50;

  // How far, in characters, a dose or a route makes a medication context.
  private static final int NEAR = 40;

  private final WordingList list;
  private final boolean words;
  private final Tokens tokens;
  private final Doses doses;
  private final Tone tone;
  private final List<Finding> found = new ArrayList<>();
  private final boolean[] evidence;

  private Checker(WordingList list, String text, boolean words) {
    this.list = list;
    this.words = words;
    tokens = Tokens.of(text);
    evidence = new boolean[tokens.size()];
    doses = new Doses(tokens);
    tone = new Tone(tokens);
  }

  /**
   * What may be read wrongly, in order, {@link #MOST} at the most.
   *
   * @param language of the text, null if not known: the words of the list are of one language
   */
  static List<Finding> check(WordingList list, String text, String language) {
    boolean same =
        language == null || language.isEmpty() || of(language).equals(of(list.language()));
    Checker checker = new Checker(list, text, same);
    checker.run();
    checker.found.sort(Comparator.comparingInt(Finding::offset));
    return checker.found.size() > MOST ? checker.found.subList(0, MOST) : checker.found;
  }

  private static String of(String language) {
    return language.split("[-_]")[0].toLowerCase(java.util.Locale.ROOT);
  }

  private void run() {
    for (int i = 0; i < evidence.length; i++) {
      evidence[i] = tokens.is(i, Kind.WORD) && list.context().contains(tokens.lower(i));
    }
    for (int i = 0; i < tokens.size() && found.size() < 4 * MOST; i++) {
      int last = words ? phrase(i) : i;
      for (String form : tone.at(i)) {
        report(form, i, tone.last(form, i));
      }
      for (String form : doses.at(i)) {
        report(form, doses.first(form, i), doses.last(form, i));
      }
      i = last;
    }
  }

  private void report(String form, int from, int to) {
    Entry entry = list.forms().get(form);
    if (entry != null) {
      add(entry, tokens.start(from), tokens.end(Math.min(to, tokens.size() - 1)));
    }
  }

  private void add(Entry entry, int from, int to) {
    found.add(new Finding(entry, from, to - from, tokens.text.substring(from, to)));
  }

  /** Reports the longest phrase that begins here, and gives the last token of it. */
  private int phrase(int i) {
    int from = tokens.start(i);
    for (Phrase phrase : list.phrases().at(tokens.text, from)) {
      int to = from + phrase.written().length();
      int last = i;
      while (last + 1 < tokens.size() && tokens.end(last) < to) {
        last++;
      }
      if (tokens.end(last) == to
          && !(tokens.is(last, Kind.WORD)
              && tokens.joined(last + 1)
              && tokens.is(last + 1, Kind.NUMBER))
          && holds(phrase.entry(), i, last)) {
        add(phrase.entry(), from, to);
        return last;
      }
    }
    return i;
  }

  private boolean holds(Entry entry, int first, int last) {
    boolean word = !tokens.is(first, Kind.SIGN);
    boolean afterNumber = tokens.is(first - 1, Kind.NUMBER);
    if (word
        && tokens.joined(first)
        && !(afterNumber && entry.where() == Where.AFTER_NUMBER)
        && !tokens.is(first - 1, Kind.SIGN)) {
      return false;
    }
    return switch (entry.where()) {
          case ANYWHERE -> true;
          case AFTER_NUMBER -> afterNumber;
          case MEDICATION -> inContext(first, last);
        }
        && !entry.notBefore().contains(tokens.lower(last + 1))
        && !entry.notAfter().contains(tokens.lower(first - 1));
  }

  /** A dose, a route or a frequency close by, the phrase itself not counted. */
  private boolean inContext(int first, int last) {
    for (int i = first - 1; i >= 0 && tokens.start(first) - tokens.end(i) <= NEAR; i--) {
      if (evidence[i]) {
        return true;
      }
    }
    for (int i = last + 1; i < tokens.size() && tokens.start(i) - tokens.end(last) <= NEAR; i++) {
      if (evidence[i]) {
        return true;
      }
    }
    return false;
  }
}
