// SPDX-License-Identifier: Apache-2.0
package dev.parley.attachment;

import dev.parley.access.Caller;
import dev.parley.cipher.KeyRing;
import dev.parley.config.Config;
import dev.parley.config.Setting;
import dev.parley.db.Database;
import dev.parley.feature.Feature;
import dev.parley.feature.Tools;
import dev.parley.store.Redaction;
import dev.parley.store.ResourceTypes;
import dev.parley.store.Rule;
import dev.parley.store.StoredResource;
import dev.parley.store.Visibility;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Puts the parts of this feature together. */
public final class Attachments implements Feature {
  private final Map<String, AttachmentStore> stores = new HashMap<>();
  private final FileKeys fileKeys;
  private final RawBinary raw;
  private final Reader reader;
  private final List<Rule> rules;

  /**
   * @param redaction what of a message, and so of its files, waits for its reader
   */
  public Attachments(Tools tools, ResourceTypes types, Visibility visibility, Redaction redaction) {
    Config config = tools.config();
    Clock clock = tools.clock();
    Database database = tools.database();
    Contents contents = new Contents(database);
    Binaries binaries = new Binaries(tools.fhir());
    FileTypes fileTypes = new FileTypes(config.list(Setting.PARLEY_ATTACHMENT_TYPES));
    Scanner scanner = new Scanner(config.text(Setting.PARLEY_CLAMAV));
    KeyRing keys = KeyRing.of(config.list(Setting.PARLEY_ATTACHMENT_KEY));
    AttachmentStore written = store(new ChunkStore(database), keys);
    if (config.isSet(Setting.PARLEY_S3_URL)) {
      // What is in the database already is read there.
      written = store(new S3Store(config), keys);
    }
    fileKeys = new FileKeys(contents, stores, keys);
    Intake intake =
        new Intake(
            stores,
            written,
            contents,
            fileTypes,
            scanner,
            fileKeys,
            Long.parseLong(config.text(Setting.PARLEY_ATTACHMENT_LIMIT_BYTES)),
            clock);
    Allowance allowance =
        new Allowance(
            database,
            config.number(Setting.PARLEY_UPLOADS_AT_ONCE),
            Long.parseLong(config.text(Setting.PARLEY_UPLOAD_BYTES_A_DAY)),
            clock);
    Parts parts = new Parts(types, visibility, redaction);
    reader =
        new Reader(
            tools.fhir(),
            database,
            contents,
            intake,
            parts,
            config.number(Setting.PARLEY_ATTACHMENT_FHIR_BYTES));
    raw =
        new RawBinary(tools.store(), new Upload(allowance, intake, binaries), new Download(reader));
    Files files = new Files(tools.references());
    Inline inline = new Inline(fileTypes, scanner.isThere());
    rules =
        List.of(
            new AttachmentRule(allowance, intake, clock),
            new CarrierRule(files, binaries, parts, inline));
    Duration unclaimed = Duration.ofHours(config.number(Setting.PARLEY_ATTACHMENT_HOURS));
    AttachmentJob job =
        new AttachmentJob(
            contents, intake, fileKeys, scanner, binaries, tools.store(), unclaimed, clock);
    tools.agenda().every(Duration.ofMinutes(1), "attachments", job::sweep);
    tools
        .agenda()
        .every(Duration.ofDays(1), "upload-days", () -> allowance.forget(clock.instant()));
  }

  /** Beside it the same one encrypted, which is written to if there is a key. */
  private AttachmentStore store(AttachmentStore plain, KeyRing keys) {
    AttachmentStore sealed = new SealedStore(plain, keys);
    stores.put(plain.kind(), plain);
    stores.put(sealed.kind(), sealed);
    return keys.isEmpty() ? plain : sealed;
  }

  @Override
  public void start() {
    fileKeys.tellMissingKeys();
  }

  @Override
  public List<Rule> rules() {
    return rules;
  }

  /** Uploads and downloads. */
  public RawBinary raw() {
    return raw;
  }

  /**
   * A Binary with its bytes in it, for who reads it as FHIR.
   *
   * @throws dev.parley.access.Refusal 406 if they are too many for that; what a download says
   */
  public StoredResource whole(Caller caller, StoredResource stored) {
    return stored.type().equals("Binary") && !stored.deleted()
        ? reader.whole(caller, stored)
        : stored;
  }

  @Override
  public void close() {
    stores.values().forEach(AttachmentStore::close);
  }
}
