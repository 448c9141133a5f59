// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.client;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/** What is to be watched, as the Subscription that asks for it. */
public sealed interface Watch {
  ObjectMapper JSON = new ObjectMapper();
  String TOPICS = "https://parley.dev/fhir/SubscriptionTopic/";
  String BACKPORT = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/";

  String subscription();

  /**
   * By the HL7 Subscriptions Backport.
   *
   * @param topic canonical, or the name of one of Parley's topics
   * @param filters "recipient=Practitioner/dr-berg"
   */
  record Topic(String topic, List<String> filters) implements Watch {
    @Override
    public String subscription() {
      ObjectNode subscription = base(topic.contains(":") ? topic : TOPICS + topic);
      subscription.putObject("meta").putArray("profile").add(BACKPORT + "backport-subscription");
      if (!filters.isEmpty()) {
        ArrayNode extensions = subscription.putObject("_criteria").putArray("extension");
        for (String filter : filters) {
          extensions
              .addObject()
              .put("url", BACKPORT + "backport-filter-criteria")
              .put("valueString", filter);
        }
      }
      ObjectNode channel = (ObjectNode) subscription.get("channel");
      channel.put("payload", "application/fhir+json");
      channel
          .putObject("_payload")
          .putArray("extension")
          .addObject()
          .put("url", BACKPORT + "backport-payload-content")
          .put("valueCode", "full-resource");
      return subscription.toString();
    }
  }

  /**
   * By a search, as R4 has it.
   *
   * @param search "Communication?recipient=Practitioner/dr-berg"
   */
  record Criteria(String search) implements Watch {
    @Override
    public String subscription() {
      return base(search).toString();
    }
  }

  private static ObjectNode base(String criteria) {
    ObjectNode subscription =
        JSON.createObjectNode()
            .put("resourceType", "Subscription")
            .put("status", "requested")
            .put("reason", "./parley watch")
            .put("criteria", criteria);
    subscription.putObject("channel").put("type", "websocket");
    return subscription;
  }
}
