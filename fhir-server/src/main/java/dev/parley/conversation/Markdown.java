// SPDX-License-Identifier: Apache-2.0
package dev.parley.conversation;

import java.util.Set;
import org.commonmark.node.AbstractVisitor;
import org.commonmark.node.FencedCodeBlock;
import org.commonmark.node.HtmlBlock;
import org.commonmark.node.HtmlInline;
import org.commonmark.node.Image;
import org.commonmark.node.IndentedCodeBlock;
import org.commonmark.node.Link;
import org.commonmark.node.ListBlock;
import org.commonmark.node.Node;
import org.commonmark.node.Text;
import org.commonmark.parser.Parser;
import org.commonmark.renderer.html.HtmlRenderer;

/**
 * A safe subset of Markdown as XHTML: emphasis, lists, code, and links to http or https. All else
 * is shown as it was typed: there is no way to a tag, an image or another address.
 */
final class Markdown {
  private static final Parser PARSER =
      Parser.builder()
          .enabledBlockTypes(
              Set.of(ListBlock.class, FencedCodeBlock.class, IndentedCodeBlock.class))
          .build();
  private static final HtmlRenderer RENDERER =
      HtmlRenderer.builder()
          .escapeHtml(true)
          .sanitizeUrls(true)
          .percentEncodeUrls(true)
          .softbreak("<br />\n")
          .build();

  private Markdown() {}

  static String xhtml(String text) {
    Node document = PARSER.parse(text);
    document.accept(new Narrowed());
    return RENDERER.render(document);
  }

  /** Replaces what is not allowed by what it says. */
  private static final class Narrowed extends AbstractVisitor {
    @Override
    public void visit(Image image) {
      visitChildren(image);
      unwrap(image);
    }

    @Override
    public void visit(Link link) {
      visitChildren(link);
      if (!link.getDestination().matches("(?i)https?://.+")) {
        unwrap(link);
      }
    }

    @Override
    public void visit(HtmlInline html) {
      html.insertBefore(new Text(html.getLiteral()));
      html.unlink();
    }

    @Override
    public void visit(HtmlBlock html) {
      html.insertBefore(new Text(html.getLiteral()));
      html.unlink();
    }

    private static void unwrap(Node node) {
      Node child = node.getFirstChild();
      while (child != null) {
        Node next = child.getNext();
        node.insertBefore(child);
        child = next;
      }
      node.unlink();
    }
  }
}
