// SPDX-License-Identifier: Apache-2.0
package dev.parley.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.parser.StrictErrorHandler;
import com.fasterxml.jackson.databind.JsonNode;
import dev.parley.TestServer;
import dev.parley.TestServer.Reply;
import dev.parley.store.SearchParam;
import dev.parley.store.SearchParams;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.hl7.fhir.r4.model.CapabilityStatement;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A.21 of the REST checklist: the CapabilityStatement says what is there, and it is there. */
class CapabilityTest {
  private static TestServer server;
  private static JsonNode statement;

  @BeforeAll
  static void start() {
    server = TestServer.start();
    statement = server.get("metadata").json();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static FhirContext strict() {
    FhirContext fhir = FhirContext.forR4();
    fhir.setParserErrorHandler(new StrictErrorHandler());
    return fhir;
  }

  @Test
  void it_is_valid_and_names_the_server() {
    FhirContext fhir = strict();
    CapabilityStatement parsed =
        fhir.newJsonParser().parseResource(CapabilityStatement.class, statement.toString());
    new Elements(fhir).check(parsed);
    assertEquals("instance", parsed.getKind().toCode());
    assertEquals("4.0.1", parsed.getFhirVersion().toCode());
    assertEquals(server.base(), parsed.getImplementation().getUrl());
    assertTrue(parsed.getSoftware().getVersion().startsWith("0."));
  }

  @Test
  void it_has_an_etag_and_answers_304() {
    Reply first = server.get("metadata");
    assertEquals(200, first.status());
    assertEquals(304, server.get("metadata", "If-None-Match", first.header("ETag")).status());
    assertEquals(200, server.get("metadata?mode=full").status());
    assertEquals(400, server.get("metadata?mode=terminology").status());
    Reply xml = server.get("metadata?_format=xml");
    assertTrue(xml.body().startsWith("<CapabilityStatement"), xml.body().substring(0, 100));
  }

  @Test
  void its_parameters_are_those_of_the_engine() {
    FhirContext fhir = strict();
    SearchParams params = new SearchParams(fhir);
    for (JsonNode resource : statement.at("/rest/0/resource")) {
      String type = resource.at("/type").asText();
      Set<String> declared = new TreeSet<>(Set.of("_tag", "_security", "_profile", "_source"));
      for (JsonNode param : resource.at("/searchParam")) {
        String code = param.at("/name").asText();
        if (!param.at("/type").asText().equals("special")) {
          declared.add(code);
        }
        SearchParam known = params.find(type, code).orElseThrow(() -> new AssertionError(code));
        assertEquals(
            known.kind().name().toLowerCase(), param.at("/type").asText(), type + " " + code);
      }
      Set<String> there = new TreeSet<>();
      params
          .of(type)
          .forEach(
              (code, param) -> {
                if (param.kind() != SearchParam.Kind.SPECIAL) {
                  there.add(code);
                }
              });
      assertEquals(there, declared, type);
    }
    assertEquals(146, statement.at("/rest/0/resource").size());
  }

  @Test
  void every_declared_parameter_include_and_sort_is_accepted() {
    List<String> wrong = new ArrayList<>();
    for (JsonNode resource : statement.at("/rest/0/resource")) {
      String type = resource.at("/type").asText();
      if (!Types.NAMED.contains(type)) {
        continue;
      }
      for (JsonNode param : resource.at("/searchParam")) {
        String name = param.at("/name").asText();
        accepted(type + "?" + name + "=" + sample(name, param.at("/type").asText()), wrong);
      }
      for (JsonNode include : resource.at("/searchInclude")) {
        accepted(type + "?_include=" + include.asText(), wrong);
      }
      for (JsonNode include : resource.at("/searchRevInclude")) {
        if (Types.NAMED.contains(include.asText().split(":")[0])) {
          accepted(type + "?_revinclude=" + include.asText(), wrong);
        }
      }
    }
    for (JsonNode param : statement.at("/rest/0/searchParam")) {
      String query = param.at("/name").asText() + "=" + Types.sample(param.at("/type").asText());
      accepted("Communication?" + query, wrong);
    }
    assertEquals(List.of(), wrong);
  }

  private static String sample(String name, String kind) {
    return switch (name) {
      case "unread-by" -> "Practitioner/x";
      case "acknowledged" -> "false";
      default -> Types.sample(kind);
    };
  }

  private static void accepted(String search, List<String> wrong) {
    Reply reply = server.get(search, "Prefer", "handling=strict");
    if (reply.status() != 200) {
      wrong.add(search + " " + reply.status() + " " + reply.body());
    }
  }

  @Test
  void every_declared_operation_answers() {
    for (JsonNode resource : statement.at("/rest/0/resource")) {
      for (JsonNode operation : resource.at("/operation")) {
        assertTrue(operation.at("/definition").asText().startsWith("http"), operation.toString());
        assertTrue(!operation.at("/name").asText().startsWith("$"), operation.toString());
      }
    }
    assertEquals(
        200,
        server.get("Subscription/$status").status(),
        server.get("Subscription/$status").body());
  }

  @Test
  void every_system_interaction_answers() {
    Set<String> codes = new TreeSet<>();
    statement.at("/rest/0/interaction").forEach(i -> codes.add(i.at("/code").asText()));
    assertEquals(Set.of("batch", "history-system", "search-system", "transaction"), codes);
    assertEquals(200, server.get("_history").status());
    assertEquals(200, server.get("?_type=Patient,Communication").status());
    for (String type : new String[] {"batch", "transaction"}) {
      String bundle = "{\"resourceType\":\"Bundle\",\"type\":\"%s\"}".formatted(type);
      assertEquals(200, server.post("", bundle).status());
    }
  }

  @Test
  void topics_and_the_socket_are_announced() { // B-36, B-59, B-67, B-68
    assertTrue(statement.at("/rest/0/extension/0/valueUri").asText().endsWith("subscriptions-r4"));
    for (JsonNode resource : statement.at("/rest/0/resource")) {
      if (resource.at("/type").asText().equals("Subscription")) {
        assertEquals(4, resource.at("/extension").size());
        assertEquals(4, resource.at("/operation").size());
        assertTrue(resource.at("/supportedProfile/0").asText().endsWith("backport-subscription"));
      }
    }
  }
}
