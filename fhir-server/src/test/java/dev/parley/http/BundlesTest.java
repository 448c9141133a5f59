// SPDX-License-Identifier: Apache-2.0
package dev.parley.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.parley.TestServer;
import dev.parley.TestServer.Reply;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Batch and transaction. */
class BundlesTest {
  private static TestServer server;

  @BeforeAll
  static void start() {
    server = TestServer.start();
    server.put("Patient/p1", "{\"resourceType\":\"Patient\",\"id\":\"p1\"}");
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static Reply bundle(String type, String... entries) {
    return server.post(
        "",
        "{\"resourceType\":\"Bundle\",\"type\":\"%s\",\"entry\":[%s]}"
            .formatted(type, String.join(",", entries)));
  }

  private static String patient(String fullUrl, String identifier, String more) {
    return """
        {"fullUrl":"%s","resource":{"resourceType":"Patient","identifier":[{"system":"urn:t","value":"%s"}]},
         "request":{"method":"POST","url":"Patient"%s}}"""
        .formatted(fullUrl, identifier, more);
  }

  private static String message(String sender, String method) {
    return """
        {"resource":{"resourceType":"Communication","status":"completed","sender":{"reference":"%s"},
          "recipient":[{"reference":"Patient/p1"}],"payload":[{"contentString":"1.50"}]},
         "request":{"method":"%s","url":"Communication"}}"""
        .formatted(sender, method);
  }

  @Test
  void a_68_references_to_full_urls_become_the_new_ids_even_before_their_target_is_written() {
    String urn = "urn:uuid:" + UUID.randomUUID();
    Reply reply = bundle("transaction", message(urn, "POST"), patient(urn, "fwd", ""));
    assertEquals(200, reply.status(), reply.body());
    assertEquals("transaction-response", reply.json().at("/type").asText());
    String message = reply.json().at("/entry/0/response/location").asText();
    String patient = reply.json().at("/entry/1/response/location").asText();
    assertEquals(
        patient.replaceAll("/_history.*", ""),
        server.get(message).json().at("/sender/reference").asText());
  }

  @Test
  void a_64_a_transaction_is_all_or_nothing() {
    Reply reply =
        bundle("transaction", patient("urn:uuid:x", "half", ""), message("Patient/none", "POST"));
    assertEquals(422, reply.status());
    assertEquals("unknown-reference", reply.reason());
    assertEquals(0, server.get("Patient?identifier=half").json().at("/total").asInt());
  }

  @Test
  void a_67_a_batch_goes_on_after_a_failure() {
    Reply reply =
        bundle("batch", message("Patient/none", "POST"), patient("urn:uuid:y", "batch", ""));
    assertEquals(200, reply.status());
    assertTrue(reply.json().at("/entry/0/response/status").asText().startsWith("422"));
    assertEquals("not-found", reply.json().at("/entry/0/response/outcome/issue/0/code").asText());
    assertTrue(reply.json().at("/entry/1/response/status").asText().startsWith("201"));
  }

  @Test
  void a_69_a_conditional_reference_needs_exactly_one_match() {
    bundle("transaction", patient("urn:uuid:z", "once", ""));
    Reply found = bundle("transaction", message("Patient?identifier=urn:t|once", "POST"));
    assertEquals(200, found.status(), found.body());
    Reply none = bundle("transaction", message("Patient?identifier=urn:t|never", "POST"));
    assertEquals(412, none.status());
  }

  @Test
  void a_70_a_conditional_create_meets_what_is_there() {
    bundle("transaction", patient("urn:uuid:1", "cond", ""));
    Reply again =
        bundle(
            "transaction",
            patient("urn:uuid:2", "cond", ",\"ifNoneExist\":\"identifier=urn:t|cond\""),
            message("urn:uuid:2", "POST"));
    assertEquals(200, again.status(), again.body());
    assertTrue(again.json().at("/entry/0/response/status").asText().startsWith("200"));
    assertEquals(1, server.get("Patient?identifier=urn:t|cond").json().at("/total").asInt());
  }

  @Test
  void a_34_concurrent_conditional_creates_make_one() {
    CompletableFuture<?>[] all =
        IntStream.range(0, 12)
            .mapToObj(
                i ->
                    CompletableFuture.supplyAsync(
                        () ->
                            server.post(
                                "Patient",
                                "{\"resourceType\":\"Patient\",\"identifier\":[{\"value\":\"race\"}]}",
                                "If-None-Exist",
                                "identifier=race")))
            .toArray(CompletableFuture[]::new);
    CompletableFuture.allOf(all).join();
    assertEquals(1, server.get("Patient?identifier=race").json().at("/total").asInt());
  }

  @Test
  void a_64_the_same_resource_twice_is_refused() {
    String put =
        """
        {"resource":{"resourceType":"Patient","id":"twice"},"request":{"method":"PUT","url":"Patient/twice"}}""";
    Reply reply = bundle("transaction", put, put);
    assertEquals(400, reply.status());
    assertEquals("twice-in-transaction", reply.reason());
  }

  @Test
  void a_65_reads_and_searches_answer_inside_after_the_writes() {
    Reply reply =
        bundle(
            "transaction",
            "{\"request\":{\"method\":\"GET\",\"url\":\"Patient?identifier=inside\"}}",
            patient("urn:uuid:3", "inside", ""),
            "{\"request\":{\"method\":\"GET\",\"url\":\"Patient/p1\"}}");
    JsonNode json = reply.json();
    assertEquals(1, json.at("/entry/0/resource/total").asInt(), reply.body());
    assertEquals("p1", json.at("/entry/2/resource/id").asText());
    assertFalse(json.at("/entry/1/response/etag").isMissingNode());
  }

  @Test
  void a_63_other_bundles_are_refused() {
    assertEquals(400, bundle("searchset").status());
    assertEquals("wrong-bundle-type", bundle("message").reason());
  }

  @Test
  void links_follow_a_condition_that_somebody_else_has_met_meanwhile() {
    String chart =
        """
        {"resource":{"resourceType":"Condition","subject":{"reference":"urn:uuid:r"}},
         "request":{"method":"POST","url":"Condition"}}""";
    List<Reply> replies =
        IntStream.range(0, 40)
            .mapToObj(
                i ->
                    CompletableFuture.supplyAsync(
                        () -> {
                          String value = "raced-" + i / 4;
                          String once = ",\"ifNoneExist\":\"identifier=urn:t|" + value + "\"";
                          return bundle("transaction", patient("urn:uuid:r", value, once), chart);
                        }))
            .toList()
            .stream()
            .map(CompletableFuture::join)
            .toList();
    assertTrue(replies.stream().filter(reply -> reply.status() == 200).count() >= 10);
    for (Reply reply : replies) {
      if (reply.status() != 409) {
        assertEquals(200, reply.status(), reply.body());
        String condition = reply.json().at("/entry/1/response/location").asText();
        String subject =
            server
                .get(condition.replaceAll("/_history.*", ""))
                .json()
                .at("/subject/reference")
                .asText();
        assertEquals(200, server.get(subject).status(), subject + " is referred to, not stored");
      }
    }
  }

  @Test
  void a_66_a_refused_transaction_names_the_entry() {
    String good = patient("urn:uuid:" + UUID.randomUUID(), "named", "");
    for (String[] bad :
        new String[][] {
          {
            message("Patient/p1", "POST").replace("\"status\":\"completed\",", ""),
            "Bundle.entry[1].resource.status"
          },
          {
            "{\"resource\":{\"resourceType\":\"Patient\",\"id\":\"p1\"},\"request\":{\"method\":\"PUT\",\"url\":\"Patient/p1\",\"ifMatch\":\"W/\\\"99\\\"\"}}",
            "Bundle.entry[1]"
          }
        }) {
      Reply reply = bundle("transaction", good, bad[0]);
      assertTrue(reply.status() == 422 || reply.status() == 412, reply.body());
      assertEquals(bad[1], reply.json().at("/issue/0/expression/0").asText(), reply.body());
    }
  }

  @Test
  void a_73_entries_that_break_an_invariant_are_refused() {
    String urn = "urn:uuid:" + UUID.randomUUID();
    String read = "{\"request\":{\"method\":\"GET\",\"url\":\"Patient/p1\"}%s}";
    String answered = read.formatted(",\"response\":{\"status\":\"200\"}");
    String found = read.formatted(",\"search\":{\"mode\":\"match\"}");
    String version = patient("http://x/Patient/1/_history/2", "bdl", "");
    for (String entry : List.of(answered, found, version)) {
      assertEquals(422, bundle("transaction", entry).status(), entry);
      Reply batch = bundle("batch", entry, read.formatted(""));
      assertEquals("422", batch.json().at("/entry/0/response/status").asText(), batch.body());
      assertEquals("200 OK", batch.json().at("/entry/1/response/status").asText(), batch.body());
    }
    Reply twice = bundle("transaction", patient(urn, "bdl", ""), patient(urn, "bdl", ""));
    assertEquals("bdl-7", twice.reason());
    assertEquals(0, server.get("Patient?identifier=bdl").json().at("/total").asInt());
  }
}
