// SPDX-License-Identifier: Apache-2.0
package dev.parley.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.parley.TestServer;
import dev.parley.TestServer.Reply;
import java.util.Base64;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A.6 of the REST checklist. */
class PatchTest {
  private static final String JSON_PATCH = "application/json-patch+json";
  private static final String PATIENT =
      """
      {"resourceType":"Patient","birthDate":"1970-01-01","gender":"female",
       "text":{"status":"additional","div":"<div xmlns=\\"http://www.w3.org/1999/xhtml\\">x</div>"},
       "extension":[{"url":"http://x","valueDecimal":1.500}],
       "name":[{"family":"a","given":["1","2","3"]},{"family":"b"}],
       "contact":[{"name":{"family":"c"}}]}""";

  private static TestServer server;

  @BeforeAll
  static void start() {
    server = TestServer.start();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static String patient() {
    return server.post("Patient", PATIENT).id();
  }

  private static Reply jsonPatch(String id, String patch, String... headers) {
    String[] all = new String[headers.length + 2];
    all[0] = "Content-Type";
    all[1] = JSON_PATCH;
    System.arraycopy(headers, 0, all, 2, headers.length);
    return server.send("PATCH", "Patient/" + id, patch, all);
  }

  private static Reply fhirPathPatch(String id, String... operations) {
    return server.send("PATCH", "Patient/" + id, parameters(operations));
  }

  /** Each operation as its parts, "path=Patient.name;index=valueInteger:1". */
  private static String parameters(String... operations) {
    StringBuilder body = new StringBuilder("{\"resourceType\":\"Parameters\",\"parameter\":[");
    for (int i = 0; i < operations.length; i++) {
      body.append(i == 0 ? "" : ",").append("{\"name\":\"operation\",\"part\":[");
      body.append(operations[i]).append("]}");
    }
    return body.append("]}").toString();
  }

  private static String part(String name, String value) {
    return "{\"name\":\"" + name + "\"," + value + "}";
  }

  private static String operation(String type, String path, String... more) {
    String first = part("type", "\"valueCode\":\"" + type + "\"");
    String second = part("path", "\"valueString\":\"" + path + "\"");
    return first + "," + second + (more.length == 0 ? "" : "," + String.join(",", more));
  }

  private static String name(String name) {
    return part("name", "\"valueString\":\"" + name + "\"");
  }

  private static String number(String name, int value) {
    return part(name, "\"valueInteger\":" + value);
  }

  private static String value(String json) {
    return part("value", json);
  }

  @Test
  void a_json_patch_makes_a_new_version_and_keeps_every_digit() {
    String id = patient();
    Reply patched =
        jsonPatch(
            id,
            """
            [{"op":"test","path":"/gender","value":"female"},
             {"op":"replace","path":"/gender","value":"other"},
             {"op":"add","path":"/name/-","value":{"family":"z"}},
             {"op":"remove","path":"/contact"}]""");
    assertEquals(200, patched.status(), patched.body());
    assertEquals("W/\"2\"", patched.header("ETag"));
    JsonNode now = server.get("Patient/" + id).json();
    assertEquals("other", now.at("/gender").asText());
    assertEquals("z", now.at("/name/2/family").asText());
    assertTrue(now.at("/contact").isMissingNode());
    assertTrue(server.get("Patient/" + id).body().contains("1.500"));
  }

  @ParameterizedTest(name = "{0} {1}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          422 | patch-test | [{"op":"test","path":"/gender","value":"male"}]
          422 | patch-test | [{"op":"test","path":"/nowhere","value":"male"}]
          422 | patch-path | [{"op":"remove","path":"/nowhere"}]
          422 | patch-path | [{"op":"replace","path":"/name/7/family","value":"x"}]
          422 | patch-path | [{"op":"add","path":"/nowhere/deep","value":"x"}]
          422 | patch-result | [{"op":"add","path":"/nowhere","value":"x"}]
          422 | patch-result | [{"op":"replace","path":"/gender","value":"nonsense"}]
          422 | patch-result | [{"op":"replace","path":"/birthDate","value":"yesterday"}]
          422 | element-required | [{"op":"add","path":"/link","value":[{"type":"seealso"}]}]
          422 | patch-identity | [{"op":"replace","path":"/id","value":"other"}]
          422 | patch-identity | [{"op":"remove","path":"/id"}]
          422 | patch-identity | [{"op":"replace","path":"/meta/versionId","value":"9"}]
          422 | patch-identity | [{"op":"replace","path":"/meta/lastUpdated","value":"2020-01-01T00:00:00Z"}]
          422 | patch-identity | [{"op":"replace","path":"/resourceType","value":"Person"}]
          400 | malformed-patch | {"op":"remove","path":"/gender"}
          400 | malformed-patch | [{"op":"dance","path":"/gender"}]
          400 | malformed-patch | [{"op":"add","path":"/gender"}]
          400 | malformed-patch | [{"path":"/gender"}]
          400 | malformed-patch | [{"op":"remove","path":"gender"}]
          400 | malformed-patch | [nonsense
          """)
  void a_json_patch_that_does_not_fit_changes_nothing(int status, String reason, String patch) {
    String id = patient();
    Reply refused = jsonPatch(id, patch);
    assertEquals(status, refused.status(), refused.body());
    assertEquals(reason, refused.reason());
    assertEquals("1", server.get("Patient/" + id).json().at("/meta/versionId").asText());
  }

  @Test
  void a_json_patch_may_replace_meta_as_long_as_the_version_stays() {
    String id = patient();
    Reply patched =
        jsonPatch(
            id, "[{\"op\":\"replace\",\"path\":\"/meta\",\"value\":{\"tag\":[{\"code\":\"x\"}]}}]");
    assertEquals(200, patched.status(), patched.body());
    assertEquals("2", server.get("Patient/" + id).json().at("/meta/versionId").asText());
    assertEquals("x", server.get("Patient/" + id).json().at("/meta/tag/0/code").asText());
  }

  @Test
  void if_match_unknown_and_deleted_are_those_of_an_update() {
    String id = patient();
    String patch = "[{\"op\":\"remove\",\"path\":\"/gender\"}]";
    assertEquals(412, jsonPatch(id, patch, "If-Match", "W/\"7\"").status());
    assertEquals(200, jsonPatch(id, patch, "If-Match", "W/\"1\"").status());
    assertEquals(404, jsonPatch("nobody", patch).status());
    server.delete("Patient/" + id);
    assertEquals(410, jsonPatch(id, patch).status());
  }

  @Test
  void prefer_minimal_answers_without_a_body() {
    Reply patched =
        jsonPatch(
            patient(), "[{\"op\":\"remove\",\"path\":\"/gender\"}]", "Prefer", "return=minimal");
    assertEquals(200, patched.status());
    assertEquals("", patched.body());
    assertEquals("W/\"2\"", patched.header("ETag"));
  }

  @Test
  void other_forms_of_patch_are_415() {
    for (String type : new String[] {"application/xml-patch+xml", "text/plain"}) {
      Reply refused = server.send("PATCH", "Patient/" + patient(), "<diff/>", "Content-Type", type);
      assertEquals(415, refused.status(), refused.body());
      assertEquals("OperationOutcome", refused.json().at("/resourceType").asText());
    }
  }

  @Test
  void a_generated_narrative_goes_with_the_patch_and_another_stays() {
    String kept = patient();
    jsonPatch(kept, "[{\"op\":\"remove\",\"path\":\"/gender\"}]");
    assertFalse(server.get("Patient/" + kept).json().at("/text").isMissingNode());
    String dropped = server.post("Patient", PATIENT.replace("additional", "generated")).id();
    jsonPatch(dropped, "[{\"op\":\"remove\",\"path\":\"/gender\"}]");
    assertTrue(server.get("Patient/" + dropped).json().at("/text").isMissingNode());
  }

  @Test
  void fhirpath_patch_does_its_operations_in_order() {
    String id = patient();
    Reply patched =
        fhirPathPatch(
            id,
            operation("replace", "Patient.birthDate", value("\"valueDate\":\"1930-01-01\"")),
            operation("add", "Patient", name("active"), value("\"valueBoolean\":true")),
            operation("add", "Patient", name("deceased"), value("\"valueBoolean\":false")),
            operation("delete", "Patient.gender"),
            operation("delete", "Patient.maritalStatus"),
            operation(
                "insert",
                "Patient.name",
                number("index", 1),
                value("\"valueHumanName\":{\"family\":\"i\"}")),
            operation(
                "insert",
                "Patient.telecom",
                number("index", 0),
                value("\"valueContactPoint\":{\"system\":\"phone\",\"value\":\"1\"}")),
            operation(
                "move", "Patient.name[0].given", number("source", 2), number("destination", 0)),
            operation(
                "add",
                "Patient",
                name("contact"),
                part(
                    "value",
                    "\"part\":["
                        + part("name", "\"valueHumanName\":{\"text\":\"a name\"}")
                        + ","
                        + part("gender", "\"valueCode\":\"male\"")
                        + "]")),
            operation(
                "replace",
                "Patient.contact.where(name.family = 'c').name.family",
                value("\"valueString\":\"d\"")));
    assertEquals(200, patched.status(), patched.body());
    JsonNode now = server.get("Patient/" + id).json();
    assertEquals("1930-01-01", now.at("/birthDate").asText());
    assertTrue(now.at("/active").asBoolean());
    assertFalse(now.at("/deceasedBoolean").isMissingNode());
    assertTrue(now.at("/gender").isMissingNode());
    assertEquals("i", now.at("/name/1/family").asText());
    assertEquals("[\"3\",\"1\",\"2\"]", now.at("/name/0/given").toString());
    assertEquals("1", now.at("/telecom/0/value").asText());
    assertEquals("d", now.at("/contact/0/name/family").asText());
    assertEquals("male", now.at("/contact/1/gender").asText());
    assertTrue(server.get("Patient/" + id).body().contains("1.500"));
  }

  @Test
  void fhirpath_patch_refuses_what_does_not_fit() {
    String text = value("\"valueString\":\"x\"");
    String human = value("\"valueHumanName\":{\"family\":\"x\"}");
    String[][] cases = {
      {"422", operation("replace", "Patient.name", human)},
      {"422", operation("replace", "Patient.maritalStatus", value("\"valueCodeableConcept\":{}"))},
      {"422", operation("replace", "Patient.maritalStatus", value("\"valueString\":\"x\""))},
      {"422", operation("replace", "Patient.birthDate", text)},
      {"422", operation("replace", "Patient.gender", value("\"valueCode\":\"nonsense\""))},
      {"422", operation("add", "Patient", name("birthDate"), value("\"valueDate\":\"1950\""))},
      {"422", operation("add", "Patient", name("nowhere"), text)},
      {"422", operation("add", "Patient.name", name("family"), text)},
      {"422", operation("insert", "Patient.name", number("index", 3), human)},
      {"422", operation("insert", "Patient.birthDate", number("index", 0), text)},
      {"422", operation("insert", "Patient.name", number("index", -1), human)},
      {"422", operation("move", "Patient.name", number("source", 2), number("destination", 0))},
      {"422", operation("move", "Patient.name", number("source", 0), number("destination", 2))},
      {"422", operation("delete", "Patient.name")},
      {"422", operation("delete", "Patient")},
      {"422", operation("delete", "Patient.(")},
      {"422", operation("replace", "Patient.link.other.resolve().birthDate", text)},
      {"422", operation("delete", "Patient.id")},
      {"422", operation("replace", "Patient.meta.versionId", value("\"valueId\":\"9\""))},
      {"422", operation("add", "Patient", name("link"), part("value", "\"part\":[]"))},
      {"400", operation("insert", "Patient.name", human)},
      {"400", operation("dance", "Patient.name")},
      {"400", operation("add", "Patient", name("active"))},
      {"400", part("type", "\"valueCode\":\"delete\"")},
    };
    String id = patient();
    for (String[] c : cases) {
      Reply refused = fhirPathPatch(id, c[1]);
      assertEquals(c[0], String.valueOf(refused.status()), c[1] + "\n" + refused.body());
      assertEquals("OperationOutcome", refused.json().at("/resourceType").asText());
    }
    assertEquals("1", server.get("Patient/" + id).json().at("/meta/versionId").asText());
  }

  @Test
  void fhirpath_patch_is_read_as_xml_too() {
    String id = patient();
    Reply patched =
        server.send(
            "PATCH",
            "Patient/" + id,
            """
            <Parameters xmlns="http://hl7.org/fhir"><parameter><name value="operation"/>
            <part><name value="type"/><valueCode value="delete"/></part>
            <part><name value="path"/><valueString value="Patient.gender"/></part>
            </parameter></Parameters>""",
            "Content-Type",
            "application/fhir+xml");
    assertEquals(200, patched.status(), patched.body());
    assertTrue(server.get("Patient/" + id).json().at("/gender").isMissingNode());
  }

  @Test
  void both_forms_work_in_a_transaction() {
    String one = patient();
    String two = patient();
    String data =
        Base64.getEncoder().encodeToString("[{\"op\":\"remove\",\"path\":\"/gender\"}]".getBytes());
    Reply answer =
        server.post(
            "",
            """
            {"resourceType":"Bundle","type":"transaction","entry":[
             {"resource":%s,"request":{"method":"PATCH","url":"Patient/%s"}},
             {"resource":{"resourceType":"Binary","contentType":"%s","data":"%s"},
              "request":{"method":"PATCH","url":"Patient/%s"}}]}"""
                .formatted(
                    parameters(operation("delete", "Patient.gender")), one, JSON_PATCH, data, two));
    assertEquals(200, answer.status(), answer.body());
    for (String id : new String[] {one, two}) {
      assertTrue(server.get("Patient/" + id).json().at("/gender").isMissingNode());
      assertEquals("2", server.get("Patient/" + id).json().at("/meta/versionId").asText());
    }
  }
}
