// SPDX-License-Identifier: Apache-2.0
package dev.parley.feed;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import dev.parley.store.Codes;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;

/** Pieces of the JSON that dialects put together around stored text. */
final class JsonText {
  private JsonText() {}

  static String quote(String text) {
    StringBuilder out = new StringBuilder(text.length() + 2).append('"');
    JsonStringEncoder.getInstance().quoteAsString(text, out);
    return out.append('"').toString();
  }

  /** Unique, not secret. */
  static String uuid() {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    long high = random.nextLong() & ~0xf000L | 0x4000L;
    long low = random.nextLong() & ~(3L << 62) | 1L << 63;
    return new UUID(high, low).toString();
  }

  /** The extension with a reader's counters, as a field with a comma before it; empty for none. */
  static String unread(Readership.Unread unread) {
    if (unread == null) {
      return "";
    }
    String thread =
        unread.thread() == null
            ? ""
            : "{\"url\":\"thread\",\"valueUnsignedInt\":" + unread.thread() + "},";
    return ",\"extension\":[{\"url\":\""
        + Codes.UNREAD
        + "\",\"extension\":["
        + thread
        + "{\"url\":\"all\",\"valueUnsignedInt\":"
        + unread.all()
        + "}]}]";
  }

  static String outcome(String severity, String issue, String reason, String sentence) {
    return """
        {"resourceType":"OperationOutcome","issue":[{"severity":"%s","code":"%s","details":{"coding":[\
        {"system":"https://parley.dev/fhir/CodeSystem/reason","code":"%s"}]},"diagnostics":%s}]}"""
        .formatted(severity, issue, reason, quote(sentence));
  }
}
