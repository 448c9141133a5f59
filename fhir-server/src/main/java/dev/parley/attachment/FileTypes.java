// SPDX-License-Identifier: Apache-2.0
package dev.parley.attachment;

import dev.parley.access.Refusal;
import java.util.List;
import java.util.Set;
import org.apache.tika.Tika;
import org.apache.tika.mime.MediaType;
import org.apache.tika.mime.MediaTypeRegistry;

/** What a file is, by its first bytes: what a client says of it is believed only within that. */
final class FileTypes {
  /** Enough for every signature that there is. */
  static final int LOOKED_AT = 1 << 16;

  /** What browsers show without running anything of it. */
  private static final Set<String> SHOWN =
      Set.of(
          "image/jpeg",
          "image/png",
          "image/gif",
          "image/webp",
          "image/bmp",
          "image/avif",
          "application/pdf");

  private final Tika tika = new Tika();
  private final MediaTypeRegistry registry = MediaTypeRegistry.getDefaultRegistry();
  private final Set<String> allowed;

  FileTypes(List<String> allowed) {
    this.allowed = Set.copyOf(allowed);
  }

  /**
   * The type to keep.
   *
   * @param declared by the client; null or application/octet-stream leave it to us
   * @param start the first bytes of the file
   * @throws Refusal 415 if it is another than was said, or not among those that are taken
   */
  String decide(String declared, byte[] start) {
    MediaType found = MediaType.parse(tika.detect(start));
    MediaType said = declared == null ? null : MediaType.parse(declared);
    MediaType type = found;
    if (said != null && !said.getBaseType().equals(MediaType.OCTET_STREAM)) {
      type = registry.normalize(said.getBaseType());
      if (!agrees(type, found)) {
        throw Refusal.of(
            415,
            "not-supported",
            "attachment-type-mismatch",
            "The file is said to be %s and begins like %s; send it as what it is"
                .formatted(name(type), name(found)));
      }
    }
    if (!allowed.contains(type.toString()) && !allowed.contains(type.getType() + "/*")) {
      throw Refusal.of(
          415,
          "not-supported",
          "attachment-type",
          "Files of the type %s are not taken here; see PARLEY_ATTACHMENT_TYPES"
              .formatted(name(type)));
    }
    return type.toString();
  }

  /** The same, or a kind of it: a letter of a word processor is a kind of zip. */
  private boolean agrees(MediaType said, MediaType found) {
    MediaType base = registry.normalize(found.getBaseType());
    return said.equals(base)
        || !base.equals(MediaType.OCTET_STREAM) && registry.isSpecializationOf(said, base)
        || MediaContainer.alike(said.toString(), base.toString());
  }

  /** A type is no content, but what a client sends may be anything. */
  private static String name(MediaType type) {
    return type.toString().length() > 100 ? "another" : type.toString();
  }

  /** Whether a browser may show it in place: everything else is saved. */
  static boolean isShown(String type) {
    return SHOWN.contains(type) || type.startsWith("audio/") || type.startsWith("video/");
  }

  /** One signature stands for several types. */
  private static final class MediaContainer {
    private static final List<Set<String>> ALIKE =
        List.of(
            Set.of("video/webm", "audio/webm", "application/x-matroska", "video/x-matroska"),
            Set.of("video/mp4", "audio/mp4", "video/quicktime", "application/mp4", "video/x-m4v"),
            Set.of("image/heic", "image/heif", "image/avif", "application/mp4", "video/quicktime"),
            Set.of("audio/ogg", "audio/opus", "audio/vorbis", "application/ogg", "video/ogg"));

    static boolean alike(String said, String found) {
      return ALIKE.stream().anyMatch(family -> family.contains(said) && family.contains(found));
    }
  }
}
