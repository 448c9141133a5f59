// SPDX-License-Identifier: Apache-2.0
package dev.parley.redflag;

import dev.parley.access.Caller;
import dev.parley.feature.OwnDevice;
import dev.parley.feature.Tools;
import dev.parley.redflag.RedFlagList.Found;
import dev.parley.store.Codes;
import dev.parley.store.Draft;
import dev.parley.store.Lookup;
import dev.parley.store.Moments;
import dev.parley.store.OwnTask;
import dev.parley.store.Sending;
import dev.parley.store.Step;
import dev.parley.store.StoredResource;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.hl7.fhir.r4.model.CodeableConcept;
import org.hl7.fhir.r4.model.Coding;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.Communication.CommunicationPriority;
import org.hl7.fhir.r4.model.Communication.CommunicationStatus;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.Resource;
import org.hl7.fhir.r4.model.StringType;
import org.hl7.fhir.r4.model.Task;
import org.hl7.fhir.r4.model.Task.TaskPriority;
import org.hl7.fhir.r4.model.Task.TaskStatus;

/** The Task by which staff learn of it, and the automatic answer in the thread. */
final class Aid {
  private static final String CONFIDENTIALITY =
      "http://terminology.hl7.org/CodeSystem/v3-Confidentiality";
  private static final String IDENTIFIER = "https://parley.dev/fhir/red-flag";
  private static final Set<String> STAFF =
      Set.of("Practitioner", "PractitionerRole", "CareTeam", "HealthcareService", "Organization");

  // As long as a Task for the same words of the same person is open and this young, it is enough.
  private static final Duration ENOUGH = Duration.ofMinutes(10);

  private final Tools tools;
  private final Advice advice;
  private final Readers readers;
  private final Duration due;

  Aid(Tools tools, Advice advice, Readers readers, Duration due) {
    this.tools = tools;
    this.readers = readers;
    this.advice = advice;
    this.due = due;
  }

  /**
   * What somebody wrote who may be in danger.
   *
   * @param stored as which it is stored; null if it was refused
   * @param inThread whether they may be answered in its thread
   * @param told the advice
   */
  record Cry(
      Communication message,
      Caller caller,
      String stored,
      boolean inThread,
      List<Found> found,
      String told) {
    String sender() {
      return caller.isSystem() ? message.getSender().getReference() : caller.reference();
    }
  }

  /** Whether it is the Task of words of danger. */
  static boolean is(Resource resource) {
    return resource instanceof Task task && Codes.has(task.getCode(), "task", RedFlagRule.CODE);
  }

  Connection connection() throws SQLException {
    return tools.database().connection();
  }

  /** Adds the steps that bring it. */
  void of(Cry cry, Connection connection, List<Step> steps) throws SQLException {
    String key = key(cry);
    if (isOnItsWay(key, connection)) {
      return;
    }
    String patient = patient(cry, connection);
    String sender = advice.service(cry.message(), connection).orElse(OwnDevice.REFERENCE);
    boolean device = steps.stream().anyMatch(s -> s.type().equals("Device"));
    if (sender.equals(OwnDevice.REFERENCE)
        && !device
        && Lookup.one(connection, OwnDevice.REFERENCE).isEmpty()) {
      steps.add(OwnDevice.step(tools.fhir()));
    }
    Communication answer = answer(cry, patient, sender, connection);
    label(cry, answer, connection);
    if (!answer.hasPartOf() && cry.sender().equals(patient)) {
      answer.getMeta().addSecurity().setSystem(CONFIDENTIALITY).setCode("R");
    }
    // By us, so that it has a number in its thread and counts as unread.
    steps.add(Step.create(Draft.byOperation(answer, tools.fhir()), null));
    Task task = task(cry, patient, key);
    label(cry, task, connection);
    if (task.hasOwner()) {
      String owner = task.getOwner().getReference();
      task.setOwner(new Reference(readers.reachable(owner, connection)));
    }
    steps.add(Step.create(Draft.of(task, tools.fhir()), null));
  }

  /** What hides the message from somebody hides what is made of it. */
  private void label(Cry cry, Resource made, Connection connection) throws SQLException {
    List<Coding> labels = new ArrayList<>(cry.message().getMeta().getSecurity());
    for (Reference thread : cry.message().getPartOf()) {
      Optional<String> local = tools.chart().local(thread);
      if (local.isPresent()) {
        Lookup.one(connection, local.get())
            .map(stored -> tools.chart().parse(stored, Communication.class))
            .ifPresent(header -> labels.addAll(header.getMeta().getSecurity()));
      }
    }
    labels.forEach(label -> made.getMeta().addSecurity(label.copy()));
  }

  private boolean isOnItsWay(String key, Connection connection) throws SQLException {
    Instant since = tools.clock().instant().minus(ENOUGH);
    for (StoredResource stored :
        Lookup.referring(connection, "Task", "identifier", List.of(IDENTIFIER + "|" + key))) {
      Task task = tools.chart().parse(stored, Task.class);
      if (task.getStatus() == TaskStatus.REQUESTED
          && task.hasAuthoredOn()
          && task.getAuthoredOn().toInstant().isAfter(since)) {
        return true;
      }
    }
    return false;
  }

  private String patient(Cry cry, Connection connection) throws SQLException {
    Optional<String> subject = tools.chart().local(cry.message().getSubject());
    return subject.isPresent()
        ? subject.get()
        : tools.chart().patientOf(connection, cry.sender()).orElse(null);
  }

  private Communication answer(Cry cry, String patient, String sender, Connection connection)
      throws SQLException {
    Communication answer = new Communication().setStatus(CommunicationStatus.COMPLETED);
    answer.addCategory(Codes.notification());
    answer.addCategory(Codes.ours("automatic", "emergency-advice"));
    // As docs/features/consent.md has it: read by whoever may see it, verified or not.
    answer.getMeta().addTag().setSystem(Codes.PASSES).setCode("emergency-advice");
    answer.setPriority(CommunicationPriority.URGENT);
    answer.setLanguage(cry.found().get(0).language());
    answer.setSubject(patient == null ? null : new Reference(patient));
    answer.setSender(new Reference(sender));
    answer.addRecipient(new Reference(cry.sender()));
    answer.setSentElement(Moments.utc(tools.clock().instant()));
    answer.addPayload().setContent(new StringType(cry.told()));
    if (cry.inThread()) {
      for (Reference thread : cry.message().getPartOf()) {
        // One that was to be begun by a message that was refused is not there.
        Optional<String> local = tools.chart().local(thread);
        if (local.isPresent() && Lookup.one(connection, local.get()).isPresent()) {
          answer.addPartOf(thread.copy());
        }
      }
    }
    if (cry.stored() != null) {
      answer.addInResponseTo(new Reference(cry.stored()));
    }
    return answer;
  }

  private Task task(Cry cry, String patient, String key) {
    Instant now = tools.clock().instant();
    Task task = OwnTask.of(RedFlagRule.CODE, words(cry), now);
    task.addIdentifier().setSystem(IDENTIFIER).setValue(key);
    task.setPriority(TaskPriority.STAT);
    CodeableConcept reason = new CodeableConcept();
    cry.found()
        .forEach(f -> reason.addCoding().setSystem(Codes.SYSTEMS + "red-flag").setCode(f.code()));
    task.setReasonCode(reason);
    task.setFor(patient == null ? null : new Reference(patient));
    // Not as requester: that would make it a Task of the patient's side, which proxies see.
    OwnTask.part(task, "from", cry.sender());
    cry.message().getRecipient().stream()
        .flatMap(r -> tools.chart().local(r).stream())
        .filter(r -> STAFF.contains(r.substring(0, r.indexOf('/'))))
        .findFirst()
        .ifPresent(owner -> task.setOwner(new Reference(owner)));
    if (cry.stored() != null) {
      task.setFocus(new Reference(cry.stored()));
    }
    task.getRestriction().getPeriod().setEndElement(Moments.utc(now.plus(due)));
    return task;
  }

  private static String words(Cry cry) {
    if (cry.stored() == null) {
      return "Somebody wrote words of danger in a message that did not pass: call them";
    }
    return Sending.isScheduled(cry.message())
        ? "Somebody wrote words of danger in a message that is sent later: call them"
        : "A message has words of danger: read it now";
  }

  /** Of whom, and of what: says neither to who sees it. */
  private static String key(Cry cry) {
    String what =
        cry.found().stream().map(Found::code).distinct().sorted().collect(Collectors.joining(","));
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256")
              .digest((cry.sender() + " " + what).getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash, 0, 16);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
