// SPDX-License-Identifier: Apache-2.0
package dev.parley.visibility;

import com.fasterxml.jackson.databind.JsonNode;
import dev.parley.TestServer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Every way by which somebody could come to know of a resource, asked one after the other. */
public final class Doors {
  private final TestServer server;
  private final String person;

  private Doors(TestServer server, String person) {
    this.server = server;
    this.person = person;
  }

  /** As that person. */
  public static Doors of(TestServer server, String person) {
    return new Doors(server, person);
  }

  /** The names of the doors that are open to "Type/id"; those that do not fit it are left out. */
  public Set<String> open(String reference) {
    Set<String> open = new TreeSet<>();
    answers(reference)
        .forEach(
            (door, isOpen) -> {
              if (isOpen) {
                open.add(door);
              }
            });
    return open;
  }

  /** All doors that were tried. */
  public Set<String> all(String reference) {
    return new TreeSet<>(answers(reference).keySet());
  }

  private Map<String, Boolean> answers(String reference) {
    String type = reference.substring(0, reference.indexOf('/'));
    String id = reference.substring(type.length() + 1);
    Map<String, Boolean> doors = new LinkedHashMap<>();
    doors.put("read", server.get(reference).status() == 200);
    doors.put("vread", server.get(reference + "/_history/1").status() == 200);
    doors.put("history", server.get(reference + "/_history").status() == 200);
    doors.put("type history", holds(type + "/_history?_count=1000", id));
    doors.put("system history", holds("_history?_count=1000", id));
    doors.put("search", holds(type + "?_id=" + id, id));
    doors.put("search by POST", post(type + "/_search", "_id=" + id).contains("\"" + id + "\""));
    doors.put("count", total(type + "?_id=" + id + "&_summary=count") > 0);
    doors.put("total", total(type + "?_id=" + id + "&_total=accurate&_count=0") > 0);
    doors.put("sorted", holds(type + "?_sort=-_lastUpdated&_count=1000", id));
    doors.put("system search", holds("?_type=" + type + "&_id=" + id, id));
    doors.put("batch read", batch("GET", reference).contains("\"200"));
    doors.put("batch search", batch("GET", type + "?_id=" + id).contains("\"total\":1"));
    doors.put("condition", condition(type, id));
    if (type.equals("Communication")) {
      doors.put(
          "has", holds("Practitioner?_has:Communication:participant:_id=" + id, "Practitioner/"));
      doors.put(
          "revinclude",
          holds("Practitioner?_revinclude=Communication:participant&_count=1000", id));
      doors.put(
          "chain",
          holds(
              "Communication?part-of:Communication._id=" + id + "&_count=1000", "Communication/"));
      doors.put(
          "include",
          holds(
              "Communication?part-of=Communication/" + id + "&_include=Communication:part-of",
              "\"id\":\"" + id + "\""));
    }
    return doors;
  }

  /** A conditional create tells whether something matches: 200 if so. */
  private boolean condition(String type, String id) {
    if (!type.equals("Communication")) {
      return server.get(type + "?_id=" + id + "&_elements=id").body().contains("\"" + id + "\"");
    }
    String draft =
        """
        {"resourceType":"Communication","status":"preparation","sender":{"reference":"%s"},
         "payload":[{"contentString":"x"}]}"""
            .formatted(person);
    return server.post(type, draft, "If-None-Exist", "_id=" + id).status() == 200;
  }

  private boolean holds(String path, String what) {
    String text = what.contains("/") || what.contains("\"") ? what : "\"id\":\"" + what + "\"";
    TestServer.Reply reply = server.get(path);
    if (reply.status() != 200) {
      throw new AssertionError(path + " " + reply.body());
    }
    JsonNode entries = reply.json().path("entry");
    return entries.toString().contains(text);
  }

  private int total(String path) {
    return server.get(path).json().path("total").asInt();
  }

  private String post(String path, String form) {
    return server
        .send("POST", path, form, "Content-Type", "application/x-www-form-urlencoded")
        .body();
  }

  private String batch(String method, String url) {
    return server
        .post(
            "",
            """
            {"resourceType":"Bundle","type":"batch","entry":[{"request":{"method":"%s","url":"%s"}}]}"""
                .formatted(method, url))
        .body();
  }
}
