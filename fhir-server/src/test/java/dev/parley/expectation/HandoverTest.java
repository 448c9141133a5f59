// SPDX-License-Identifier: Apache-2.0
package dev.parley.expectation;

import static dev.parley.expectation.Clinic.NURSE;
import static dev.parley.expectation.Clinic.SERVICE;
import static dev.parley.expectation.Clinic.STRANGER;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.TestServer.Reply;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What the next shift has to know, in one call. */
class HandoverTest {
  private static Clinic clinic;
  private static String patient;
  private static String thread;

  @BeforeAll
  static void start() {
    clinic = new Clinic();
    patient = clinic.patient("ward");
    clinic.stored(patient, "'active':true,'name':[{'given':['Ada'],'family':'Byron'}]");
    thread = clinic.thread(patient, SERVICE);
    clinic.said(patient, thread, ",'priority':'urgent'");
    clinic.stored("Location/4b", "'name':'Ward 4B'");
    clinic.stored(
        "Encounter/e",
        "'status':'in-progress','class':{'code':'IMP'},'subject':{'reference':'%s'},'location':[{'location':{'reference':'Location/4b'}}]"
            .formatted(patient));
    clinic.stored("Location/5c", "'name':'Ward 5C'");
    clinic.thread(clinic.patient("elsewhere"), STRANGER);
  }

  @AfterAll
  static void stop() {
    clinic.close();
  }

  private static Reply list(String who, String query) {
    return clinic.as(who).get("Task/$handover-list?" + query);
  }

  private static int count(Reply list) {
    assertEquals("count", list.json().at("/parameter/0/name").asText(), list.body());
    return list.json().at("/parameter/0/valueUnsignedInt").asInt();
  }

  @Test
  void what_is_not_there_is_no_empty_list() {
    for (String unknown :
        new String[] {
          "pool=HealthcareService/none",
          "pool=PractitionerRole/none",
          "pool=CareTeam/none",
          "location=Location/none"
        }) {
      Reply none = list(NURSE, unknown);
      assertEquals(404, none.status(), none.body());
      assertTrue(none.body().contains("/none"), none.body());
    }
    for (String bare : new String[] {"pool=none", "location=4b", "pool=" + patient}) {
      Reply refused = list(NURSE, bare);
      assertEquals(422, refused.status(), refused.body());
      assertEquals("handover-of", refused.reason());
      assertTrue(refused.body().contains("Type/id"), refused.body());
    }
  }

  @Test
  void a_nurse_reads_what_is_open_for_each_patient_of_the_pool() {
    Reply list = list(NURSE, "pool=" + SERVICE);
    assertEquals(200, list.status(), list.body());
    assertEquals(1, count(list), list.body());
    assertEquals(2, list.json().path("parameter").size(), list.body());
    String body = list.body();
    assertTrue(body.contains("\"" + patient + "\"") && body.contains("\"" + thread + "\""), body);
    assertTrue(body.contains("answer-message") && body.contains("\"urgent\""), body);
    assertTrue(body.contains("2027-03-03T10:00:00.000Z"), "when it is due: " + body);
    assertTrue(body.contains("2027-03-03T09:00:00"), "the last message: " + body);
    assertFalse(body.contains("Private words"));
  }

  @Test
  void a_ward_s_list_has_the_patients_who_are_there() {
    Reply list = clinic.system().get("Task/$handover-list?location=Location/4b");
    assertEquals(1, count(list), list.body());
    assertTrue(list.body().contains("Ada Byron") && list.body().contains(thread), list.body());
    assertFalse(list.body().contains("elsewhere"));
    Reply empty = clinic.system().get("Task/$handover-list?location=Location/5c");
    assertEquals(0, count(empty), empty.body());
  }

  @Test
  void it_holds_what_one_may_see_and_is_for_staff() {
    assertEquals(0, count(list(STRANGER, "pool=" + SERVICE)));
    assertEquals(0, count(list(STRANGER, "location=Location/4b")));
    assertEquals("not-staff", list(patient, "pool=" + SERVICE).reason());
    assertEquals("pool-or-location", list(NURSE, "").reason());
  }
}
