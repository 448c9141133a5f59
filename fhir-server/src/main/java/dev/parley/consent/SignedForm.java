// SPDX-License-Identifier: Apache-2.0
package dev.parley.consent;

import dev.parley.access.Refusal;
import dev.parley.store.Moments;
import dev.parley.store.WrittenSource;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.Set;
import org.hl7.fhir.r4.model.Attachment;

/**
 * The document that a signature makes of the organisation's text: what was read, by whom it was
 * signed and when, with its hash.
 */
final class SignedForm {
  private static final Set<String> IMAGES = Set.of("image/png", "image/jpeg");
  private static final int LARGEST = 200_000;

  private SignedForm() {}

  /**
   * Signed by typing one's name.
   *
   * @throws Refusal 422 without a name
   */
  static Attachment typed(String text, String name, String who, Instant at) {
    if (name == null || name.isBlank() || name.length() > 200) {
      throw Refusal.unprocessable(
          "required",
          "signature",
          "Sign by \"name\" (your full name) or \"drawing\" (PNG or JPEG)");
    }
    return attachment(
        "text/plain; charset=utf-8",
        text + "\n\nSigned (typed): " + name.strip() + "\n" + line(who, at) + "\n",
        at);
  }

  /**
   * Signed by drawing.
   *
   * @throws Refusal 422 if it is no small image
   */
  static Attachment drawn(String text, Attachment drawing, String who, Instant at) {
    if (!IMAGES.contains(String.valueOf(drawing.getContentType()))
        || !drawing.hasData()
        || drawing.getData().length > LARGEST) {
      throw Refusal.unprocessable(
          "value", "signature", "A drawing is a PNG or JPEG of at most 200 kB, as data");
    }
    return attachment(
        "text/html; charset=utf-8",
        "<!DOCTYPE html><html><head><title>Consent</title></head><body><p>"
            + escaped(text).replace("\n", "<br>")
            + "</p><p>Signed (drawn):<br><img alt=\"signature\" src=\"data:"
            + drawing.getContentType()
            + ";base64,"
            + Base64.getEncoder().encodeToString(drawing.getData())
            + "\"></p><p>"
            + escaped(line(who, at))
            + "</p></body></html>",
        at);
  }

  private static String line(String who, Instant at) {
    return "By " + who + ", at " + at;
  }

  private static Attachment attachment(String type, String content, Instant at) {
    byte[] data = content.getBytes(StandardCharsets.UTF_8);
    return new Attachment()
        .setContentType(type)
        .setTitle("Signed consent")
        .setData(data)
        .setSize(data.length)
        .setHash(WrittenSource.sha1(data))
        .setCreationElement(Moments.utc(at));
  }

  static String escaped(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }
}
