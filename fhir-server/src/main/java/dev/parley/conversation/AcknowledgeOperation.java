// SPDX-License-Identifier: Apache-2.0
package dev.parley.conversation;

import ca.uhn.fhir.rest.annotation.IdParam;
import ca.uhn.fhir.rest.annotation.Operation;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import dev.parley.access.Caller;
import dev.parley.access.Refusal;
import dev.parley.feature.Tools;
import dev.parley.store.Codes;
import dev.parley.store.Lookup;
import dev.parley.store.Step;
import dev.parley.store.StoredResource;
import java.util.ArrayList;
import java.util.List;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.IdType;
import org.hl7.fhir.r4.model.Task;

/** {@code $acknowledge}: a recipient says that they have taken note. */
public final class AcknowledgeOperation {
  private final Sender sender;
  private final Tools tools;

  AcknowledgeOperation(Sender sender) {
    this.sender = sender;
    this.tools = sender.tools();
  }

  /**
   * Answers the Task, completed; the same again if it was. In a role or team the first speaks for
   * it.
   */
  @Operation(
      name = "$acknowledge",
      typeName = "Communication",
      canonicalUrl = Codes.OPERATIONS + "message-acknowledge")
  public Task acknowledge(@IdParam IdType id, RequestDetails request) {
    Caller caller = tools.caller().apply(request);
    Communication message = sender.read(request, id.getIdPart());
    if (Recalled.is(message)) {
      throw Refusal.unprocessable("business-rule", "recalled", "The message has been recalled");
    }
    List<Task> mine = mine(id.getIdPart(), caller);
    Task answer = null;
    for (Task task : mine) {
      if (Acknowledgement.isOpen(task)) {
        answer = give(task.getIdElement().getIdPart(), caller, request);
      } else if (answer == null) {
        answer = task;
      }
    }
    if (answer == null) {
      throw Refusal.unprocessable(
          "business-rule",
          "not-demanded",
          "Nobody has asked you to acknowledge Communication/" + id.getIdPart());
    }
    return answer;
  }

  private List<Task> mine(String id, Caller caller) {
    return sender.inside(
        connection -> {
          Membership me =
              Membership.of(caller, tools.references(), connection, tools.clock().instant());
          List<Task> tasks = new ArrayList<>();
          for (StoredResource each :
              Lookup.referring(connection, "Task", "focus", List.of("Communication/" + id))) {
            Task task = tools.chart().parse(each, Task.class);
            if (me.is(task.getOwner())
                && (Acknowledgement.isOpen(task) || Acknowledgement.isGiven(task))) {
              tasks.add(task);
            }
          }
          return tasks;
        });
  }

  /** In the caller's name; a role's Task is not theirs to write otherwise. */
  private Task give(String id, Caller caller, RequestDetails request) {
    return tools
        .chart()
        .parse(
            tools
                .as(request)
                .write(
                    Step.byOperation(
                        tools.fhir(),
                        Task.class,
                        id,
                        task -> {
                          if (Acknowledgement.isOpen(task)) {
                            Acknowledgement.give(task, caller.reference());
                          }
                        }))
                .resource(),
            Task.class);
  }
}
