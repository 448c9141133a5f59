// SPDX-License-Identifier: Apache-2.0
package dev.parley.auth;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.TestClock;
import dev.parley.TestIssuer;
import dev.parley.TestServer;
import dev.parley.TestServer.Reply;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Who may come in, and what ends a login before its token. */
class LoginEndTest {
  private static TestServer server;
  private static TestIssuer issuer;

  @BeforeAll
  static void start() {
    server = TestServer.withLogin();
    issuer = server.issuer();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static void put(String reference, String rest) {
    int slash = reference.indexOf('/');
    Reply reply =
        server
            .asSystem()
            .put(
                reference,
                "{\"resourceType\":\"%s\",\"id\":\"%s\"%s}"
                    .formatted(
                        reference.substring(0, slash),
                        reference.substring(slash + 1),
                        rest.isEmpty() ? "" : "," + rest));
    assertTrue(reply.status() < 300, reply.body());
  }

  /** A token of a login that began in the past: whoever has ended since is out. */
  private static TestServer loggedIn(String who) {
    return server.as(issuer.token(who, "user/*.cruds", before(Duration.ofMinutes(5))));
  }

  private static TestServer loggedInLater(String who) {
    return server.as(issuer.token(who, "user/*.cruds", later()));
  }

  private static Map<String, Object> before(Duration ago) {
    Instant then = Instant.now().minus(ago);
    return Map.of("iat", then, "auth_time", then.getEpochSecond());
  }

  /** In the next second, which a little difference of clocks allows. */
  private static Map<String, Object> later() {
    Instant then = Instant.now().plusSeconds(2);
    return Map.of("iat", then, "auth_time", then.getEpochSecond());
  }

  private static void in(TestServer client) {
    Reply reply = client.get("Organization");
    assertEquals(200, reply.status(), reply.body());
  }

  private static void out(String why, TestServer client) {
    Reply reply = client.get("Organization");
    assertEquals(401, reply.status(), reply.body());
    assertTrue(reply.body().contains(why), reply.body());
  }

  @Test
  void whoever_is_not_there_cannot_come_in() {
    out("is not known here", loggedIn("Practitioner/nobody"));
    put("Practitioner/soon", "");
    in(loggedIn("Practitioner/soon"));
  }

  @Test
  void an_inactive_practitioner_is_out_at_once_and_may_come_back() {
    put("Practitioner/leaver", "\"active\":true");
    TestServer client = loggedIn("Practitioner/leaver");
    in(client);
    put("Practitioner/leaver", "\"active\":false");
    out("inactive", client);
    out("inactive", loggedInLater("Practitioner/leaver"));
    put("Practitioner/leaver", "\"active\":true");
    out("has ended", client);
    in(loggedInLater("Practitioner/leaver"));
  }

  @Test
  void a_deleted_practitioner_is_out() {
    put("Practitioner/gone", "");
    TestServer client = loggedIn("Practitioner/gone");
    in(client);
    assertEquals(204, server.asSystem().delete("Practitioner/gone").status());
    out("deleted", client);
  }

  @Test
  void the_end_of_a_role_ends_the_login_of_its_practitioner() {
    put("Practitioner/two-roles", "");
    String role = "\"practitioner\":{\"reference\":\"Practitioner/two-roles\"}";
    put("PractitionerRole/ward", role);
    put("PractitionerRole/clinic", role);
    TestServer byPerson = loggedIn("Practitioner/two-roles");
    TestServer byRole = loggedIn("PractitionerRole/ward");
    in(byPerson);
    in(byRole);
    put("PractitionerRole/ward", role + ",\"period\":{\"end\":\"2020-01-01\"}");
    out("has ended", byPerson);
    out("role-ended", byRole);
    out("role-ended", loggedInLater("PractitionerRole/ward"));
    in(loggedInLater("Practitioner/two-roles"));
    in(loggedInLater("PractitionerRole/clinic"));
    server.asSystem().delete("PractitionerRole/clinic");
    out("deleted", loggedInLater("PractitionerRole/clinic"));
  }

  @Test
  void a_role_is_its_practitioner() {
    put("Practitioner/of-role", "");
    put("PractitionerRole/r", "\"practitioner\":{\"reference\":\"Practitioner/of-role\"}");
    String subscription =
        """
        {"resourceType":"Subscription","status":"requested","reason":"test",
         "criteria":"Organization?active=true","channel":{"type":"websocket"}}""";
    String id = loggedIn("PractitionerRole/r").post("Subscription", subscription).id();
    assertEquals(
        200, loggedIn("Practitioner/of-role").get("Subscription/" + id + "/$status").status());
  }

  @Test
  void a_person_is_the_one_they_are_linked_to() {
    put("Practitioner/linked", "");
    put("Practitioner/other", "");
    String link = "{\"target\":{\"reference\":\"Practitioner/%s\"}}";
    put("Person/one", "\"link\":[" + link.formatted("linked") + "]");
    TestServer client = loggedIn("Person/one");
    in(client);
    put("Person/one", "\"link\":[" + link.formatted("other") + "]");
    out("has ended", loggedIn("Practitioner/linked"));
    in(loggedIn("Practitioner/other"));
    put(
        "Person/one",
        "\"link\":[" + link.formatted("other") + "," + link.formatted("linked") + "]");
    put("Person/two", "");
    out("0 people", loggedIn("Person/two"));
    put(
        "Person/three",
        "\"link\":[" + link.formatted("other") + "," + link.formatted("linked") + "]");
    out("2 people", loggedIn("Person/three"));
  }

  @Test
  void death_ends_the_login_of_patient_and_proxies_but_a_representatives() {
    put("Patient/dying", "");
    String of = "\"patient\":{\"reference\":\"Patient/dying\"}";
    put("RelatedPerson/child", of);
    put(
        "RelatedPerson/executor",
        of
            + ",\"relationship\":[{\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/v3-RoleCode\",\"code\":\"EXCEST\"}]}]");
    TestServer patient = loggedIn("Patient/dying");
    TestServer child = loggedIn("RelatedPerson/child");
    in(patient);
    in(child);
    put("Patient/dying", "\"deceasedDateTime\":\"2026-11-20\"");
    out("deceased", patient);
    out("has died", child);
    out("has died", loggedInLater("RelatedPerson/child"));
    in(loggedInLater("RelatedPerson/executor"));
  }

  @Test
  void a_proxy_comes_in_within_the_period_only() {
    put("Patient/kid", "");
    String of = "\"patient\":{\"reference\":\"Patient/kid\"}";
    put("RelatedPerson/later", of + ",\"period\":{\"start\":\"2999-01-01\"}");
    out("not-begun", loggedIn("RelatedPerson/later"));
    put("RelatedPerson/former", of + ",\"period\":{\"end\":\"2020\"}");
    out("proxy-ended", loggedIn("RelatedPerson/former"));
    put("RelatedPerson/now", of + ",\"period\":{\"end\":\"2999\"}");
    in(loggedIn("RelatedPerson/now"));
    put("RelatedPerson/now", of + ",\"active\":false");
    out("proxy-ended", loggedIn("RelatedPerson/now"));
  }

  @Test
  void logging_off_ends_every_login_that_began_before() {
    put("Practitioner/off", "");
    TestServer phone = loggedIn("Practitioner/off");
    TestServer desk = loggedIn("Practitioner/off");
    in(phone);
    Reply reply = desk.post("$log-off", "{\"resourceType\":\"Parameters\"}");
    assertEquals(200, reply.status(), reply.body());
    assertEquals(
        "Practitioner/off", reply.json().at("/parameter/0/valueReference/reference").asText());
    out("has ended", phone);
    out("has ended", desk);
    Map<String, Object> refreshed = new HashMap<>(later());
    refreshed.put("auth_time", Instant.now().minusSeconds(60).getEpochSecond());
    out("has ended", server.as(issuer.token("Practitioner/off", "user/*.r", refreshed)));
    in(loggedInLater("Practitioner/off"));
  }

  @Test
  void only_an_officer_logs_off_others() {
    put("Practitioner/victim", "");
    put("Practitioner/officer", "");
    String parameters =
        """
        {"resourceType":"Parameters","parameter":[
          {"name":"person","valueReference":{"reference":"Practitioner/victim"}}]}""";
    in(loggedIn("Practitioner/victim"));
    Reply refused = loggedIn("Practitioner/officer").post("$log-off", parameters);
    assertEquals(403, refused.status(), refused.body());
    assertEquals("not-an-officer", refused.reason());
    in(loggedIn("Practitioner/victim"));
    TestServer officer =
        server.as(
            issuer.token(
                "Practitioner/officer",
                "user/*.r",
                Map.of("roles", java.util.List.of("security-officer"))));
    assertEquals(200, officer.post("$log-off", parameters).status());
    out("has ended", loggedIn("Practitioner/victim"));
    assertEquals(403, server.as(issuer.system("system/*.r")).post("$log-off", parameters).status());
    assertEquals(
        400, server.asSystem().post("$log-off", "{\"resourceType\":\"Parameters\"}").status());
    assertTrue(server.asSystem().get("$log-off").status() >= 400, "and never by GET");
  }

  @Test
  void an_end_reaches_other_processes() {
    put("Practitioner/everywhere", "");
    try (TestServer second = TestServer.start(server.config(), Clock.systemUTC())) {
      String token =
          issuer.token(
              "Practitioner/everywhere",
              "user/*.s",
              with(before(Duration.ofMinutes(5)), "aud", second.base()));
      in(second.as(token));
      put("Practitioner/everywhere", "\"active\":false");
      await().until(() -> second.as(token).get("Organization").status() == 401);
    }
  }

  private static Map<String, Object> with(Map<String, Object> claims, String name, Object value) {
    Map<String, Object> all = new HashMap<>(claims);
    all.put(name, value);
    return all;
  }

  @Test
  void subscriptions_and_binding_tokens_of_whoever_leaves_end() {
    put("Practitioner/listener", "");
    TestServer client = loggedIn("Practitioner/listener");
    String id =
        client
            .post(
                "Subscription",
                """
                {"resourceType":"Subscription","status":"requested","reason":"test",
                 "criteria":"Organization?active=true","channel":{"type":"websocket"}}""")
            .id();
    Reply token = client.get("Subscription/" + id + "/$get-ws-binding-token");
    assertEquals(200, token.status(), token.body());
    put("Practitioner/listener", "\"active\":false");
    await()
        .until(
            () ->
                server
                    .asSystem()
                    .get("Subscription/" + id)
                    .json()
                    .path("status")
                    .asText()
                    .equals("off"));
  }

  @Test
  void a_login_ends_when_it_is_idle_and_when_it_is_old() {
    TestClock clock = new TestClock();
    try (TestServer timed =
        TestServer.withLogin(
            Map.of("PARLEY_SESSION_IDLE_MINUTES", "30", "PARLEY_SESSION_HOURS", "2"), clock)) {
      clock.catchUp();
      timed.asSystem().put("Practitioner/d", "{\"resourceType\":\"Practitioner\",\"id\":\"d\"}");
      Instant begun = clock.instant().truncatedTo(ChronoUnit.SECONDS);
      Map<String, Object> claims =
          Map.of(
              "sid",
              "one",
              "exp",
              begun.plus(Duration.ofHours(9)),
              "auth_time",
              begun.getEpochSecond());
      String token = timed.issuer().token("Practitioner/d", "user/*.s", claims);
      in(timed.as(token));
      clock.forward(Duration.ofMinutes(29));
      in(timed.as(token));
      clock.forward(Duration.ofMinutes(31));
      out("not used for too long", timed.as(token));
      out("not used", timed.as(timed.issuer().token("Practitioner/d", "user/*.s", claims)));
      Map<String, Object> other = with(claims, "sid", "two");
      for (int i = 0; i < 2; i++) {
        in(timed.as(timed.issuer().token("Practitioner/d", "user/*.s", other)));
        clock.forward(Duration.ofMinutes(29));
      }
      clock.forward(Duration.ofMinutes(10));
      out("not used", timed.as(timed.issuer().token("Practitioner/d", "user/*.s", other)));
      out(
          "lasted too long",
          timed.as(
              timed.issuer().token("Practitioner/d", "user/*.s", with(claims, "sid", "three"))));
      assertEquals(
          200,
          timed
              .as(
                  timed
                      .issuer()
                      .sign(
                          timed
                              .issuer()
                              .claims(
                                  "system/*.s",
                                  Map.of("sub", "b", "exp", begun.plus(Duration.ofHours(9))))))
              .get("Organization")
              .status(),
          "systems have no such limits");
    }
  }

  @Test
  void idle_time_runs_on_over_a_restart() {
    TestClock clock = new TestClock();
    try (TestServer first =
        TestServer.withLogin(Map.of("PARLEY_SESSION_IDLE_MINUTES", "30"), clock)) {
      clock.catchUp();
      first.asSystem().put("Practitioner/d", "{\"resourceType\":\"Practitioner\",\"id\":\"d\"}");
      Instant end = clock.instant().plus(Duration.ofHours(9));
      Map<String, Object> claims = Map.of("sid", "s", "exp", end);
      in(first.as(first.issuer().token("Practitioner/d", "user/*.s", claims)));
      first.server().close();
      clock.forward(Duration.ofMinutes(31));
      try (TestServer second = TestServer.start(first.config(), clock)) {
        out(
            "not used",
            second.as(
                first
                    .issuer()
                    .token("Practitioner/d", "user/*.s", with(claims, "aud", second.base()))));
      }
    }
  }
}
