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
    clinic.thread(clinic.patient("elsewhere"), STRANGER);
  }

  @AfterAll
  static void stop() {
    clinic.close();
  }

  private static Reply list(String who, String query) {
    return clinic.as(who).get("Task/$handover-list?" + query);
  }

  @Test
  void a_nurse_reads_what_is_open_for_each_patient_of_the_pool() {
    Reply list = list(NURSE, "pool=" + SERVICE);
    assertEquals(200, list.status(), list.body());
    assertEquals(1, list.json().path("parameter").size(), list.body());
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
    assertEquals(1, list.json().path("parameter").size(), list.body());
    assertTrue(list.body().contains("Ada Byron") && list.body().contains(thread), list.body());
    assertFalse(list.body().contains("elsewhere"));
    Reply empty = clinic.system().get("Task/$handover-list?location=Location/5c");
    assertEquals(0, empty.json().path("parameter").size());
  }

  @Test
  void it_holds_what_one_may_see_and_is_for_staff() {
    assertEquals(0, list(STRANGER, "pool=" + SERVICE).json().path("parameter").size());
    assertEquals(0, list(STRANGER, "location=Location/4b").json().path("parameter").size());
    assertEquals("not-staff", list(patient, "pool=" + SERVICE).reason());
    assertEquals("pool-or-location", list(NURSE, "").reason());
  }
}
