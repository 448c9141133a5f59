// SPDX-License-Identifier: Apache-2.0
package dev.parley.http;

import static dev.parley.http.Rest.ok;
import static dev.parley.http.Rest.refused;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.parley.TestServer;
import dev.parley.TestServer.Reply;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** A.2 to A.5 and A.7 of the REST checklist. */
class CrudTest {
  private final TestServer server = Rest.server();

  private static String unique() {
    return UUID.randomUUID().toString();
  }

  private static String identified(String value) {
    return "{\"resourceType\":\"Patient\",\"identifier\":[{\"system\":\"s\",\"value\":\"%s\"}]}"
        .formatted(value);
  }

  @Test
  void an_id_has_only_the_characters_of_fhir() { // A-22
    for (String id : new String[] {"a_b", "a%20b", "a%2Fb", "%C3%A4", "x".repeat(65)}) {
      Reply reply = server.get("Patient/" + id);
      assertTrue(reply.status() == 400 || reply.status() == 404, id + " " + reply.status());
      refused(reply.status(), reply);
      refused(400, server.put("Patient/" + id, Rest.patient("a_b", "x")));
    }
    String upper = "Case-" + unique();
    ok(201, server.put("Patient/" + upper, Rest.patient(upper, "a")));
    refused(404, server.get("Patient/" + upper.toLowerCase()));
  }

  @Test
  void version_and_time_are_the_servers() { // A-23
    Reply created =
        server.post(
            "Patient",
            """
            {"resourceType":"Patient","meta":{"versionId":"77","lastUpdated":"1999-01-01T00:00:00Z"}}""");
    JsonNode meta = server.get("Patient/" + created.id()).json().at("/meta");
    assertEquals("1", meta.at("/versionId").asText());
    assertTrue(meta.at("/lastUpdated").asText().compareTo("2020") > 0);
  }

  @Test
  void profiles_tags_and_labels_are_kept_and_replaced_by_an_update() { // A-24
    String id = unique();
    String tagged =
        """
        {"resourceType":"Patient","id":"%s","meta":{"profile":["http://p"],"tag":[{"code":"t"}],
         "security":[{"code":"R"}],"source":"http://s"}}""";
    server.put("Patient/" + id, tagged.formatted(id));
    JsonNode meta = server.get("Patient/" + id).json().at("/meta");
    assertEquals("http://p", meta.at("/profile/0").asText());
    assertEquals("t", meta.at("/tag/0/code").asText());
    assertEquals("R", meta.at("/security/0/code").asText());
    server.put("Patient/" + id, Rest.patient(id, "x"));
    assertTrue(server.get("Patient/" + id).json().at("/meta/tag").isMissingNode());
  }

  @Test
  void a_subsetted_resource_is_not_written_back() { // A-25
    String id = server.post("Patient", Rest.patient("a")).id();
    Reply part = server.get("Patient/" + id + "?_elements=id");
    assertTrue(part.body().contains("SUBSETTED"), part.body());
    refused(422, server.put("Patient/" + id, part.body()));
  }

  @Test
  void read_knows_unknown_from_deleted() { // A-26
    String id = server.post("Patient", Rest.patient("a")).id();
    assertEquals(id, ok(200, server.get("Patient/" + id)).json().at("/id").asText());
    server.delete("Patient/" + id);
    refused(410, server.get("Patient/" + id));
    refused(404, server.get("Patient/" + unique()));
  }

  @Test
  void conditional_reads_answer_304() { // A-27
    Reply created = server.post("Patient", Rest.patient("a"));
    String url = "Patient/" + created.id();
    Reply same = server.get(url, "If-None-Match", "W/\"1\"");
    assertEquals(304, same.status());
    assertEquals("", same.body());
    assertEquals(304, server.get(url, "If-None-Match", "W/\"9\", W/\"1\"").status());
    assertEquals(304, server.get(url, "If-None-Match", "*").status());
    assertEquals(200, server.get(url, "If-None-Match", "W/\"2\"").status());
    String since = created.header("Last-Modified");
    assertEquals(304, server.get(url, "If-Modified-Since", since).status());
    assertEquals(
        200, server.get(url, "If-Modified-Since", "Thu, 01 Jan 2015 00:00:00 GMT").status());
    assertEquals(
        200, server.get(url, "If-None-Match", "W/\"2\"", "If-Modified-Since", since).status());
  }

  @Test
  void summary_and_elements_work_on_read() { // A-28
    String id =
        server
            .post(
                "Patient",
                """
                {"resourceType":"Patient","active":true,"gender":"female","name":[{"family":"f"}],
                 "contact":[{"name":{"family":"c"}}],
                 "text":{"status":"additional","div":"<div xmlns=\\"http://www.w3.org/1999/xhtml\\">t</div>"}}""")
            .id();
    JsonNode summary = server.get("Patient/" + id + "?_summary=true").json();
    assertTrue(summary.at("/contact").isMissingNode());
    assertEquals("female", summary.at("/gender").asText());
    assertEquals("SUBSETTED", summary.at("/meta/tag/0/code").asText());
    JsonNode data = server.get("Patient/" + id + "?_summary=data").json();
    assertTrue(data.at("/text").isMissingNode());
    JsonNode text = server.get("Patient/" + id + "?_summary=text").json();
    assertTrue(text.at("/gender").isMissingNode());
    assertTrue(text.has("text"));
    JsonNode elements = server.get("Patient/" + id + "?_elements=gender").json();
    assertEquals("female", elements.at("/gender").asText());
    assertTrue(elements.at("/name").isMissingNode());
    JsonNode whole = server.get("Patient/" + id + "?_summary=false").json();
    assertTrue(whole.at("/meta/tag").isMissingNode());
    JsonNode old = server.get("Patient/" + id + "/_history/1?_elements=gender").json();
    assertTrue(old.at("/name").isMissingNode());
  }

  @Test
  void vread_has_every_version() { // A-29
    String id = server.post("Patient", Rest.patient("a")).id();
    server.put("Patient/" + id, Rest.patient(id, "b"));
    server.delete("Patient/" + id);
    String history = "Patient/" + id + "/_history/";
    assertEquals("a", ok(200, server.get(history + 1)).json().at("/name/0/family").asText());
    assertEquals("b", ok(200, server.get(history + 2)).json().at("/name/0/family").asText());
    refused(410, server.get(history + 3));
    refused(404, server.get(history + 4));
    refused(404, server.get(history + "no-version"));
  }

  @Test
  void create_gives_the_id_and_says_where() { // A-30, A-31
    Reply created = ok(201, server.post("Patient", Rest.patient("mine", "a")));
    assertNotEquals("mine", created.id());
    assertEquals(
        server.base() + "/Patient/" + created.id() + "/_history/1", created.header("Location"));
    refused(400, server.post("Patient", "{\"resourceType\":\"Practitioner\"}"));
  }

  @Test
  void create_refuses_what_is_not_fhir() { // A-32
    refused(
        400, server.post("Patient", "{\"resourceType\":\"Patient\",\"birthDate\":\"1970-13\"}"));
    refused(400, server.post("Patient", "{\"resourceType\":\"Patient\",\"shoeSize\":44}"));
    refused(400, server.post("Patient", "{\"resourceType\":\"Patient\",\"gender\":\"unheard\"}"));
    refused(422, server.post("Communication", "{\"resourceType\":\"Communication\"}"));
  }

  @Test
  void a_conditional_create_creates_once() { // A-33
    String value = unique();
    String[] condition = {"If-None-Exist", "identifier=s|" + value};
    Reply first = ok(201, server.post("Patient", identified(value), condition));
    Reply second = ok(200, server.post("Patient", identified(value), condition));
    assertEquals(first.header("Location"), second.header("Location"));
    assertEquals("W/\"1\"", second.header("ETag"));
    ok(201, server.post("Patient", identified(value)));
    refused(412, server.post("Patient", identified(value), condition));
    refused(400, server.post("Patient", identified(value), "If-None-Exist", "no-such=1"));
  }

  @Test
  void conditional_creates_at_once_create_one() throws Exception { // A-34
    String value = unique();
    ExecutorService threads = Executors.newFixedThreadPool(8);
    try {
      List<Future<Integer>> sent =
          IntStream.range(0, 16)
              .mapToObj(
                  i ->
                      threads.submit(
                          () ->
                              server
                                  .post(
                                      "Patient",
                                      identified(value),
                                      "If-None-Exist",
                                      "identifier=s|" + value)
                                  .status()))
              .toList();
      int created = 0;
      for (Future<Integer> status : sent) {
        created += status.get() == 201 ? 1 : 0;
      }
      assertEquals(1, created);
    } finally {
      threads.shutdown();
    }
    JsonNode found =
        server.get("Patient?_total=accurate&identifier=s|" + value.replace("|", "%7C")).json();
    assertEquals(1, found.at("/total").asInt(), found.toString());
  }

  @Test
  void update_replaces_and_update_as_create_creates() { // A-35, A-36
    String id = unique();
    Reply created = ok(201, server.put("Patient/" + id, Rest.patient(id, "a")));
    assertEquals(server.base() + "/Patient/" + id + "/_history/1", created.header("Location"));
    ok(200, server.put("Patient/" + id, Rest.patient(id, "b")));
    refused(400, server.put("Patient/" + id, Rest.patient("c")));
    refused(400, server.put("Patient/" + id, Rest.patient("other", "c")));
    refused(
        400, server.put("Patient/" + id, "{\"resourceType\":\"Person\",\"id\":\"" + id + "\"}"));
  }

  @Test
  void if_match_guards_against_lost_updates() { // A-37
    String id = server.post("Patient", Rest.patient("a")).id();
    String body = Rest.patient(id, "b");
    Reply refused = refused(412, server.put("Patient/" + id, body, "If-Match", "W/\"2\""));
    assertEquals("conflict", refused.json().at("/issue/0/code").asText());
    refused(412, server.put("Patient/" + id, body, "If-Match", "W/\"x\""));
    ok(200, server.put("Patient/" + id, body, "If-Match", "W/\"1\""));
    String none = "n-" + id;
    refused(412, server.put("Patient/" + none, Rest.patient(none, "b"), "If-Match", "W/\"1\""));
    refused(412, server.delete("Patient/" + id, "If-Match", "W/\"1\""));
    ok(204, server.delete("Patient/" + id, "If-Match", "W/\"2\""));
  }

  @Test
  void an_update_of_a_deleted_resource_brings_it_back() { // A-38
    String id = server.post("Patient", Rest.patient("a")).id();
    server.delete("Patient/" + id);
    Reply back = ok(201, server.put("Patient/" + id, Rest.patient(id, "b")));
    assertEquals("W/\"3\"", back.header("ETag"));
    ok(200, server.get("Patient/" + id));
  }

  @Test
  void a_conditional_update_has_all_its_cases() { // A-41
    String value = unique();
    String url = "Patient?identifier=s%7C" + value;
    Reply created = ok(201, server.put(url, identified(value)));
    Reply updated = ok(200, server.put(url, identified(value).replace("}]", "}],\"active\":true")));
    assertEquals(created.id(), updated.id());
    String other = unique();
    refused(
        400,
        server.put(
            url,
            identified(value).replace("\"identifier", "\"id\":\"" + other + "\",\"identifier")));
    String own = unique();
    String value2 = unique();
    Reply withId =
        ok(
            201,
            server.put(
                "Patient?identifier=s%7C" + value2,
                identified(value2).replace("\"identifier", "\"id\":\"" + own + "\",\"identifier")));
    assertEquals(own, withId.id());
    // It would change a resource that the condition does not find.
    String taken =
        identified(unique()).replace("\"identifier", "\"id\":\"" + own + "\",\"identifier");
    Reply clash = refused(409, server.put("Patient?identifier=s%7C" + unique(), taken));
    assertEquals("id-in-use", clash.reason());
    refused(412, server.put("Patient", taken));
    server.post("Patient", identified(value));
    refused(412, server.put(url, identified(value)));
    refused(400, server.put("Patient?no-such=1", identified(value)));
  }

  @Test
  void if_none_match_star_only_creates() { // A-42
    String id = unique();
    ok(201, server.put("Patient/" + id, Rest.patient(id, "a"), "If-None-Match", "*"));
    refused(412, server.put("Patient/" + id, Rest.patient(id, "b"), "If-None-Match", "*"));
  }

  @Test
  void a_conditional_patch_has_all_its_cases() { // A-49
    String value = unique();
    String url = "Patient?identifier=s%7C" + value;
    String patch = "[{\"op\":\"add\",\"path\":\"/active\",\"value\":true}]";
    String[] type = {"Content-Type", "application/json-patch+json"};
    refused(404, server.send("PATCH", url, patch, type));
    server.post("Patient", identified(value));
    ok(200, server.send("PATCH", url, patch, type));
    server.post("Patient", identified(value));
    refused(412, server.send("PATCH", url, patch, type));
  }

  @Test
  void delete_is_the_same_twice_and_keeps_the_history() { // A-52, A-53
    String id = server.post("Patient", Rest.patient("a")).id();
    ok(204, server.delete("Patient/" + id));
    ok(204, server.delete("Patient/" + id));
    ok(204, server.delete("Patient/" + unique()));
    assertEquals(0, server.get("Patient?_id=" + id).json().at("/entry").size());
    ok(200, server.get("Patient/" + id + "/_history/1"));
    assertEquals(2, server.get("Patient/" + id + "/_history").json().at("/total").asInt());
  }

  @Test
  void a_conditional_delete_has_all_its_cases() { // A-55
    String value = unique();
    String url = "Patient?identifier=s%7C" + value;
    ok(204, server.delete(url));
    String id = server.post("Patient", identified(value)).id();
    ok(204, server.delete(url));
    refused(410, server.get("Patient/" + id));
    server.post("Patient", identified(value));
    server.post("Patient", identified(value));
    refused(412, server.delete(url));
    Reply all = server.delete("Patient");
    assertTrue(all.status() == 400 || all.status() == 405 || all.status() == 412, all.body());
    refused(all.status(), all);
    refused(all.status() == 405 ? 412 : all.status(), server.delete("Patient?"));
  }
}
