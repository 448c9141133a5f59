// SPDX-License-Identifier: Apache-2.0
package dev.parley.attachment;

import dev.parley.access.Caller;
import dev.parley.access.Refusal;
import dev.parley.attachment.Content.Scan;
import dev.parley.store.ResourceStore;
import dev.parley.store.Step;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Each minute, by one of the processes: uploads that no message refers to are deleted after their
 * time, bytes that nobody has any more are removed, and what waits for the virus scanner is shown
 * to it again.
 */
final class AttachmentJob {
  private static final Logger LOG = LoggerFactory.getLogger(AttachmentJob.class);
  private static final int AT_ONCE = 100;
  private static final int LOOKED_AT = 1_000;

  /** Bytes are kept for a while, so that an upload of the same finds them. */
  private static final Duration RESTING = Duration.ofHours(1);

  /** No upload takes longer. */
  private static final Duration LONGEST_UPLOAD = Duration.ofHours(24);

  private final Contents contents;
  private final Intake intake;
  private final FileKeys fileKeys;
  private final Scanner scanner;
  private final Binaries binaries;
  private final Supplier<ResourceStore> store;
  private final Duration unclaimed;
  private final Clock clock;

  AttachmentJob(
      Contents contents,
      Intake intake,
      FileKeys fileKeys,
      Scanner scanner,
      Binaries binaries,
      Supplier<ResourceStore> store,
      Duration unclaimed,
      Clock clock) {
    this.contents = contents;
    this.intake = intake;
    this.fileKeys = fileKeys;
    this.scanner = scanner;
    this.binaries = binaries;
    this.store = store;
    this.unclaimed = unclaimed;
    this.clock = clock;
  }

  /** Once through; what fails is tried again in the next minute. */
  void sweep() {
    try {
      sweep(clock.instant());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void sweep(Instant now) throws IOException {
    for (Contents.Unclaimed each : contents.unclaimed(now.minus(unclaimed), LOOKED_AT)) {
      delete(each);
    }
    for (Content content : contents.unused(now.minus(RESTING), LOOKED_AT)) {
      if (contents.release(content, now.minus(RESTING), now)) {
        intake.removed(content.place());
      }
    }
    for (String place : contents.leftBehind(now.minus(LONGEST_UPLOAD), AT_ONCE)) {
      intake.removed(place);
    }
    fileKeys.renew(now);
    if (scanner.isThere()) {
      scan();
    }
  }

  /** Only if no message has claimed it since: that makes a version. */
  private void delete(Contents.Unclaimed binary) {
    try {
      store.get().as(Caller.SYSTEM).write(Step.delete("Binary", binary.id(), binary.version()));
      LOG.info("Binary/{} is a part of nothing and was deleted", binary.id());
    } catch (Refusal e) {
      LOG.info("Binary/{} is not deleted: {}", binary.id(), e.reason());
    }
  }

  private void scan() {
    for (Content content : contents.waiting(AT_ONCE)) {
      Scan scan = scanned(content);
      if (scan == Scan.PENDING) {
        return;
      }
      contents.scanned(content.hash(), scan);
      contents.having(content.hash()).forEach(id -> say(id, scan));
    }
  }

  private Scan scanned(Content content) {
    try {
      return scanner.scan(intake.open(content));
    } catch (Refusal e) {
      return Scan.UNSCANNABLE;
    }
  }

  private void say(String id, Scan scan) {
    store
        .get()
        .as(Caller.SYSTEM)
        .write(
            Step.patch(
                "Binary",
                id,
                stored -> binaries.changed(stored, b -> Binaries.state(b, scan)),
                null));
    LOG.info("Binary/{} is {}", id, scan.word());
  }
}
