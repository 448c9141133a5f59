// SPDX-License-Identifier: Apache-2.0
package dev.parley.departure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.parley.TestServer;
import dev.parley.TestServer.Reply;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class DeathTest {
  private static Place place;

  @BeforeAll
  static void start() {
    place = new Place(java.time.Clock.systemUTC());
    place.put("Practitioner/dr", "'active':true");
    place.put("Device/bot", "'status':'active'");
  }

  @AfterAll
  static void stop() {
    place.close();
  }

  private static void patient(String id, String more) {
    place.put("Patient/" + id, "'generalPractitioner':[{'reference':'Practitioner/dr'}]" + more);
  }

  private static String to(String subject, String... recipients) {
    StringBuilder text = new StringBuilder();
    for (String each : recipients) {
      text.append(text.isEmpty() ? "" : ",").append("{'reference':'" + each + "'}");
    }
    return (subject.isEmpty() ? "" : "'subject':{'reference':'" + subject + "'},")
        + ("'recipient':[" + text + "]");
  }

  private static String request(String id, String status, String to) {
    return place.put("CommunicationRequest/" + id, "'status':'" + status + "'," + to);
  }

  private static String message(String id, String to) {
    return place.put(
        "Communication/" + id,
        "'status':'on-hold','sender':{'reference':'Practitioner/dr'},'payload':[{'contentString':'x'}],"
            + to);
  }

  private static String status(String reference) {
    JsonNode resource = place.system.get(reference).json();
    return resource.at("/status").asText()
        + resource.at("/statusReason/coding/0/code").asText("").replaceAll("(.+)", " $1");
  }

  @Test
  void what_was_to_be_sent_to_the_patient_ends_with_the_record_of_the_death_and_is_told() {
    patient("anna", "");
    place.put("RelatedPerson/son", "'patient':{'reference':'Patient/anna'}");
    String reminder = request("reminder", "active", to("Patient/anna", "Patient/anna"));
    String forSon = request("for-son", "on-hold", to("Patient/anna", "RelatedPerson/son"));
    String done = request("done", "completed", to("Patient/anna", "Patient/anna"));
    String staff = request("staff", "active", to("Patient/anna", "Practitioner/dr"));
    patient("bert", "");
    String both = request("both", "active", to("", "Patient/anna", "Patient/bert"));
    String scheduled = message("scheduled", to("Patient/anna", "Patient/anna"));
    String among = message("among", to("Patient/anna", "Practitioner/dr"));
    place.put(
        "Communication/rests",
        "'status':'on-hold','sender':{'reference':'Practitioner/dr'},"
            + to("Patient/anna", "Patient/anna"));
    int events = place.count("event");
    patient("anna", ",'deceasedDateTime':'2026-01-01'");
    assertEquals("revoked deceased", status(reminder));
    assertEquals("revoked deceased", status(forSon));
    assertEquals("completed", status(done));
    assertEquals("active", status(staff));
    assertEquals("active", status(both));
    assertEquals(
        "[{\"reference\":\"Patient/bert\"}]",
        place.system.get(both).json().at("/recipient").toString());
    assertEquals("not-done deceased", status(scheduled));
    assertEquals("on-hold", status(among));
    assertEquals("on-hold", status("Communication/rests"));
    assertEquals(events + 5, place.count("event"));
    // Said again, it stops nothing that staff have since decided on.
    request("since", "active", to("Patient/anna", "RelatedPerson/son"));
    patient("anna", ",'deceasedDateTime':'2026-01-02'");
    assertEquals("active", status("CommunicationRequest/since"));
  }

  @Test
  void an_absent_or_false_death_stops_nothing() {
    patient("alive", "");
    String reminder = request("alive", "active", to("Patient/alive", "Patient/alive"));
    patient("alive", ",'deceasedBoolean':false");
    assertEquals("active", status(reminder));
  }

  @Test
  void the_death_in_one_of_merged_records_stops_what_is_for_the_other() {
    patient("m1", "");
    patient("m2", ",'link':[{'other':{'reference':'Patient/m1'},'type':'replaces'}]");
    String reminder = request("merged", "active", to("Patient/m1", "Patient/m1"));
    patient(
        "m2",
        ",'deceasedBoolean':true,'link':[{'other':{'reference':'Patient/m1'},'type':'replaces'}]");
    assertEquals("revoked deceased", status(reminder));
    assertEquals("deceased", automatic("m1").reason());
  }

  @Test
  void nothing_automatic_is_sent_from_then_on_and_staff_still_write_and_read() {
    patient("gone", "");
    place.consent("gone");
    assertEquals(201, automatic("gone").status(), automatic("gone").body());
    TestServer them = place.person("Patient/gone");
    assertEquals(200, them.get("Patient/gone").status());
    patient("gone", ",'deceasedBoolean':true");
    Reply no = automatic("gone");
    assertEquals(422, no.status(), no.body());
    assertEquals("deceased", no.reason());
    assertEquals(401, them.get("Patient/gone").status());
    TestServer doctor = place.person("Practitioner/dr");
    assertEquals(200, doctor.get("Patient/gone").status());
    place.put(
        "RelatedPerson/executor",
        "'patient':{'reference':'Patient/gone'},'relationship':[{'coding':[{'code':'EXCEST'}]}]");
    place.put("RelatedPerson/other", "'patient':{'reference':'Patient/gone'}");
    assertNotEquals(401, place.person("RelatedPerson/executor").get("Patient/gone").status());
    assertEquals(401, place.person("RelatedPerson/other").get("Patient/gone").status());
    Reply written =
        doctor.post(
            "Communication",
            Place.json(
                "'resourceType':'Communication','status':'completed','payload':[{'contentString':'x'}],"
                    + to("Patient/gone", "RelatedPerson/executor")));
    assertTrue(written.status() == 201, written.body());
    // A record of what another system sent is kept as it came.
    assertEquals(201, place.system.post("Communication", automaticBody("gone")).status());
  }

  private static String automaticBody(String patient) {
    return Place.json(
        "'resourceType':'Communication','status':'completed','sender':{'reference':'Device/bot'},'payload':[{'contentString':'x'}],"
            + to("Patient/" + patient, "Patient/" + patient));
  }

  private static Reply automatic(String patient) {
    return place.messaging.post("Communication", automaticBody(patient));
  }
}
