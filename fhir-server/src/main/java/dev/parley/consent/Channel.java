// SPDX-License-Identifier: Apache-2.0
package dev.parley.consent;

import java.util.Map;
import java.util.Set;
import org.hl7.fhir.r4.model.CodeableConcept;

/**
 * The words for the way a message takes. Consents name them as text, as our codes ({@code
 * CodeSystem/channel}) or as v3-ParticipationMode, messages in {@code Communication.medium}.
 */
final class Channel {
  /** What is read on this server: a message that names no medium. */
  static final String APP = "app";

  private static final Map<String, String> WORDS =
      Map.ofEntries(
          Map.entry("app", APP),
          Map.entry("chat", APP),
          Map.entry("portal", APP),
          Map.entry("onlinewrit", APP),
          Map.entry("sms", "sms"),
          Map.entry("smswrit", "sms"),
          Map.entry("email", "email"),
          Map.entry("e-mail", "email"),
          Map.entry("emailwrit", "email"),
          Map.entry("phone", "phone"),
          Map.entry("video", "video"),
          Map.entry("videoconf", "video"),
          Map.entry("fax", "fax"),
          Map.entry("faxwrit", "fax"),
          Map.entry("letter", "letter"),
          Map.entry("mailwrit", "letter"));

  private Channel() {}

  /** The channel that a code is a word for, or null if it is a word for something else. */
  static String named(CodeableConcept code) {
    return Forms.of(code).stream().map(WORDS::get).filter(w -> w != null).findAny().orElse(null);
  }

  /** The channel of a medium; one that we have no word for is called what it calls itself. */
  static String of(CodeableConcept medium) {
    String known = named(medium);
    Set<String> forms = Forms.of(medium);
    return known != null ? known : forms.stream().sorted().findFirst().orElse(APP);
  }
}
