// SPDX-License-Identifier: Apache-2.0
package dev.parley.attachment;

import dev.parley.attachment.Reader.Readable;
import dev.parley.store.CallerStore;
import dev.parley.store.StoredResource;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Arrays;
import java.util.Optional;

/** GET and HEAD of a Binary's bytes: all of them, a range, or that they are still the same. */
final class Download {
  private static final String NOTHING_RUNS =
      "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'";

  private final Reader reader;

  Download(Reader reader) {
    this.reader = reader;
  }

  void answer(
      HttpServletRequest request,
      HttpServletResponse response,
      CallerStore mine,
      String id,
      String version)
      throws IOException {
    StoredResource stored = mine.download("Binary", id, version);
    Readable file = reader.open(mine.caller(), stored);
    headers(response, stored, file);
    if (unchanged(request, file.etag())) {
      response.setStatus(304);
      return;
    }
    Optional<ByteRange> range = range(request, file);
    response.setContentType(file.type());
    if (range.isPresent() && range.get().length() == 0) {
      response.setHeader("Content-Range", range.get().of(file.size()));
      response.setStatus(416);
      return;
    }
    ByteRange part = range.orElse(new ByteRange(0, file.size()));
    range.ifPresent(
        r -> {
          response.setStatus(206);
          response.setHeader("Content-Range", r.of(file.size()));
        });
    response.setContentLengthLong(part.length());
    if (!request.getMethod().equals("HEAD")) {
      file.write(part.from(), part.length(), response.getOutputStream());
    }
  }

  private static void headers(HttpServletResponse response, StoredResource stored, Readable file) {
    boolean shown = FileTypes.isShown(file.type());
    response.setHeader("ETag", file.etag());
    response.setDateHeader("Last-Modified", stored.updated().toEpochMilli());
    response.setHeader("Accept-Ranges", "bytes");
    response.setHeader("Vary", "Accept, Authorization");
    response.setHeader("Content-Disposition", FileName.disposition(file.name(), shown));
    // Browsers do not open their PDF viewer in a sandbox; it has one of its own.
    response.setHeader(
        "Content-Security-Policy",
        file.type().equals("application/pdf") ? NOTHING_RUNS : NOTHING_RUNS + "; sandbox");
  }

  private static boolean unchanged(HttpServletRequest request, String etag) {
    String known = request.getHeader("If-None-Match");
    return known != null
        && Arrays.stream(known.split(","))
            .map(tag -> tag.strip().replaceFirst("^W/", ""))
            .anyMatch(tag -> tag.equals("*") || tag.equals(etag));
  }

  /** If-Range asks for the part only of what the client has the rest of: by a strong tag. */
  private static Optional<ByteRange> range(HttpServletRequest request, Readable file) {
    String same = request.getHeader("If-Range");
    return request.getMethod().equals("HEAD") || same != null && !same.equals(file.etag())
        ? Optional.empty()
        : ByteRange.of(request.getHeader("Range"), file.size());
  }
}
