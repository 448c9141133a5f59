// SPDX-License-Identifier: Apache-2.0
package dev.parley.conversation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MarkdownTest {
  @Test
  void emphasis_lists_code_and_links_are_shown() {
    assertEquals(
        "<p><strong>no</strong> <em>aspirin</em> <code>x &lt; 3</code></p>\n",
        Markdown.xhtml("**no** *aspirin* `x < 3`"));
    assertTrue(Markdown.xhtml("- one\n- two").contains("<li>one</li>"));
    assertTrue(Markdown.xhtml("2. one").contains("<ol start=\"2\">"));
    assertTrue(
        Markdown.xhtml("[leaflet](https://example.org/a?b=1&c=2)")
            .contains("href=\"https://example.org/a?b=1&amp;c=2\""));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "<script>alert(1)</script>",
        "a <img src=x onerror=alert(1)> b",
        "![x](https://example.org/pixel.png)",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "[x](https://e.org/\"onmouseover=\"alert(1))",
        "<https://e.org/\"><script>>",
        "<javascript:alert(1)>",
        "[![x](javascript:a)](javascript:b)",
        "<div\n\n<b>x</b>",
        "```\"><script>\nx\n```",
        "[x]: javascript:alert(1)\n\n[x]"
      })
  void nothing_else_becomes_a_tag_or_an_address(String text) {
    String shown = Markdown.xhtml(text);
    String tags =
        shown.replaceAll("</?(p|a|em|strong|ul|ol|li|pre|code)( [a-z]+=\"[^\"<>]*\")*>|<br />", "");
    assertFalse(tags.contains("<"), shown);
    assertFalse(shown.matches("(?is).*<[^>]* on\\w+=.*"), shown);
    assertFalse(shown.matches("(?is).*(href|src)=\"(?!https?://).*"), shown);
  }
}
