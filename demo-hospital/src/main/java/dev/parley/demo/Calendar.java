// SPDX-License-Identifier: Apache-2.0
package dev.parley.demo;

import java.time.DayOfWeek;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.hl7.fhir.r4.model.Appointment;
import org.hl7.fhir.r4.model.HealthcareService;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.Schedule;
import org.hl7.fhir.r4.model.Slot;
import org.hl7.fhir.r4.model.Slot.SlotStatus;

/** Three weeks of slots for everyone who gives appointments, and the appointments of the list. */
final class Calendar {
  private static final int DAYS = 21;
  private static final List<LocalTime> GRID =
      List.of(
          LocalTime.of(9, 0),
          LocalTime.of(9, 30),
          LocalTime.of(10, 0),
          LocalTime.of(10, 30),
          LocalTime.of(14, 0),
          LocalTime.of(14, 30),
          LocalTime.of(15, 0));

  private final Records records;
  private final Staff staff;
  private final Random random = new Random(20261122);
  private final Set<String> taken = new HashSet<>();

  Calendar(Records records, Staff staff) {
    this.records = records;
    this.staff = staff;
  }

  void add(Families families) {
    List<Booking> bookings = Booking.all();
    Set<String> hosts = new LinkedHashSet<>();
    bookings.stream().filter(Booking::isComing).forEach(b -> hosts.add(b.with()));
    hosts.forEach(this::addSchedule);
    for (Booking booking : bookings) {
      Appointment appointment = booking.appointment(records, staff);
      if (booking.isComing()) {
        appointment.addSlot(
            slot(booking.with(), booking.day(), booking.time(), booking.slotStatus()));
      }
      records.add(booking.id(), appointment);
      booking
          .responses(records, families, staff)
          .forEach((id, response) -> records.add(id, response));
    }
    hosts.forEach(this::addGrid);
  }

  private void addSchedule(String code) {
    Staff.Colleague host = staff.get(code);
    Schedule schedule = new Schedule().setActive(true);
    schedule.addActor(new Reference("Practitioner/" + host.id()).setDisplay(host.name()));
    schedule.addActor(new Reference("PractitionerRole/" + host.id()));
    schedule.addActor(new Reference("HealthcareService/" + host.department()));
    schedule.addSpecialty(
        records.get(HealthcareService.class, host.department()).getSpecialtyFirstRep().copy());
    schedule.setPlanningHorizon(
        BaseDate.period(
            BaseDate.at(1, LocalTime.of(8, 0)), BaseDate.at(DAYS, LocalTime.of(18, 0))));
    records.add(host.id(), schedule);
  }

  private void addGrid(String code) {
    for (int day = 1; day <= DAYS; day++) {
      DayOfWeek weekday = BaseDate.DAY.plusDays(day).getDayOfWeek();
      if (weekday == DayOfWeek.SATURDAY || weekday == DayOfWeek.SUNDAY) {
        continue;
      }
      for (LocalTime time : GRID) {
        int luck = random.nextInt(100);
        if (!taken.contains(key(code, day, time))) {
          slot(code, day, time, status(luck, day));
        }
      }
    }
  }

  /** The near days are fuller than the far ones. */
  private static SlotStatus status(int luck, int day) {
    if (luck < 5) {
      return SlotStatus.BUSYUNAVAILABLE;
    }
    return luck < 75 - 2 * day ? SlotStatus.BUSY : SlotStatus.FREE;
  }

  private Reference slot(String code, int day, LocalTime time, SlotStatus status) {
    String host = staff.get(code).id();
    OffsetDateTime start = BaseDate.at(day, time);
    Slot slot = new Slot().setStatus(status);
    slot.setSchedule(new Reference("Schedule/" + host));
    slot.setStartElement(BaseDate.instant(start));
    slot.setEndElement(BaseDate.instant(start.plusMinutes(30)));
    taken.add(key(code, day, time));
    String id = "%s-day%02d-%s".formatted(host, day, time.toString().replace(":", ""));
    return Records.to(records.add(id, slot));
  }

  private static String key(String code, int day, LocalTime time) {
    return code + day + time;
  }
}
