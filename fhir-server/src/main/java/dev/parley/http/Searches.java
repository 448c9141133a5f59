package dev.parley.http;

import ca.uhn.fhir.rest.api.server.RequestDetails;
import dev.parley.store.CallerStore;

final class Searches {
  Answer answer(CallerStore store, String type, RequestDetails request) {
    return Answer.json("{\"resourceType\":\"Bundle\",\"type\":\"searchset\"}");
  }
}
