// SPDX-License-Identifier: Apache-2.0
package dev.parley.departure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.parley.TestClock;
import dev.parley.TestServer.Reply;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class LeaveTest {
  private static final TestClock CLOCK = new TestClock();
  private static Place place;

  @BeforeAll
  static void start() {
    place = new Place(CLOCK);
    place.put("HealthcareService/pool", "'active':true");
    place.put("HealthcareService/clinic", "'active':true");
    place.put("Patient/anna", "'active':true");
  }

  @AfterAll
  static void stop() {
    place.close();
  }

  private static String task(String id, String status, String owner) {
    return place.put(
        "Task/" + id,
        "'status':'%s','intent':'order','for':{'reference':'Patient/anna'},'performerType':[{'text':'nurse'}]%s"
            .formatted(status, owner.isEmpty() ? "" : ",'owner':{'reference':'" + owner + "'}"));
  }

  private static String scheduled(String id, String sender, String more) {
    return place.put(
        "Communication/" + id,
        "'status':'on-hold','subject':{'reference':'Patient/anna'},'sender':{'reference':'%s'},'recipient':[{'reference':'Patient/anna'}],'payload':[{'contentString':'x'}]%s"
            .formatted(sender, more));
  }

  private static String role(String id, String person, String pool, String more) {
    return place.put(
        "PractitionerRole/" + id,
        "'active':true,'practitioner':{'reference':'%s'},'healthcareService':[{'reference':'%s'}]%s"
            .formatted(person, pool, more));
  }

  private static String held(String reference) {
    JsonNode task = place.system.get(reference).json();
    return task.at("/status").asText() + " " + task.at("/owner/reference").asText("");
  }

  private static int takeOvers(String message) {
    return place
        .system
        .get("Task?code=take-over-message&focus=" + message + "&_summary=count")
        .json()
        .at("/total")
        .asInt();
  }

  @Test
  void claims_of_somebody_who_leaves_go_back_and_their_scheduled_messages_become_tasks() {
    place.put("Practitioner/leaver", "'active':true");
    task("pooled", "requested", "HealthcareService/pool");
    String pooled = task("pooled", "in-progress", "Practitioner/leaver");
    String own = task("own", "accepted", "Practitioner/leaver");
    String done = task("done", "completed", "Practitioner/leaver");
    String others = task("others", "accepted", "Practitioner/else");
    place.put(
        "Communication/thread",
        "'status':'in-progress','subject':{'reference':'Patient/anna'},'sender':{'reference':'Patient/anna'},'recipient':[{'reference':'HealthcareService/pool'}]");
    String scheduled =
        scheduled(
            "scheduled", "Practitioner/leaver", ",'partOf':[{'reference':'Communication/thread'}]");
    place.put("Practitioner/leaver", "'active':true,'name':[{'text':'N'}]");
    assertEquals("in-progress Practitioner/leaver", held(pooled));
    place.put("Practitioner/leaver", "'active':false");
    assertEquals("requested HealthcareService/pool", held(pooled));
    assertEquals("requested ", held(own));
    assertEquals("nurse", place.system.get(own).json().at("/performerType/0/text").asText());
    assertEquals("completed Practitioner/leaver", held(done));
    assertEquals("accepted Practitioner/else", held(others));
    JsonNode message = place.system.get(scheduled).json();
    assertEquals("not-done", message.at("/status").asText());
    assertEquals("sender-left", message.at("/statusReason/coding/0/code").asText());
    Reply tasks = place.system.get("Task?code=take-over-message&focus=" + scheduled);
    assertEquals(
        "HealthcareService/pool",
        tasks.json().at("/entry/0/resource/owner/reference").asText(),
        tasks.body());
  }

  @Test
  void however_much_somebody_leaves_behind() {
    place.put("Practitioner/busy", "'active':true");
    List<String> tasks = new ArrayList<>();
    for (int i = 0; i < 30; i++) {
      tasks.add(task("busy-" + i, "accepted", "Practitioner/busy"));
      scheduled("busy-" + i, "Practitioner/busy", "");
    }
    place.put("Practitioner/busy", "'active':false");
    tasks.forEach(task -> assertEquals("requested ", held(task)));
    assertEquals(1, takeOvers("Communication/busy-29"));
  }

  @Test
  void a_role_that_ends_gives_back_what_came_by_it_and_the_last_one_everything() {
    place.put("Practitioner/two", "'active':true");
    role("in-pool", "Practitioner/two", "HealthcareService/pool", "");
    role("in-clinic", "Practitioner/two", "HealthcareService/clinic", "");
    task("by-pool", "requested", "HealthcareService/pool");
    String byPool = task("by-pool", "accepted", "Practitioner/two");
    task("by-clinic", "requested", "HealthcareService/clinic");
    String byClinic = task("by-clinic", "accepted", "Practitioner/two");
    String byRole = task("by-role", "accepted", "PractitionerRole/in-pool");
    String scheduled = scheduled("of-two", "Practitioner/two", "");
    role("in-pool", "Practitioner/two", "HealthcareService/pool", ",'period':{'end':'2020-01-01'}");
    assertEquals("requested HealthcareService/pool", held(byPool));
    assertEquals("requested ", held(byRole));
    assertEquals("accepted Practitioner/two", held(byClinic));
    assertEquals("on-hold", place.system.get(scheduled).json().at("/status").asText());
    assertEquals(204, place.system.delete("PractitionerRole/in-clinic").status());
    assertEquals("requested HealthcareService/clinic", held(byClinic));
    assertEquals("not-done", place.system.get(scheduled).json().at("/status").asText());
    assertEquals(1, takeOvers(scheduled));
  }

  @Test
  void a_role_ends_by_the_clock_too() {
    place.put("Practitioner/locum", "'active':true");
    String end = CLOCK.instant().plus(Duration.ofHours(2)).toString();
    role(
        "locum", "Practitioner/locum", "HealthcareService/pool", ",'period':{'end':'" + end + "'}");
    String task = task("locum", "accepted", "Practitioner/locum");
    place.forward(Duration.ofHours(1));
    place.runDue();
    assertEquals("accepted Practitioner/locum", held(task));
    String later = CLOCK.instant().plus(Duration.ofHours(3)).toString();
    role(
        "locum",
        "Practitioner/locum",
        "HealthcareService/pool",
        ",'period':{'end':'" + later + "'}");
    place.forward(Duration.ofHours(2));
    place.runDue();
    assertEquals("accepted Practitioner/locum", held(task));
    place.forward(Duration.ofHours(2));
    place.runDue();
    assertEquals("requested ", held(task));
  }

  @Test
  void nobody_gives_a_task_to_somebody_who_has_left() {
    place.put("Practitioner/boss", "'active':true");
    place.put("Practitioner/gone", "'active':false");
    String body =
        "{\"resourceType\":\"Task\",\"status\":\"requested\",\"intent\":\"order\",\"owner\":{\"reference\":\"Practitioner/%s\"}}";
    Reply no = place.person("Practitioner/boss").post("Task", body.formatted("gone"));
    assertEquals(422, no.status(), no.body());
    assertEquals("owner-left", no.reason());
    assertEquals("owner-left", place.messaging.post("Task", body.formatted("gone")).reason());
    Reply yes = place.person("Practitioner/boss").post("Task", body.formatted("boss"));
    assertTrue(yes.status() == 201, yes.body());
  }
}
