// SPDX-License-Identifier: Apache-2.0
package dev.parley.http;

import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpServletResponseWrapper;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;

/**
 * A response that goes out in large pieces. HAPI's JSON writer flushes after every value that it
 * hands to Jackson - an extension's, a number - and each of those would be a chunk and a system
 * call of its own: 789 for a page of an inbox.
 */
final class WholeResponse extends HttpServletResponseWrapper {
  private static final int CHARACTERS = 16_384;

  private PrintWriter writer;

  WholeResponse(HttpServletResponse response) {
    super(response);
  }

  @Override
  public PrintWriter getWriter() throws IOException {
    if (writer == null) {
      writer = new PrintWriter(new Unflushed(super.getWriter()));
    }
    return writer;
  }

  /** Lets out what nobody has closed. */
  void finish() {
    if (writer != null) {
      writer.close();
    }
  }

  private static final class Unflushed extends BufferedWriter {
    Unflushed(Writer out) {
      super(out, CHARACTERS);
    }

    @Override
    public void flush() {
      // When it is full, and at the end.
    }
  }
}
