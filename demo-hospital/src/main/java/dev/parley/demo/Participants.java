// SPDX-License-Identifier: Apache-2.0
package dev.parley.demo;

import org.hl7.fhir.r4.model.CareTeam;

/** Who the scripts mean by P, R, BOT and two letters. */
final class Participants {
  static final String ASSISTANT = "Device/parley-assistant";

  private final Records records;
  private final Staff staff;
  private final Families families;

  Participants(Records records, Staff staff, Families families) {
    this.records = records;
    this.staff = staff;
    this.families = families;
  }

  String reference(Script script, String who) {
    return switch (who) {
      case "P" -> "Patient/" + script.patient();
      case "R" ->
          families
              .proxyOf(script.patient())
              .map(p -> "RelatedPerson/" + p.getIdPart())
              .orElseThrow(() -> new IllegalStateException(script.id() + ": no proxy"));
      case "BOT" -> ASSISTANT;
      default -> "Practitioner/" + staff.get(who).id();
    };
  }

  /** The patient's whole team, or for what the patient must not read the professionals in it. */
  String team(Script script) {
    if (!script.kind().staffOnly()) {
      return "CareTeam/team-" + script.patient();
    }
    String id = "specialists-" + script.patient();
    if (!records.has("CareTeam/" + id)) {
      CareTeam all = records.get(CareTeam.class, "team-" + script.patient());
      CareTeam specialists = all.copy();
      specialists.setName(all.getName().replace("Care team", "Specialists"));
      specialists
          .getParticipant()
          .removeIf(p -> !p.getMember().getReference().startsWith("Practitioner/"));
      records.add(id, specialists);
    }
    return "CareTeam/" + id;
  }
}
