// SPDX-License-Identifier: Apache-2.0
package dev.parley.conversation;

import dev.parley.store.Codes;
import java.util.List;
import org.hl7.fhir.r4.model.BooleanType;
import org.hl7.fhir.r4.model.CodeType;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.Extension;

/** That the writer means what they wrote, though it may be read wrongly: of this text, no other. */
final class Confirmed {
  static final String URL = Codes.CONFIRMED;

  private Confirmed() {}

  /** In place of what was said of the text before. */
  static void write(Communication message, BooleanType confirmed) {
    boolean isMeant = confirmed != null && Boolean.TRUE.equals(confirmed.getValue());
    put(message, isMeant ? List.of(new Extension(URL, new CodeType("wording"))) : List.of());
  }

  static void put(Communication message, List<Extension> confirmed) {
    message.getExtension().removeIf(e -> URL.equals(e.getUrl()));
    confirmed.forEach(message::addExtension);
  }
}
