// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ca.uhn.fhir.context.FhirContext;
import com.fasterxml.jackson.databind.JsonNode;
import dev.parley.TestDatabase;
import dev.parley.TestServer;
import dev.parley.TestServer.Reply;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Set;
import java.util.TreeSet;
import org.hl7.fhir.r4.model.SearchParameter;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Our own search parameters can be looked up like any other definition. */
class SearchParameterTest {
  private static TestServer server;

  @BeforeAll
  static void start() {
    server = TestServer.start();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @Test
  void what_the_capability_statement_declares_as_ours_can_be_read() {
    Set<String> declared = new TreeSet<>();
    for (JsonNode resource : server.get("metadata").json().at("/rest/0/resource")) {
      for (JsonNode param : resource.path("searchParam")) {
        String canonical = param.path("definition").asText();
        if (canonical.startsWith("https://parley.dev/")) {
          declared.add(canonical);
          Reply read =
              server.get("SearchParameter/" + canonical.substring(canonical.lastIndexOf('/') + 1));
          assertEquals(200, read.status(), canonical);
          assertEquals(canonical, read.json().path("url").asText());
          assertEquals(param.path("name").asText(), read.json().path("code").asText());
          assertEquals(param.path("type").asText(), read.json().path("type").asText());
          assertEquals(resource.path("type").asText(), read.json().at("/base/0").asText());
        }
      }
    }
    assertEquals(OwnSearchParams.all().size(), declared.size());
  }

  @Test
  void they_are_found_by_what_one_looks_for() {
    assertEquals(8, total("SearchParameter?base=Communication"));
    assertEquals(2, total("SearchParameter?base=Communication&type=special"));
    assertEquals(1, total("SearchParameter?code=participant"));
    assertEquals(
        1, total("SearchParameter?url=https://parley.dev/fhir/SearchParameter/in-response-to"));
    assertEquals(4, total("SearchParameter?base=Communication&type=reference"));
    assertEquals(1, total("SearchParameter?description=who%20sends"));
    assertEquals(0, total("SearchParameter?base=Patient"));
    assertEquals(1, total("SearchParameter?base=Consent"));
  }

  @Test
  void a_proof_is_found_by_its_status_and_a_consent_by_whether_it_was_confirmed() {
    String proof = "{\"resourceType\":\"VerificationResult\",\"status\":\"%s\"}";
    server.post("VerificationResult", proof.formatted("validated"));
    server.post("VerificationResult", proof.formatted("attested"));
    assertEquals(1, total("VerificationResult?status=validated"));
    assertEquals(2, total("VerificationResult?status=validated,attested"));
    assertEquals(0, total("VerificationResult?status=val-fail"));
    String consent =
        """
        {"resourceType":"Consent","status":"active","scope":{"coding":[{"code":"x"}]},"category":[{"text":"x"}],
         "policyRule":{"coding":[{"code":"OPTIN"}]},"verification":[{"verified":%s}]}""";
    assertEquals(201, server.post("Consent", consent.formatted("true")).status());
    assertEquals(201, server.post("Consent", consent.formatted("false")).status());
    assertEquals(1, total("Consent?verified=true"));
    assertEquals(1, total("Consent?verified=false"));
  }

  @Test
  void what_was_stored_before_them_gets_their_keys() throws Exception {
    String proof =
        server
            .post(
                "VerificationResult",
                "{\"resourceType\":\"VerificationResult\",\"status\":\"reval-fail\"}")
            .id();
    String migration =
        new String(
            getClass()
                .getResourceAsStream("/db/migration/V84__verified_parameters.sql")
                .readAllBytes(),
            StandardCharsets.UTF_8);
    long self = Keys.self("VerificationResult", proof);
    try (Connection connection = TestDatabase.connect(server.config());
        Statement statement = connection.createStatement()) {
      statement.execute(
          "create temp table as_written as select keys from resource where self = " + self);
      statement.execute("update resource set keys = '{}' where self = " + self);
      statement.execute(migration.substring(migration.indexOf("-- Those from before")));
      try (ResultSet row =
          statement.executeQuery(
              "select cardinality(r.keys), r.keys <@ w.keys from resource r, as_written w where self = "
                  + self)) {
        row.next();
        assertEquals(4, row.getInt(1));
        assertTrue(row.getBoolean(2));
      }
    }
    assertEquals(1, total("VerificationResult?status=reval-fail"));
  }

  private static int total(String url) {
    return server.get(url).json().path("total").asInt();
  }

  /** The migration's rows are what the store makes of the definitions today. */
  @Test
  void their_rows_are_as_the_store_writes_them() throws SQLException {
    for (SearchParameter each : OwnSearchParams.all()) {
      String id = each.getIdElement().getIdPart();
      each.setId((String) null);
      String copy =
          server
              .post(
                  "SearchParameter",
                  FhirContext.forR4Cached().newJsonParser().encodeResourceToString(each))
              .id();
      assertEquals(row(copy), row(id), id);
      server.delete("SearchParameter/" + copy);
    }
  }

  private static String row(String id) throws SQLException {
    String sql =
        """
        select array(select unnest(r.keys) order by 1)::text || r.who::text || coalesce(r.audience::text, '') || r.body
               || (select string_agg(s.param || '=' || s.value, ',' order by s.param, s.value)
                   from string_value s where s.self = r.self)
               || (select count(*) from date_value d where d.self = r.self)
               || (select count(*) from number_value n where n.self = r.self)
               || (select count(*) from timeline t where t.self = r.self)
        from resource r where r.self = %d"""
            .formatted(Keys.self("SearchParameter", id));
    try (Connection connection = TestDatabase.connect(server.config());
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getString(1);
    }
  }
}
