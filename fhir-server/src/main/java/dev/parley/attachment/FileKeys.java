// SPDX-License-Identifier: Apache-2.0
package dev.parley.attachment;

import dev.parley.access.Refusal;
import dev.parley.cipher.KeyRing;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Which files are encrypted with which key; those of an older one, or of none, are done anew. */
final class FileKeys {
  private static final Logger LOG = LoggerFactory.getLogger(FileKeys.class);
  private static final int AT_ONCE = 20;
  private static final int RETRY_SECONDS = 300;

  private final Contents contents;
  private final Map<String, AttachmentStore> stores;
  private final KeyRing keys;

  FileKeys(Contents contents, Map<String, AttachmentStore> stores, KeyRing keys) {
    this.contents = contents;
    this.stores = stores;
    this.keys = keys;
  }

  boolean isReadable(Content content) {
    String key = SealedStore.key(content.place());
    return key == null || keys.knows(key);
  }

  /**
   * @throws Refusal 503 if the file needs a key that is not here
   */
  void requireKey(Content content) {
    if (!isReadable(content)) {
      throw Refusal.unavailable(
          "attachment-key-missing",
          "The file is encrypted with key %s, which is not in PARLEY_ATTACHMENT_KEY"
              .formatted(SealedStore.key(content.place())),
          RETRY_SECONDS);
    }
  }

  /** At the start: better now than when somebody needs the file. */
  void tellMissingKeys() {
    contents
        .keys()
        .forEach(
            (key, files) -> {
              if (!keys.knows(key)) {
                LOG.error(
                    "{} attachments are encrypted with key {}, which is not in"
                        + " PARLEY_ATTACHMENT_KEY: they cannot be read",
                    files,
                    key);
              }
            });
  }

  /**
   * Encrypts some that are not encrypted with the first key. What was at the old place goes a day
   * later: it may be read just now.
   */
  void renew(Instant now) throws IOException {
    if (keys.isEmpty()) {
      return;
    }
    List<Content> some = contents.notUnder(keys.id(), AT_ONCE);
    for (Content content : some) {
      if (isReadable(content)) {
        renew(content, now);
      }
    }
    if (!some.isEmpty()) {
      LOG.info("{} attachments are encrypted with key {} now", some.size(), keys.id());
    }
  }

  private void renew(Content content, Instant now) throws IOException {
    String kind = Intake.kind(content.place());
    AttachmentStore old = stores.get(kind);
    AttachmentStore sealed =
        stores.get(kind.startsWith(SealedStore.SEALED) ? kind : SealedStore.SEALED + kind);
    if (old == null || sealed == null) {
      return;
    }
    String name = sealed.name();
    String place = sealed.kind() + "/" + name;
    contents.begin(place, now);
    AttachmentStore.Sink sink = sealed.write(name);
    try {
      OutputStream into = SealedStore.into(sink);
      old.read(Intake.name(content.place()), content.size(), 0, content.size(), into);
      sink.finish();
    } catch (IOException | RuntimeException e) {
      sink.abort();
      throw e;
    }
    contents.move(content, place, now);
  }
}
