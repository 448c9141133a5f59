// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.bench;

import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * The people and messages that are written: synthetic, seeded, and the same as those that other
 * servers were measured with. A message has {@value #BYTES} bytes unless told otherwise.
 */
final class Texts {
  static final int BYTES = 1200;

  /** Stands in every message, followed by its tag. */
  static final String MARK = "urn:bench:message";

  private static final String[] WORDS =
      ("the of and to in for your on with is that this from we have not are be please will can at morning evening "
              + "appointment tablet dose water sleep pain knee letter result clinic nurse question answer blood pressure sugar "
              + "reading week tomorrow yesterday better worse still since after before food walk rest call video form pharmacy")
          .split(" ");
  private static final String[] FAMILY = {
    "Alder", "Birch", "Cedar", "Elm", "Hazel", "Juniper", "Larch", "Maple", "Oak", "Rowan"
  };
  private static final String[] GIVEN = {
    "Ada", "Ben", "Cleo", "Dov", "Eva", "Finn", "Gia", "Hal", "Ida", "Jon"
  };

  private Texts() {}

  /** One of those that messages are made of. */
  static String word(Random32 random) {
    return WORDS[(int) (random.next() * WORDS.length)];
  }

  static String person(String type, int i) {
    String rest =
        type.equals("Patient")
            ? ",\"gender\":\"%s\",\"birthDate\":\"19%d-0%d-1%d\""
                .formatted(i % 2 == 0 ? "male" : "female", 50 + i % 50, 1 + i % 9, i % 10)
            : "";
    return """
        {"resourceType":"%s","identifier":[{"system":"urn:bench:person","value":"%s-%d"}],"active":true,\
        "name":[{"family":"%s","given":["%s"]}]%s}"""
        .formatted(type, type, i, FAMILY[i % 10], GIVEN[i / 10 % 10], rest);
  }

  /**
   * A chat message.
   *
   * @param tag unique; what a notification is known by
   * @param partOf the thread's first message, or null for the first message itself
   */
  static String message(
      Random32 random,
      String tag,
      String subject,
      String sender,
      String recipient,
      String partOf,
      Instant sent,
      int bytes) {
    StringBuilder text = new StringBuilder(bytes + 16);
    text.append("{\"resourceType\":\"Communication\",\"identifier\":[{\"system\":\"").append(MARK);
    text.append("\",\"value\":\"").append(tag).append("\"}]");
    if (partOf != null) {
      text.append(",\"partOf\":[{\"reference\":\"").append(partOf).append("\"}]");
    }
    text.append(
        ",\"status\":\"completed\",\"category\":[{\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/communication-category\",\"code\":\"notification\"}]}]");
    text.append(
        ",\"priority\":\"routine\",\"medium\":[{\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/v3-ParticipationMode\",\"code\":\"WRITTEN\"}]}]");
    text.append(",\"subject\":{\"reference\":\"").append(subject);
    text.append("\"},\"topic\":{\"text\":\"Follow-up after visit\"},\"sent\":\"");
    text.append(millis(sent));
    text.append("\",\"recipient\":[{\"reference\":\"").append(recipient);
    text.append("\"}],\"sender\":{\"reference\":\"").append(sender);
    text.append("\"},\"payload\":[{\"contentString\":\"");
    words(random, text, Math.max(40, bytes - text.length() - 4));
    return text.append("\"}]}").toString();
  }

  private static void words(Random32 random, StringBuilder text, int length) {
    int end = text.length() + length - 1;
    while (text.length() <= end) {
      text.append(WORDS[random.below(WORDS.length)]).append(' ');
    }
    text.setLength(end);
    text.append('.');
  }

  /** Always with three digits of milliseconds, so that every message is as long. */
  private static String millis(Instant instant) {
    String text = instant.truncatedTo(ChronoUnit.MILLIS).toString();
    return text.length() == 24 ? text : text.replace("Z", ".000Z");
  }
}
