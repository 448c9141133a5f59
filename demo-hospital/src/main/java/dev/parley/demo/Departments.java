// SPDX-License-Identifier: Apache-2.0
package dev.parley.demo;

import java.util.Arrays;
import java.util.List;
import org.hl7.fhir.r4.model.ContactPoint.ContactPointSystem;
import org.hl7.fhir.r4.model.Device;
import org.hl7.fhir.r4.model.Duration;
import org.hl7.fhir.r4.model.HealthcareService;
import org.hl7.fhir.r4.model.HealthcareService.DaysOfWeek;
import org.hl7.fhir.r4.model.Location;
import org.hl7.fhir.r4.model.Organization;

/** The hospital, its departments with a place and a service each, and its assistant. */
final class Departments {
  static final String HOSPITAL = "Organization/riverside-hospital";

  private final Records records;

  Departments(Records records) {
    this.records = records;
  }

  void add() {
    Organization hospital =
        records.add("riverside-hospital", new Organization().setName("Riverside Hospital"));
    hospital.setActive(true);
    hospital.addType(Codes.hl7("organization-type", "prov", "Healthcare Provider"));
    hospital.addTelecom().setSystem(ContactPointSystem.PHONE).setValue("+1 413 555 0100");
    hospital.addAddress().addLine("1 River Street").setCity("Springfield").setState("MA");
    Table.read("departments.txt").forEach(this::addDepartment);
    addAssistant();
  }

  private void addDepartment(List<String> row) {
    Organization department =
        records.add(row.get(0), new Organization().setName(row.get(1)).setActive(true));
    department.addType(Codes.hl7("organization-type", "dept", "Hospital Department"));
    department.getPartOf().setReference(HOSPITAL);
    Location location = records.add(row.get(0), new Location().setName(row.get(1)));
    location.setStatus(Location.LocationStatus.ACTIVE).setMode(Location.LocationMode.INSTANCE);
    location.setManagingOrganization(Records.to(department));
    HealthcareService service = new HealthcareService().setActive(true).setName(row.get(2));
    service.setProvidedBy(Records.to(department)).addLocation(Records.to(location));
    service.addSpecialty(Codes.concept(Codes.SCT, row.get(3), row.get(4)));
    service.setAppointmentRequired(!row.get(0).equals("pharmacy"));
    addHours(service, row);
    addPromise(service, row.get(8));
    records.add(row.get(0), service);
  }

  private static void addHours(HealthcareService service, List<String> row) {
    var hours = service.addAvailableTime();
    Arrays.stream(row.get(7).split(" ")).forEach(d -> hours.addDaysOfWeek(DaysOfWeek.fromCode(d)));
    if (row.get(5).equals("00:00")) {
      hours.setAllDay(true);
      return;
    }
    hours.setAvailableStartTime(row.get(5) + ":00").setAvailableEndTime(row.get(6) + ":00");
    service.setAvailabilityExceptions(
        "Outside these hours a message is read on the next working day. In an emergency call 911.");
  }

  private static void addPromise(HealthcareService service, String hours) {
    if (!hours.equals("-")) {
      Duration within = new Duration();
      within.setValue(Long.parseLong(hours)).setSystem("http://unitsofmeasure.org").setCode("h");
      service
          .addExtension()
          .setUrl("https://parley.dev/fhir/StructureDefinition/response-promise")
          .addExtension("within", within);
    }
  }

  private void addAssistant() {
    Device assistant = new Device();
    assistant.setStatus(Device.FHIRDeviceStatus.ACTIVE);
    assistant
        .addDeviceName()
        .setName("Parley assistant")
        .setType(Device.DeviceNameType.USERFRIENDLYNAME);
    assistant.setType(Codes.ours("device-kind", "messaging-assistant"));
    assistant.getOwner().setReference(HOSPITAL);
    records.add("parley-assistant", assistant);
  }
}
