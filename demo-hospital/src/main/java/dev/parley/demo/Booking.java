// SPDX-License-Identifier: Apache-2.0
package dev.parley.demo;

import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.hl7.fhir.r4.model.Appointment;
import org.hl7.fhir.r4.model.Appointment.AppointmentStatus;
import org.hl7.fhir.r4.model.Appointment.ParticipationStatus;
import org.hl7.fhir.r4.model.AppointmentResponse;
import org.hl7.fhir.r4.model.HealthcareService;
import org.hl7.fhir.r4.model.Patient;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.Slot.SlotStatus;

/** A line of the appointment list. */
record Booking(String id, String patient, String with, int day, LocalTime time, Plan plan) {
  record Plan(int minutes, AppointmentStatus status, String purpose) {}

  static List<Booking> all() {
    return Table.read("appointments.txt").stream().map(Booking::parse).toList();
  }

  private static Booking parse(List<String> row) {
    Plan plan =
        new Plan(Integer.parseInt(row.get(5)), AppointmentStatus.fromCode(row.get(6)), row.get(7));
    int day = Integer.parseInt(row.get(3));
    return new Booking(row.get(0), row.get(1), row.get(2), day, LocalTime.parse(row.get(4)), plan);
  }

  boolean isComing() {
    return day > 0;
  }

  boolean isConfidential(Records records) {
    return plan.purpose.startsWith("Antenatal")
        && Patients.isMinor(records.get(Patient.class, patient));
  }

  boolean isBooked() {
    return plan.status == AppointmentStatus.BOOKED;
  }

  OffsetDateTime start() {
    return BaseDate.at(day, time);
  }

  SlotStatus slotStatus() {
    return switch (plan.status) {
      case BOOKED -> SlotStatus.BUSY;
      case PENDING -> SlotStatus.BUSYTENTATIVE;
      default -> SlotStatus.FREE;
    };
  }

  Appointment appointment(Records records, Staff staff) {
    Staff.Colleague host = staff.get(with);
    Appointment appointment = new Appointment().setStatus(plan.status);
    if (isConfidential(records)) {
      appointment.getMeta().addSecurity(Codes.RESTRICTED.copy());
    }
    appointment.setDescription(plan.purpose).setMinutesDuration(plan.minutes);
    appointment.setStartElement(BaseDate.instant(start()));
    appointment.setEndElement(BaseDate.instant(start().plusMinutes(plan.minutes)));
    appointment.setCreatedElement(
        BaseDate.dateTime(BaseDate.at(Math.min(day, 0) - 24, LocalTime.of(9, 5))));
    appointment.addSpecialty(
        records.get(HealthcareService.class, host.department()).getSpecialtyFirstRep().copy());
    if (plan.status == AppointmentStatus.CANCELLED) {
      appointment.setCancelationReason(
          Codes.hl7("appointment-cancellation-reason", "pat", "Patient"));
    }
    participant(appointment, "Patient/" + patient, patientStatus());
    participant(appointment, "Practitioner/" + host.id(), ParticipationStatus.ACCEPTED);
    participant(appointment, "Location/" + host.department(), ParticipationStatus.ACCEPTED);
    return appointment;
  }

  /** What was answered to the invitation, by id. */
  Map<String, AppointmentResponse> responses(Records records, Families families, Staff staff) {
    Map<String, AppointmentResponse> responses = new LinkedHashMap<>();
    if (plan.status == AppointmentStatus.PROPOSED) {
      return responses;
    }
    responses.put(
        id + "-clinician",
        response(
            "Practitioner/" + staff.get(with).id(),
            AppointmentResponse.ParticipantStatus.ACCEPTED));
    if (plan.status != AppointmentStatus.PENDING) {
      String answering = families.reader(records.get(Patient.class, patient));
      boolean off = plan.status == AppointmentStatus.CANCELLED;
      AppointmentResponse answer =
          response(
              "Patient/" + patient,
              off
                  ? AppointmentResponse.ParticipantStatus.DECLINED
                  : AppointmentResponse.ParticipantStatus.ACCEPTED);
      if (answering.startsWith("RelatedPerson/")) {
        answer.setComment("Answered by the family");
      }
      responses.put(id + "-patient", answer);
    }
    if (isConfidential(records)) {
      responses.values().forEach(r -> r.getMeta().addSecurity(Codes.RESTRICTED.copy()));
    }
    return responses;
  }

  private AppointmentResponse response(String actor, AppointmentResponse.ParticipantStatus status) {
    AppointmentResponse response = new AppointmentResponse().setParticipantStatus(status);
    response.setAppointment(new Reference("Appointment/" + id)).setActor(new Reference(actor));
    response.setStartElement(BaseDate.instant(start()));
    response.setEndElement(BaseDate.instant(start().plusMinutes(plan.minutes)));
    return response;
  }

  private ParticipationStatus patientStatus() {
    return switch (plan.status) {
      case PROPOSED -> ParticipationStatus.NEEDSACTION;
      case PENDING -> ParticipationStatus.TENTATIVE;
      case CANCELLED -> ParticipationStatus.DECLINED;
      default -> ParticipationStatus.ACCEPTED;
    };
  }

  private static void participant(
      Appointment appointment, String actor, ParticipationStatus status) {
    appointment
        .addParticipant()
        .setActor(new Reference(actor))
        .setRequired(Appointment.ParticipantRequired.REQUIRED)
        .setStatus(status);
  }
}
