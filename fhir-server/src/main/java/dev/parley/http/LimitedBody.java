// SPDX-License-Identifier: Apache-2.0
package dev.parley.http;

import dev.parley.access.Refusal;
import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/** A request whose body ends with a refusal (413) when it grows past the limit. */
final class LimitedBody extends HttpServletRequestWrapper {
  /** A client that has not sent all yet would not read the answer. */
  private static final long DRAINED = 64L << 20;

  private final long limit;
  private final boolean zipped;

  private LimitedBody(HttpServletRequest request, long limit, boolean zipped) {
    super(request);
    this.limit = limit;
    this.zipped = zipped;
  }

  /**
   * The same request with its body unzipped and limited: a small zip unfolds without end.
   *
   * @throws Refusal 413 if its length says already that it is too long, 415 for another encoding
   */
  static HttpServletRequest of(HttpServletRequest request, long limit) throws IOException {
    long length = request.getContentLengthLong();
    if (length > limit) {
      request.getInputStream().skip(Math.min(length, DRAINED));
      throw tooLarge(limit);
    }
    String encoding = request.getHeader("Content-Encoding");
    boolean zipped = "gzip".equalsIgnoreCase(encoding);
    if (encoding != null && !zipped && !encoding.equalsIgnoreCase("identity")) {
      throw Refusal.of(
          415, "not-supported", "content-encoding", "The body can be zipped with gzip only");
    }
    return new LimitedBody(request, limit, zipped);
  }

  private static Refusal tooLarge(long limit) {
    return Refusal.tooLarge("The body is longer than " + limit + " bytes; send it in parts");
  }

  private boolean isJson() {
    return String.valueOf(getContentType()).contains("json");
  }

  private static InputStream unzipped(InputStream raw) throws IOException {
    try {
      return new GZIPInputStream(raw);
    } catch (EOFException | ZipException e) {
      throw notZipped();
    }
  }

  private static Refusal notZipped() {
    return Refusal.invalid("not-gzip", "The body is not what its Content-Encoding says");
  }

  @Override
  public ServletInputStream getInputStream() throws IOException {
    ServletInputStream raw = super.getInputStream();
    InputStream body = zipped ? unzipped(raw) : raw;
    return new ServletInputStream() {
      private final NumberSizes sizes = isJson() ? new NumberSizes() : null;
      private long read;

      @Override
      public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
      }

      @Override
      public int read(byte[] into, int from, int length) throws IOException {
        try {
          int count = body.read(into, from, length);
          count(count);
          if (sizes != null) {
            sizes.look(into, from, count);
          }
          return count;
        } catch (EOFException | ZipException e) {
          if (zipped) {
            throw notZipped();
          }
          throw e;
        }
      }

      private void count(int more) throws IOException {
        read += Math.max(more, 0);
        if (read > limit) {
          raw.skip(DRAINED);
          throw tooLarge(limit);
        }
      }

      @Override
      public boolean isFinished() {
        return raw.isFinished();
      }

      @Override
      public boolean isReady() {
        return raw.isReady();
      }

      @Override
      public void setReadListener(ReadListener listener) {
        raw.setReadListener(listener);
      }
    };
  }
}
