// SPDX-License-Identifier: Apache-2.0
package dev.parley.attachment;

import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Names of files: as they come in a Content-Disposition, and as they go out in one (RFC 6266). */
final class FileName {
  private static final int LONGEST = 150;
  private static final Pattern EXTENDED =
      Pattern.compile(";\\s*filename\\*\\s*=\\s*utf-8'[^']*'([^;\\s]+)", Pattern.CASE_INSENSITIVE);
  private static final Pattern PLAIN =
      Pattern.compile(
          ";\\s*filename\\s*=\\s*(?:\"((?:[^\"\\\\]|\\\\.)*)\"|([^;\\s]+))",
          Pattern.CASE_INSENSITIVE);

  private FileName() {}

  /** The name in a header of a request, made harmless; null for none. */
  static String of(String disposition) {
    if (disposition == null) {
      return null;
    }
    Matcher extended = EXTENDED.matcher(disposition);
    if (extended.find()) {
      try {
        return harmless(URLDecoder.decode(extended.group(1), StandardCharsets.UTF_8));
      } catch (IllegalArgumentException e) {
        return null;
      }
    }
    Matcher plain = PLAIN.matcher(disposition);
    if (!plain.find()) {
      return null;
    }
    return harmless(
        plain.group(1) != null ? plain.group(1).replaceAll("\\\\(.)", "$1") : plain.group(2));
  }

  /**
   * Only the last part of a path, without what steers a terminal, a shell or the direction of
   * writing (a name that ends in exe and reads as if it ended in jpg).
   */
  static String harmless(String name) {
    if (name == null) {
      return null;
    }
    String last = name.substring(Math.max(name.lastIndexOf('/'), name.lastIndexOf('\\')) + 1);
    String clean =
        Normalizer.normalize(last, Normalizer.Form.NFC)
            .replaceAll("[\\p{Cntrl}\\p{Cf}\\p{Cs}\\p{Co}\\p{Cn}<>:\"|?*]", "")
            .replaceAll("\\s+", " ")
            .replaceAll("^[. ]+|[. ]+$", "");
    if (clean.length() > LONGEST) {
      int dot = clean.lastIndexOf('.');
      String ending = dot > 0 && clean.length() - dot <= 10 ? clean.substring(dot) : "";
      int end = LONGEST - ending.length();
      clean =
          clean.substring(0, Character.isHighSurrogate(clean.charAt(end - 1)) ? end - 1 : end)
              + ending;
    }
    return clean.isEmpty() ? null : clean;
  }

  /** The header of an answer. */
  static String disposition(String name, boolean shown) {
    String how = shown ? "inline" : "attachment";
    if (name == null) {
      return how;
    }
    String ascii = name.replaceAll("[^ -~]", "_").replace("\\", "_").replace("%", "_");
    return how
        + "; filename=\""
        + ascii
        + "\"; filename*=UTF-8''"
        + URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20").replace("*", "%2A");
  }
}
