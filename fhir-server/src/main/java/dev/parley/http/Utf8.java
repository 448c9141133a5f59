// SPDX-License-Identifier: Apache-2.0
package dev.parley.http;

import ca.uhn.fhir.rest.api.server.RequestDetails;
import dev.parley.access.Refusal;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** Bodies are UTF-8; HAPI puts a question mark where they are not. */
final class Utf8 {
  private Utf8() {}

  /**
   * @param text the body as it was decoded
   * @throws Refusal 400 if something was lost by that
   */
  static void check(String text, RequestDetails request) {
    if (text.indexOf('\uFFFD') < 0) {
      return;
    }
    try {
      StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(request.loadRequestContents()));
    } catch (CharacterCodingException e) {
      throw Refusal.invalid("not-utf-8", "The body is not valid UTF-8");
    }
  }
}
