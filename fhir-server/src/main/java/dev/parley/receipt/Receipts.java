// SPDX-License-Identifier: Apache-2.0
package dev.parley.receipt;

import dev.parley.feature.Feature;
import dev.parley.feature.Tools;
import dev.parley.store.Rule;
import dev.parley.store.Visibility;
import java.util.List;

/** Who has read what: the feature, over the book that store and feed ask. */
public final class Receipts implements Feature {
  private final Tools tools;
  private final ReceiptBook book;
  private final Visibility visibility;

  public Receipts(Tools tools, ReceiptBook book, Visibility visibility) {
    this.visibility = visibility;
    this.tools = tools;
    this.book = book;
  }

  @Override
  public List<Rule> rules() {
    return List.of(new ReceiptRule(tools.references(), tools.clock()));
  }

  @Override
  public List<?> operations() {
    return List.of(
        new ReadingOperations(tools, book.reading(), book.unread(), visibility),
        new InboxOperation(tools, book.unread(), visibility));
  }

  @Override
  public void start() {
    book.start();
  }

  @Override
  public void close() {
    book.close();
  }
}
