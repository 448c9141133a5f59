// SPDX-License-Identifier: Apache-2.0
package dev.parley.visibility;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.parley.TestServer;
import dev.parley.TestServer.Reply;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * Whoever guesses an id learns nothing: at every operation, by every reference and every search,
 * what is hidden from them answers as what is not there. Operations are those of the
 * CapabilityStatement, so that a new one is asked as well.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class GuessedIdTest {
  private static final String NOWHERE = "nowhere";
  private static final String[] ATTACKERS = {"Practitioner/eve", "Patient/bert"};
  private static TestServer server;
  private static String file;
  private static String subscription;

  /** What is hidden, by type. */
  private static final Map<String, String> HIDDEN = new TreeMap<>();

  @BeforeAll
  static void start() {
    server = TestServer.withLogin(Map.of("PARLEY_RATE_PER_PERSON", "100000"), Clock.systemUTC());
    for (String who : List.of("eve", "gp")) {
      put("Practitioner/" + who, "'active':true");
    }
    put("HealthcareService/desk", "'active':true");
    put(
        "Patient/anna",
        "'generalPractitioner':[%s],'identifier':[{'system':'urn:mrn','value':'7'}]"
            .formatted(ref("Practitioner/gp")));
    put("Patient/bert", "'generalPractitioner':[%s]".formatted(ref("Practitioner/eve")));
    for (String who : List.of("anna", "bert")) {
      consent(who);
    }
    thread("hidden", "anna", "gp");
    thread("own", "bert", "eve");
    put(
        "Task/hidden",
        "'status':'requested','intent':'order','for':%s,'focus':%s,'owner':%s"
            .formatted(ref("Patient/anna"), ref("Communication/hidden"), ref("Practitioner/gp")));
    subscription =
        server
            .asUser("Practitioner/gp")
            .post(
                "Subscription",
                json(
                    "'resourceType':'Subscription','status':'requested','reason':'t','criteria':'Communication?','channel':{'type':'websocket'}"))
            .id();
    HttpResponse<byte[]> uploaded =
        server
            .asUser("Practitioner/gp")
            .bytes(
                "POST",
                "Binary",
                "a private text".getBytes(StandardCharsets.UTF_8),
                "Content-Type",
                "text/plain");
    file =
        uploaded
            .headers()
            .firstValue("Location")
            .orElseThrow()
            .replaceAll(".*/Binary/([^/]+)/_history/1", "$1");
    HIDDEN.putAll(
        Map.of(
            "Communication",
            "hidden-m",
            "Patient",
            "anna",
            "Task",
            "hidden",
            "Consent",
            "anna",
            "Subscription",
            subscription,
            "Binary",
            file));
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static String json(String inQuotes) {
    return "{" + inQuotes.replace('\'', '"') + "}";
  }

  private static String ref(String reference) {
    return "{'reference':'" + reference + "'}";
  }

  private static void put(String reference, String rest) {
    String[] parts = reference.split("/");
    Reply reply =
        server
            .asSystem()
            .put(
                reference,
                json("'resourceType':'%s','id':'%s',%s".formatted(parts[0], parts[1], rest)));
    assertEquals(2, reply.status() / 100, reply.body());
  }

  private static void consent(String patient) {
    put(
        "Consent/" + patient,
        """
        'status':'active','scope':{'coding':[{'code':'patient-privacy'}]},
        'category':[{'coding':[{'system':'https://parley.dev/fhir/CodeSystem/consent-kind','code':'secure-messaging'}]}],
        'patient':{'reference':'Patient/%s'},'policyRule':{'coding':[{'code':'OPTIN'}]},
        'sourceAttachment':{'url':'https://example.org/form','hash':'YQ=='}"""
            .formatted(patient));
  }

  /** A thread of a patient and a doctor, with a message of each. */
  private static void thread(String id, String patient, String doctor) {
    String people =
        "'subject':%1$s,'sender':%1$s,'recipient':[%2$s]"
            .formatted(ref("Patient/" + patient), ref("Practitioner/" + doctor));
    put("Communication/" + id, "'status':'in-progress'," + people);
    put(
        "Communication/" + id + "-m",
        "'status':'completed','sent':'2026-01-01T10:00:00Z','partOf':[%s],%s,'payload':[{'contentString':'hidden words'}]"
            .formatted(ref("Communication/" + id), people));
  }

  private static TestServer as(String person) {
    return server.asUser(person);
  }

  /** What an answer says, whichever id it was asked for. */
  private static String said(Reply reply, String id) {
    return reply.status()
        + " "
        + (reply.body() == null ? "" : reply.body())
            .replaceAll(id, "ID")
            .replaceAll("\"id\":\"[^\"]*\"", "")
            .replaceAll("\\d{4}-\\d\\d-\\d\\dT[^\"]*", "T")
            .replaceAll("Positive[^}]*", "");
  }

  private static List<String> ids(String type) {
    if (type.equals("Communication")) {
      return List.of("hidden", "hidden-m");
    }
    return HIDDEN.containsKey(type) ? List.of(HIDDEN.get(type)) : List.of();
  }

  private final List<String> told = new ArrayList<>();

  private void alike(String what, Reply hidden, String id, Reply missing) {
    String one = said(hidden, id);
    String other = said(missing, NOWHERE);
    if (!one.equals(other) || one.contains("hidden words")) {
      told.add(what + "\n  hidden  " + one + "\n  missing " + other);
    }
  }

  private void nothingIsTold() {
    assertTrue(told.isEmpty(), String.join("\n", told));
  }

  /** All that operations take references by, each of its kind. */
  private static String parameters(
      Set<String> known, String thread, String message, String patient) {
    StringBuilder all = new StringBuilder();
    Map<String, String> named = new TreeMap<>();
    List.of("thread", "to", "target").forEach(n -> named.put(n, "Communication/" + thread));
    named.put("message", "Communication/" + message);
    List.of("who", "recipient", "person", "patient", "subject", "for")
        .forEach(n -> named.put(n, "Patient/" + patient));
    named.keySet().retainAll(known);
    named.forEach(
        (name, reference) ->
            all.append("{'name':'%s','valueReference':%s},".formatted(name, ref(reference))));
    for (String name : List.of("text", "reason", "emoji")) {
      if (known.contains(name)) {
        all.append("{'name':'%s','valueString':'x'},".formatted(name));
      }
    }
    return json(
        "'resourceType':'Parameters','parameter':[" + all.toString().replaceAll(",$", "") + "]");
  }

  /** As the server says when it is asked with a parameter that it does not know. */
  private static Set<String> known(String type, String name) {
    String unknown = json("'resourceType':'Parameters','parameter':[{'name':'nobody'}]");
    for (String path : List.of(type + "/x/$" + name, type + "/$" + name)) {
      Reply reply = server.asSystem().post(path, unknown);
      if ("unknown-parameter".equals(reply.reason()) && reply.body().contains("it takes ")) {
        String text = reply.json().at("/issue/0/details/text").asText();
        return Set.of(text.substring(text.indexOf("it takes ") + 9).split(", "));
      }
    }
    return Set.of();
  }

  private static Map<String, List<String>> operations() {
    Map<String, List<String>> byType = new TreeMap<>();
    JsonNode rest = server.get("metadata").json().at("/rest/0");
    for (JsonNode type : rest.path("resource")) {
      type.path("operation")
          .forEach(
              o ->
                  byType
                      .computeIfAbsent(type.path("type").asText(), t -> new ArrayList<>())
                      .add(o.path("name").asText()));
    }
    return byType;
  }

  @Test
  @Order(2)
  void no_operation_tells_of_what_is_hidden() {
    Map<String, List<String>> operations = operations();
    assertTrue(operations.get("Communication").size() > 20, operations.toString());
    assertTrue(known("Communication", "move").contains("to"));
    for (String who : ATTACKERS) {
      TestServer me = as(who);
      operations.forEach(
          (type, names) -> {
            for (String name : names) {
              Set<String> known = known(type, name);
              String mine = parameters(known, "own", "own-m", "bert");
              String theirs = parameters(known, "hidden", "hidden-m", "anna");
              String nobodys = parameters(known, NOWHERE, NOWHERE, NOWHERE);
              String path = type + "/%s/$" + name;
              for (String id : ids(type)) {
                String on = who + " " + path.formatted(id);
                if (!who.startsWith("Patient/")) {
                  alike(on, me.get(path.formatted(id)), id, me.get(path.formatted(NOWHERE)));
                }
                Reply missing = me.post(path.formatted(NOWHERE), mine);
                alike(on, me.post(path.formatted(id), mine), id, missing);
              }
              // As parameters, of the type and of a message of one's own.
              for (String of : List.of(type + "/$" + name, "Communication/own-m/$" + name)) {
                // An inbox is one's own list, and says by then what it has delivered.
                if (name.equals("inbox") || who.startsWith("Patient/")) {
                  continue;
                }
                if (!name.matches("recall|undo|edit") || of.startsWith(type + "/$")) {
                  Reply hidden = me.post(of, theirs);
                  alike(who + " " + of, hidden, "hidden-m|hidden|anna", me.post(of, nobodys));
                }
              }
            }
          });
    }
    nothingIsTold();
  }

  @Test
  void no_reference_tells_of_what_is_hidden() {
    String message =
        "'resourceType':'Communication','status':'in-progress','partOf':["
            + ref("Communication/own")
            + "],'payload':[{'contentString':'x'}],";
    String ours =
        "'extension':[{'url':'https://parley.dev/fhir/StructureDefinition/%s','valueReference':{'reference':'REF'}}]";
    List<String[]> writes = new ArrayList<>();
    for (String element :
        List.of("basedOn", "inResponseTo", "recipient", "about", "reasonReference")) {
      writes.add(
          new String[] {"Communication", message + "'" + element + "':[{'reference':'REF'}]"});
    }
    for (String element : List.of("subject", "sender", "encounter")) {
      writes.add(new String[] {"Communication", message + "'" + element + "':{'reference':'REF'}"});
    }
    for (String url : List.of("mention", "replaces", "forwarded-from", "moved-by", "reply-to")) {
      writes.add(new String[] {"Communication", message + ours.formatted(url)});
    }
    writes.add(
        new String[] {
          "Communication",
          message.replace("{'contentString':'x'}", "{'contentReference':{'reference':'REF'}}")
              + "'language':'en'"
        });
    writes.add(
        new String[] {
          "Communication",
          message.replace("{'contentString':'x'}", "{'contentAttachment':{'url':'REF'}}")
              + "'language':'en'"
        });
    writes.add(
        new String[] {
          "Task",
          "'resourceType':'Task','status':'requested','intent':'order','focus':{'reference':'REF'}"
        });
    writes.add(
        new String[] {
          "Task",
          "'resourceType':'Task','status':'requested','intent':'order','for':{'reference':'REF'}"
        });
    writes.add(
        new String[] {
          "DocumentReference",
          "'resourceType':'DocumentReference','status':'current','subject':{'reference':'REF'},'content':[{'attachment':{'url':'Binary/x'}}]"
        });
    writes.add(
        new String[] {
          "Observation",
          "'resourceType':'Observation','status':'final','code':{'text':'x'},'subject':{'reference':'REF'}"
        });
    writes.add(
        new String[] {
          "Provenance",
          "'resourceType':'Provenance','target':[{'reference':'REF'}],'recorded':'2026-01-01T00:00:00Z','agent':[{'who':{'reference':'Practitioner/gp'}}]"
        });
    writes.add(
        new String[] {
          "Binary",
          "'resourceType':'Binary','contentType':'text/plain','data':'eA==','securityContext':{'reference':'REF'}"
        });
    for (String who : ATTACKERS) {
      TestServer me = as(who);
      for (String[] write : writes) {
        for (String named : named(write[1])) {
          String type = named.substring(0, named.indexOf('/') + 1);
          alike(
              who + " " + write[1] + " " + named,
              me.post(write[0], json(write[1].replace("REF", named))),
              named.substring(type.length()),
              me.post(write[0], json(write[1].replace("REF", type + NOWHERE))));
        }
      }
    }
    nothingIsTold();
  }

  private static List<String> named(String write) {
    return write.contains("Attachment")
        ? List.of("Binary/" + file)
        : List.of("Communication/hidden-m", "Patient/anna");
  }

  @Test
  @Order(1)
  void no_search_tells_of_what_is_hidden() {
    String[][] searches = {
      {"Communication?part-of=Communication/%s&_total=accurate", "hidden"},
      {"Communication?part-of:Communication.status=in-progress&part-of=Communication/%s", "hidden"},
      {"Communication?subject=Patient/%s", "anna"},
      {"Communication?patient=%s&_sort=-sent", "anna"},
      {"Communication?subject:Patient._id=%s", "anna"},
      {
        "Communication?_id=%s&_include=Communication:subject&_include=Communication:sender",
        "hidden-m"
      },
      {"Communication?_id=%s&_revinclude=Task:focus", "hidden"},
      {"Patient?_id=%s&_revinclude=Communication:subject", "anna"},
      {"Patient?_has:Communication:subject:_id=%s", "hidden-m"},
      {"Practitioner?_has:Communication:recipient:_id=%s", "hidden-m"},
      {"Practitioner?_has:Communication:recipient:subject=Patient/%s", "anna"},
      {"Practitioner?_has:Patient:general-practitioner:_id=%s", "anna"},
      {"Task?focus=Communication/%s", "hidden"},
      {"Task?patient=Patient/%s&_summary=count", "anna"},
      {"Consent?patient=Patient/%s", "anna"},
      {"Patient/%s/Communication", "anna"},
      {"Patient/%s/*", "anna"},
      {"Provenance?target=Communication/%s&_count=0", "hidden-m"},
      {"AuditEvent?entity=Communication/%s", "hidden-m"},
      {"Binary?_id=%s", null},
      {"Communication?unread-by=Practitioner/gp&_id=%s", "hidden-m"},
      {"Communication?acknowledged=false&_id=%s", "hidden-m"},
      {"Communication/%s/_history", "hidden-m"},
      {"Communication/%s/_history/1", "hidden-m"},
      {"Communication/%s?_elements=id", "hidden-m"},
      {"Communication/%s?_summary=true", "hidden-m"},
      {"Subscription/%s/$events", null},
      {"Communication/$find?text=hidden&thread=Communication/%s", "hidden"},
      {"Communication/$find?text=words&person=Patient/%s", "anna"},
      {"Communication/$inbox?patient=Patient/%s", "anna"},
      {"Communication/$unread?thread=Communication/%s", "hidden"},
    };
    for (String who : ATTACKERS) {
      TestServer me = as(who);
      for (String[] search : searches) {
        String id =
            search[1] != null ? search[1] : search[0].startsWith("Binary") ? file : subscription;
        alike(
            who + " " + search[0],
            me.get(search[0].formatted(id)),
            id,
            me.get(search[0].formatted(NOWHERE)));
      }
    }
    nothingIsTold();
  }

  @Test
  void no_file_tells_of_what_is_hidden() {
    for (String who : ATTACKERS) {
      for (String[] headers :
          new String[][] {
            {"Accept", "*/*"},
            {"Accept", "application/fhir+json"},
            {"Accept", "*/*", "Range", "bytes=0-3"},
            {"Accept", "*/*", "If-None-Match", "*"}
          }) {
        for (String method : List.of("GET", "HEAD", "DELETE")) {
          HttpResponse<byte[]> hidden = as(who).bytes(method, "Binary/" + file, null, headers);
          HttpResponse<byte[]> missing = as(who).bytes(method, "Binary/" + NOWHERE, null, headers);
          assertEquals(missing.statusCode(), hidden.statusCode(), who + method + headers[1]);
          assertTrue(hidden.headers().firstValue("ETag").isEmpty(), who + method);
        }
      }
    }
  }
}
