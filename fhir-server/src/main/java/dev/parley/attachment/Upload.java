// SPDX-License-Identifier: Apache-2.0
package dev.parley.attachment;

import dev.parley.access.Refusal;
import dev.parley.store.CallerStore;
import dev.parley.store.Draft;
import dev.parley.store.Step;
import dev.parley.store.StoredResource;
import dev.parley.store.Written;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** POST and PUT of a Binary's bytes: stored as they come in, then a Binary that has them. */
final class Upload {
  /** A client that has not sent all yet would not read the refusal. */
  private static final long DRAINED = 64L << 20;

  private static final Duration DRAINING = Duration.ofSeconds(5);

  private final Allowance allowance;
  private final Intake intake;
  private final Binaries binaries;

  Upload(Allowance allowance, Intake intake, Binaries binaries) {
    this.allowance = allowance;
    this.intake = intake;
    this.binaries = binaries;
  }

  /**
   * Stores it and answers 201.
   *
   * @param id null if the server gives it
   */
  void answer(
      HttpServletRequest request,
      HttpServletResponse response,
      CallerStore mine,
      String id,
      String base)
      throws IOException {
    // Before a gigabyte is taken in vain.
    mine.mayCreate("Binary");
    Received received;
    try (Allowance.Going going = allowance.begin(mine.caller(), request.getContentLengthLong())) {
      received = receive(request, going);
    } catch (Refusal e) {
      if (request.getHeader("Expect") == null) {
        drain(request.getInputStream());
      }
      throw e;
    }
    Draft draft = binaries.draft(received);
    Written written =
        mine.write(
            id == null ? Step.create(draft, condition(request)) : Step.update(draft, id, null));
    answer(request, response, written, base);
  }

  /** Not for ever: whoever sends slowly does not hold a thread with what is refused. */
  private static void drain(InputStream in) throws IOException {
    long end = System.nanoTime() + DRAINING.toNanos();
    byte[] taken = new byte[FileTypes.LOOKED_AT];
    long left = DRAINED;
    for (int read = 0; read >= 0 && left > 0 && System.nanoTime() < end; left -= read) {
      read = in.read(taken);
    }
  }

  private Received receive(HttpServletRequest request, Allowance.Going going) throws IOException {
    if (RawBinary.isForm(request.getContentType())) {
      throw Refusal.of(
          415,
          "not-supported",
          "attachment-form",
          "Send the bytes themselves, not a form: curl --data-binary @file"
              + " -H 'Content-Type: image/jpeg'");
    }
    String encoding = request.getHeader("Content-Encoding");
    if (encoding != null && !encoding.equalsIgnoreCase("identity")) {
      throw Refusal.of(
          415, "not-supported", "content-encoding", "A file is sent as it is, not zipped");
    }
    if (request.getContentLengthLong() > intake.limit()) {
      throw intake.tooLarge();
    }
    Content content =
        intake.take(going.counted(request.getInputStream()), request.getContentType());
    return new Received(content, FileName.of(request.getHeader("Content-Disposition")));
  }

  private static String condition(HttpServletRequest request) {
    String condition = request.getHeader("If-None-Exist");
    return condition == null || condition.isBlank()
        ? null
        : condition.substring(condition.indexOf('?') + 1);
  }

  private static void answer(
      HttpServletRequest request, HttpServletResponse response, Written written, String base)
      throws IOException {
    StoredResource stored = written.resource();
    response.setStatus(written.result() == Written.Result.CREATED ? 201 : 200);
    String location = base + "/" + stored.reference() + "/_history/" + stored.version();
    response.setHeader("Location", location);
    response.setHeader("Content-Location", location);
    response.setHeader("ETag", "W/\"" + stored.etag() + "\"");
    response.setDateHeader("Last-Modified", stored.updated().toEpochMilli());
    if (String.valueOf(request.getHeader("Prefer")).contains("return=minimal")) {
      return;
    }
    byte[] body = stored.json().getBytes(StandardCharsets.UTF_8);
    response.setContentType("application/fhir+json;charset=UTF-8");
    response.setContentLength(body.length);
    response.getOutputStream().write(body);
  }
}
