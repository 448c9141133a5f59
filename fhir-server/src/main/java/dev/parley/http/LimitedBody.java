// SPDX-License-Identifier: Apache-2.0
package dev.parley.http;

import dev.parley.access.Refusal;
import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import java.io.IOException;

/** A request whose body ends with a refusal (413) when it grows past the limit. */
final class LimitedBody extends HttpServletRequestWrapper {
  /** A client that has not sent all yet would not read the answer. */
  private static final long DRAINED = 64L << 20;

  private final long limit;

  private LimitedBody(HttpServletRequest request, long limit) {
    super(request);
    this.limit = limit;
  }

  /**
   * The same request with its body limited.
   *
   * @throws Refusal 413 if its length says already that it is too long
   */
  static HttpServletRequest of(HttpServletRequest request, long limit) throws IOException {
    long length = request.getContentLengthLong();
    if (length > limit) {
      request.getInputStream().skip(Math.min(length, DRAINED));
      throw tooLarge(limit);
    }
    return length >= 0 ? request : new LimitedBody(request, limit);
  }

  private static Refusal tooLarge(long limit) {
    return Refusal.tooLarge("The body is longer than " + limit + " bytes; send it in parts");
  }

  @Override
  public ServletInputStream getInputStream() throws IOException {
    ServletInputStream body = super.getInputStream();
    return new ServletInputStream() {
      private long read;

      @Override
      public int read() throws IOException {
        int next = body.read();
        count(next < 0 ? 0 : 1);
        return next;
      }

      @Override
      public int read(byte[] into, int from, int length) throws IOException {
        int count = body.read(into, from, length);
        count(count);
        return count;
      }

      private void count(int more) throws IOException {
        read += Math.max(more, 0);
        if (read > limit) {
          body.skip(DRAINED);
          throw tooLarge(limit);
        }
      }

      @Override
      public boolean isFinished() {
        return body.isFinished();
      }

      @Override
      public boolean isReady() {
        return body.isReady();
      }

      @Override
      public void setReadListener(ReadListener listener) {
        body.setReadListener(listener);
      }
    };
  }
}
