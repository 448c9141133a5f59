// SPDX-License-Identifier: Apache-2.0
package dev.parley.demo;

import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.hl7.fhir.r4.model.Appointment;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.Communication.CommunicationStatus;
import org.hl7.fhir.r4.model.CommunicationRequest;
import org.hl7.fhir.r4.model.CommunicationRequest.CommunicationRequestStatus;
import org.hl7.fhir.r4.model.MedicationRequest;
import org.hl7.fhir.r4.model.Patient;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.Resource;
import org.hl7.fhir.r4.model.StringType;

/**
 * One request for each occurrence; what is past was sent, into one thread of reminders a patient.
 */
final class Reminders {
  private static final LocalTime TEN = LocalTime.of(10, 0);

  private static final List<String> DAILY =
      List.of(
          "shirleen-graham metformin 18:30",
          "daren-schaefer fluoxetine 08:00",
          "yoshiko-stanton fluticasone 07:30",
          "lee-rodriguez ferrous-sulfate 10:00");

  private final Records records;
  private final Staff staff;
  private final Families families;
  private final Map<String, Communication> threads = new TreeMap<>();

  Reminders(Records records, Staff staff, Families families) {
    this.records = records;
    this.staff = staff;
    this.families = families;
  }

  void add() {
    Booking.all().stream()
        .filter(b -> mayWrite(b.patient()))
        .filter(b -> b.isBooked() || b.day() < 0)
        .forEach(this::remindOfAppointment);
    DAILY.forEach(this::remindOfMedicine);
  }

  private static boolean mayWrite(String patient) {
    return !patient.equals(Consents.NEVER_ASKED) && !patient.equals(Consents.WITHDRAWN);
  }

  private void remindOfAppointment(Booking booking) {
    Appointment appointment = records.get(Appointment.class, booking.id());
    boolean cancelled = appointment.getStatus() == Appointment.AppointmentStatus.CANCELLED;
    String text =
        "Reminder: %s with %s tomorrow at %s. Reply CONFIRM or CANCEL, or write to the front desk."
            .formatted(booking.plan().purpose(), staff.get(booking.with()).name(), booking.time());
    OffsetDateTime when = BaseDate.at(booking.day() - 1, TEN);
    Occurrence occurrence =
        new Occurrence(booking.patient(), "reminder-" + booking.id(), when, text);
    request(occurrence, "appointment-" + booking.patient(), appointment, cancelled);
  }

  private void remindOfMedicine(String line) {
    String[] parts = line.split(" ");
    MedicationRequest order = records.get(MedicationRequest.class, parts[0] + "-" + parts[1]);
    String drug = parts[1].replace('-', ' ');
    for (int day = -6; day <= 7; day++) {
      String text =
          switch (Math.floorMod(day, 3)) {
            case 0 -> "It is time for your " + drug + ".";
            case 1 -> "Please remember your " + drug + " now. Reply TAKEN when done.";
            default -> "A short reminder: " + drug + ", as prescribed. Reply STOP to end these.";
          };
      String id = "reminder-%s-%s-%02d".formatted(parts[0], parts[1], day + 7);
      OffsetDateTime when = BaseDate.at(day, LocalTime.parse(parts[2]));
      request(new Occurrence(parts[0], id, when, text), parts[1] + "-" + parts[0], order, false);
    }
  }

  private record Occurrence(String patient, String id, OffsetDateTime when, String text) {
    boolean isPast() {
      return when.isBefore(BaseDate.MIDNIGHT);
    }
  }

  private void request(Occurrence one, String series, Resource about, boolean revoked) {
    CommunicationRequest request = new CommunicationRequest();
    request.setStatus(
        revoked
            ? CommunicationRequestStatus.REVOKED
            : one.isPast()
                ? CommunicationRequestStatus.COMPLETED
                : CommunicationRequestStatus.ACTIVE);
    request
        .getGroupIdentifier()
        .setSystem(Codes.PARLEY + "NamingSystem/reminder-series")
        .setValue(series);
    request.addCategory(Codes.hl7("communication-category", "reminder", "Reminder"));
    request.setSubject(new Reference("Patient/" + one.patient()));
    request.addAbout(Records.to(about));
    request.addBasedOn(Records.to(about));
    request.addPayload().setContent(new StringType(one.text()));
    request.setOccurrence(BaseDate.dateTime(one.when()));
    request.setAuthoredOnElement(BaseDate.dateTime(one.when().minusDays(7).withHour(3)));
    request.getSender().setReference(Participants.ASSISTANT);
    request.addRecipient(new Reference(reader(one.patient())));
    if (about.getMeta().hasSecurity()) {
      request.getMeta().addSecurity(Codes.RESTRICTED.copy());
    }
    records.add(one.id(), request);
    if (one.isPast() && !revoked) {
      sent(one, request, about);
    }
  }

  private void sent(Occurrence one, CommunicationRequest request, Resource about) {
    Communication message = reminder(one);
    message.addPartOf(Records.to(thread(one)));
    message.addBasedOn(Records.to(request));
    message.addAbout(Records.to(about));
    message.setStatus(CommunicationStatus.COMPLETED);
    message.setSentElement(BaseDate.dateTime(one.when().plusSeconds(3)));
    message.setReceivedElement(BaseDate.dateTime(one.when().plusSeconds(4)));
    message.addPayload().setContent(new StringType(one.text()));
    message.addRecipient(new Reference(reader(one.patient())));
    records.add(one.id() + "-sent", message);
  }

  private Communication thread(Occurrence first) {
    Communication known = threads.get(first.patient());
    if (known == null) {
      known = reminder(first);
      known.setStatus(CommunicationStatus.INPROGRESS);
      known.setTopic(Codes.text("Reminders for " + name(first.patient())));
      known.addRecipient(new Reference(reader(first.patient())));
      known.addRecipient(new Reference(Participants.ASSISTANT));
      records.add("thread-reminders-" + first.patient(), known);
      threads.put(first.patient(), known);
    }
    if (known.getSent() == null || known.getSent().toInstant().isAfter(first.when().toInstant())) {
      known.setSentElement(BaseDate.dateTime(first.when()));
    }
    return known;
  }

  private static Communication reminder(Occurrence one) {
    Communication communication = new Communication();
    communication.setSubject(new Reference("Patient/" + one.patient()));
    communication.setSender(new Reference(Participants.ASSISTANT));
    communication.addCategory(Codes.hl7("communication-category", "reminder", "Reminder"));
    communication.addCategory(Codes.ours("message-routing", "reminder"));
    communication.addCategory(Codes.ours("audience", "patient-facing"));
    return communication.setPriority(Communication.CommunicationPriority.ROUTINE);
  }

  private String reader(String patient) {
    return families.reader(records.get(Patient.class, patient));
  }

  private String name(String patient) {
    return records.get(Patient.class, patient).getNameFirstRep().getNameAsSingleString();
  }
}
