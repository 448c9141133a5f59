// SPDX-License-Identifier: Apache-2.0
package dev.parley.find;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.parley.TestServer;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Messages by their words: what is found, in which order, by whom. */
class FindTest {
  private static TestServer server;

  @BeforeAll
  static void start() {
    server =
        TestServer.withLogin(
            Map.of("PARLEY_IDENTITY_LEVELS", "greeting=0,scheduling=0,clinical=0,sensitive=2"),
            Clock.systemUTC());
    for (String who : List.of("dr-a", "dr-b", "dr-c", "gp")) {
      system("Practitioner/" + who, "{\"resourceType\":\"Practitioner\",\"id\":\"" + who + "\"}");
    }
    system(
        "Patient/anna",
        "{\"resourceType\":\"Patient\",\"id\":\"anna\",\"generalPractitioner\":[{\"reference\":\"Practitioner/gp\"}]}");
    system(
        "Consent/anna",
        """
        {"resourceType":"Consent","id":"anna","status":"active","scope":{"coding":[{"code":"patient-privacy"}]},
         "category":[{"coding":[{"system":"https://parley.dev/fhir/CodeSystem/consent-kind","code":"secure-messaging"}]}],
         "patient":{"reference":"Patient/anna"},"policyRule":{"coding":[{"code":"OPTIN"}]},
         "sourceAttachment":{"url":"https://example.org/form","hash":"YQ=="}}""");
    system("Communication/t", thread("t", "staff-only", "Practitioner/dr-a", "Practitioner/dr-b"));
    system("Communication/p", thread("p", "patient-facing", "Practitioner/gp", "Patient/anna"));
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static String thread(String id, String audience, String one, String other) {
    return """
        {"resourceType":"Communication","id":"%s","status":"in-progress","sender":{"reference":"%s"},
         "subject":{"reference":"Patient/anna"},
         "category":[{"coding":[{"system":"https://parley.dev/fhir/CodeSystem/audience","code":"%s"}]}],
         "recipient":[{"reference":"%s"},{"reference":"%s"}]}"""
        .formatted(id, one, audience, one, other);
  }

  private static void system(String reference, String body) {
    TestServer.Reply reply = server.asSystem().put(reference, body);
    assertTrue(reply.status() < 300, reply.body());
  }

  private static TestServer as(String who) {
    return server.asUser(who.contains("/") ? who : "Practitioner/" + who);
  }

  private static TestServer.Reply send(String who, String thread, String text, String more) {
    TestServer.Reply sent =
        as(who)
            .post(
                "Communication",
                """
                {"resourceType":"Communication","status":"in-progress","partOf":[{"reference":"Communication/%s"}],
                 "payload":[{"contentString":"%s"}]%s}"""
                    .formatted(thread, text, more));
    assertEquals(201, sent.status(), sent.body());
    return sent;
  }

  private static JsonNode find(String who, String query) {
    TestServer.Reply reply = as(who).get("Communication/$find?" + query);
    assertEquals(200, reply.status(), reply.body());
    return reply.json();
  }

  private static List<String> ids(JsonNode bundle) {
    List<String> ids = new ArrayList<>();
    bundle.path("entry").forEach(e -> ids.add(e.at("/resource/id").asText()));
    return ids;
  }

  private static List<String> found(String who, String words) {
    return ids(find(who, "text=" + URLEncoder.encode(words, StandardCharsets.UTF_8)));
  }

  @Test
  void what_was_just_answered_is_found_by_other_forms_of_its_words() {
    String id = send("dr-a", "t", "The wounds were dressed twice.", "").id();
    for (String words :
        List.of(
            "wound",
            "WOUNDS",
            "dressing",
            "\\\"dressed twice\\\"".replace("\\", ""),
            "wound -fracture")) {
      assertEquals(List.of(id), found("dr-b", words), words);
    }
    assertEquals(List.of(), found("dr-b", "wound fracture"));
    assertEquals(List.of(), found("dr-b", "\"twice dressed\""));
    TestServer.Reply posted =
        as("dr-b")
            .post(
                "Communication/$find",
                "{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"text\",\"valueString\":\"wound\"}]}");
    assertEquals(List.of(id), ids(posted.json()));
    assertEquals("find-text", as("dr-b").get("Communication/$find").reason());
    assertEquals("find-text", as("dr-b").get("Communication/$find?text=%20-").reason());
  }

  @Test
  void a_decimal_comma_on_the_server_is_none_in_the_answer() {
    String id = send("dr-a", "t", "Commas are decimal here.", "").id();
    Locale usual = Locale.getDefault();
    Locale.setDefault(Locale.GERMANY);
    try {
      JsonNode found = find("dr-b", "text=commas");
      assertEquals(List.of(id), ids(found));
      assertTrue(found.at("/entry/0/search/score").isNumber(), found.toString());
    } finally {
      Locale.setDefault(usual);
    }
  }

  @Test
  void what_is_only_left_out_is_no_search() {
    for (String words : List.of("-zzz", "-zzz%20-yyy", "wound%20or%20-zzz")) {
      assertEquals(
          "find-text", as("dr-b").get("Communication/$find?text=" + words).reason(), words);
    }
    assertEquals(200, as("dr-b").get("Communication/$find?text=wound%20-zzz").status());
  }

  @Test
  void a_message_is_found_in_its_language() {
    String german =
        send("dr-a", "t", "Die Schwindelanfälle sind häufiger geworden", ",\"language\":\"de\"")
            .id();
    assertEquals(List.of(german), found("dr-b", "Schwindelanfall"));
    assertEquals(List.of(german), found("dr-b", "schwindelanfälle"));
    String english = send("dr-a", "t", "car park, level two", "").id();
    assertEquals(List.of(english), found("dr-b", "cars"));
    // The same stem in Danish only.
    assertEquals(List.of(), found("dr-b", "level care"));
  }

  @Test
  void every_word_counts_however_short_and_however_written() {
    String without = send("dr-a", "t", "He has no colic", "").id();
    String with = send("dr-a", "t", "the colic\\u0007 is \\\\u0000 back", "").id();
    assertEquals(List.of(without), found("dr-b", "\"no colic\""));
    assertEquals(List.of(with), found("dr-b", "\"the colic\" back"));
  }

  @Test
  void of_many_matches_the_newest_are_ranked_and_all_are_found() {
    int many = Hits.RANKED + 5;
    StringBuilder bundle =
        new StringBuilder("{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[");
    for (int i = 0; i < many; i++) {
      bundle
          .append(i == 0 ? "" : ",")
          .append(
              """
              {"request":{"method":"PUT","url":"Communication/many%1$d"},"resource":{"resourceType":"Communication",
               "id":"many%1$d","status":"completed","partOf":[{"reference":"Communication/t"}],
               "sent":"2026-01-%2$02dT10:00:00Z","payload":[{"contentString":"erythema %3$s"}]}}"""
                  .formatted(i, 1 + i % 28, i % 7 == 0 ? "erythema" : "again"));
    }
    TestServer.Reply stored = server.asSystem().post("", bundle.append("]}").toString());
    assertEquals(200, stored.status(), stored.body());
    // Has both words, but not in this order; and one that has.
    send("dr-a", "t", "erythema of the back", "");
    send("dr-a", "t", "the erythema", "");
    JsonNode page = find("dr-b", "text=erythema&_count=100");
    List<String> seen = new ArrayList<>(ids(page));
    assertTrue(
        page.at("/entry/0/resource/payload/0/contentString")
            .asText()
            .endsWith("erythema erythema"));
    while (page.at("/link/0/relation").asText().equals("next")) {
      page = as("dr-b").get(page.at("/link/0/url").asText()).json();
      seen.addAll(ids(page));
    }
    assertEquals(many + 2, seen.size());
    assertEquals(many + 2, seen.stream().distinct().count());
    assertEquals((many + 6) / 7, count("\"erythema erythema\""));
    assertEquals(1, count("\"the erythema\""));
  }

  @Test
  void a_word_of_nearly_all_messages_is_found_in_the_newest_and_in_all_others() {
    // More than are looked through at first; the last ones have no date but that of their change.
    List<String> dates = new ArrayList<>();
    for (int i = 0; i < 1_300; i++) {
      LocalDate day =
          i < 150 ? LocalDate.of(2020, 3, 1 + i % 30) : LocalDate.now().minusDays(30 + i % 30);
      dates.add(i < 1_250 ? ",\"sent\":\"" + day + "T23:59:59Z\"" : "");
    }
    for (int from = 0; from < dates.size(); from += 650) {
      StringBuilder bundle =
          new StringBuilder("{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[");
      for (int i = from; i < from + 650; i++) {
        bundle
            .append(i == from ? "" : ",")
            .append(
                """
                {"request":{"method":"PUT","url":"Communication/all%1$d"},"resource":{"resourceType":"Communication",
                 "id":"all%1$d","status":"completed","partOf":[{"reference":"Communication/t"}]%2$s,
                 "payload":[{"contentString":"%3$s %4$s"}]}}"""
                    .formatted(
                        i,
                        dates.get(i),
                        i % 2 == 0 ? "omnipresent" : "quiet",
                        i == 7 ? "rarest" : ""));
      }
      TestServer.Reply stored = server.asSystem().post("", bundle.append("]}").toString());
      assertEquals(200, stored.status(), stored.body());
    }
    JsonNode page = find("dr-b", "text=omnipresent&_count=100");
    List<String> seen = new ArrayList<>(ids(page));
    assertTrue(seen.containsAll(List.of("all1298", "all1250", "all1230")), seen.toString());
    assertFalse(seen.contains("all0"));
    while (page.at("/link/0/relation").asText().equals("next")) {
      page = as("dr-b").get(page.at("/link/0/url").asText()).json();
      seen.addAll(ids(page));
    }
    assertEquals(650, seen.size());
    assertEquals(650, seen.stream().distinct().count());
    assertEquals(List.of("all7"), found("dr-b", "rarest"));
    assertEquals(75, counted("text=omnipresent&to=2020-12-31"));
    assertEquals(575, counted("text=omnipresent&from=2021-01-01"));
    assertEquals(25, counted("text=omnipresent&from=" + LocalDate.now().minusDays(20)));
  }

  private static int counted(String query) {
    JsonNode page = find("dr-b", query + "&_count=100");
    int count = ids(page).size();
    while (page.at("/link/0/relation").asText().equals("next")) {
      page = as("dr-b").get(page.at("/link/0/url").asText()).json();
      count += ids(page).size();
    }
    return count;
  }

  private static int count(String phrase) {
    JsonNode page =
        find("dr-b", "_count=50&text=" + URLEncoder.encode(phrase, StandardCharsets.UTF_8));
    int count = ids(page).size();
    while (page.at("/link/0/relation").asText().equals("next")) {
      page = as("dr-b").get(page.at("/link/0/url").asText()).json();
      count += ids(page).size();
    }
    return count;
  }

  @Test
  void what_was_found_is_marked_and_nothing_else_is_markup() {
    send("dr-a", "t", "<script>alert(1)</script> the zygoma & \\\"orbit\\\" look fine", "");
    JsonNode entry = find("dr-b", "text=zygoma").at("/entry/0");
    String snippet = entry.at("/search/extension/0/valueString").asText();
    assertTrue(snippet.contains("<mark>zygoma</mark>"), snippet);
    assertFalse(snippet.replace("<mark>", "").replace("</mark>", "").contains("<"), snippet);
    assertTrue(snippet.contains("&amp; &quot;orbit&quot;"), snippet);
    assertTrue(entry.at("/search/score").asDouble() > 0);
    assertEquals("match", entry.at("/search/mode").asText());
  }

  @Test
  void the_better_match_comes_first_and_pages_do_not_repeat() {
    List<String> all = new ArrayList<>();
    for (int i = 0; i < 7; i++) {
      all.add(send("dr-a", "t", "pancreatitis" + " again pancreatitis".repeat(i), "").id());
    }
    JsonNode page = find("dr-b", "text=pancreatitis&_count=3");
    List<String> seen = new ArrayList<>(ids(page));
    assertEquals(all.get(6), seen.get(0));
    while (page.at("/link/0/relation").asText().equals("next")) {
      page = as("dr-b").get(page.at("/link/0/url").asText()).json();
      seen.addAll(ids(page));
    }
    assertEquals(7, seen.size());
    assertTrue(seen.containsAll(all));
    assertEquals(
        "page-link", as("dr-b").get("Communication/$find?text=x&_cursor=nonsense").reason());
  }

  @Test
  void only_who_reads_a_message_finds_it() {
    String staff = send("dr-a", "t", "suspected appendicitis", "").id();
    assertEquals(List.of(staff), found("gp", "appendicitis"));
    assertEquals(List.of(), found("dr-c", "appendicitis"));
    assertEquals(List.of(), found("Patient/anna", "appendicitis"));
    TestServer noSearch =
        server.as(server.issuer().token("Practitioner/dr-b", "user/Communication.r"));
    assertEquals(403, noSearch.get("Communication/$find?text=appendicitis").status());
    assertEquals(
        List.of(staff), ids(server.asSystem().get("Communication/$find?text=appendicitis").json()));
  }

  @Test
  void drafts_are_their_author_s_and_what_is_recalled_is_not_found() {
    TestServer.Reply draft =
        as("dr-a")
            .post(
                "Communication",
                """
                {"resourceType":"Communication","status":"preparation","partOf":[{"reference":"Communication/t"}],
                 "payload":[{"contentString":"perhaps sarcoidosis"}]}""");
    assertEquals(List.of(draft.id()), found("dr-a", "sarcoidosis"));
    assertEquals(List.of(), found("dr-b", "sarcoidosis"));
    TestServer.Reply sent = send("dr-a", "t", "certainly amyloidosis", "");
    assertEquals(List.of(sent.id()), found("dr-b", "amyloidosis"));
    TestServer.Reply receipt =
        as("dr-b")
            .put(
                "Communication/" + sent.id(),
                sent.body()
                    .replace(
                        "\"status\":\"in-progress\"",
                        "\"status\":\"completed\",\"received\":\"2026-01-01T00:00:00Z\""));
    assertEquals(200, receipt.status(), receipt.body());
    assertEquals(List.of(sent.id()), found("dr-b", "amyloidosis"));
    as("dr-a")
        .put(
            "Communication/" + sent.id(),
            receipt.body().replace("\"status\":\"completed\"", "\"status\":\"entered-in-error\""));
    assertEquals(List.of(), found("dr-b", "amyloidosis"));
    assertEquals(List.of(), found("dr-a", "amyloidosis"));
    TestServer.Reply replaced =
        as("dr-a")
            .put("Communication/" + draft.id(), draft.body().replace("sarcoidosis", "silicosis"));
    assertEquals(200, replaced.status(), replaced.body());
    assertEquals(List.of(), found("dr-a", "sarcoidosis"));
    assertEquals(List.of(draft.id()), found("dr-a", "silicosis"));
    assertEquals(204, as("dr-a").delete("Communication/" + draft.id()).status());
    assertEquals(List.of(), found("dr-a", "silicosis"));
  }

  @Test
  void what_waits_for_an_identity_is_not_found() {
    String waits =
        send(
                "gp",
                "p",
                "the biopsy of the melanoma",
                ",\"category\":[{\"coding\":[{\"system\":\"https://parley.dev/fhir/CodeSystem/content-class\",\"code\":\"sensitive\"}]}]")
            .id();
    String open = send("gp", "p", "the biopsy is on Monday", "").id();
    assertEquals(List.of(open), found("Patient/anna", "biopsy"));
    assertEquals(List.of(), found("Patient/anna", "melanoma"));
    assertTrue(found("gp", "biopsy").containsAll(List.of(waits, open)));
  }

  @Test
  void filters_narrow_it() {
    String message = send("dr-a", "t", "tachycardia at rest", "").id();
    String other = send("gp", "p", "tachycardia is harmless", "").id();
    assertEquals(List.of(message), ids(find("gp", "text=tachycardia&thread=Communication/t")));
    assertEquals(List.of(other), ids(find("gp", "text=tachycardia&person=Practitioner/gp")));
    assertEquals(2, ids(find("gp", "text=tachycardia&person=Patient/anna")).size());
    assertEquals(2, ids(find("gp", "text=tachycardia&from=2026-01-01")).size());
    assertEquals(0, ids(find("gp", "text=tachycardia&to=2026-01-01")).size());
    assertEquals(0, ids(find("gp", "text=tachycardia&has-attachment=true")).size());
    var image =
        as("dr-a")
            .bytes(
                "POST",
                "Binary",
                ("%PDF-1.7\nx").getBytes(StandardCharsets.UTF_8),
                "Content-Type",
                "application/pdf",
                "Content-Disposition",
                "attachment; filename=\"holter-report.pdf\"");
    String binary =
        image
            .headers()
            .firstValue("Location")
            .orElseThrow()
            .replaceAll(".*/Binary/([^/]+)/.*", "$1");
    TestServer.Reply with =
        as("dr-a")
            .post(
                "Communication",
                "{\"resourceType\":\"Communication\",\"status\":\"in-progress\",\"partOf\":[{\"reference\":\"Communication/t\"}],"
                    + "\"payload\":[{\"contentAttachment\":{\"url\":\"Binary/"
                    + binary
                    + "\"}}]}");
    assertEquals(201, with.status(), with.body());
    assertEquals(List.of(with.id()), ids(find("gp", "text=holter&has-attachment=true")));
    assertEquals(
        "find-reference", as("gp").get("Communication/$find?text=x&person=nobody").reason());
    assertEquals("find-time", as("gp").get("Communication/$find?text=x&from=yesterday").reason());
  }

  @Test
  void a_filter_that_names_nothing_is_told_from_nothing_found() {
    for (String slip : List.of("thread=Communication/slip", "person=Practitioner/slip")) {
      JsonNode answer = find("dr-b", "text=zygoma&" + slip);
      assertEquals("outcome", answer.at("/entry/0/search/mode").asText(), answer.toString());
      assertTrue(answer.at("/entry/0").toString().contains("filter-unknown"), answer.toString());
    }
    assertEquals(
        0, find("dr-b", "text=zygomatissimus&person=Practitioner/dr-a").path("entry").size());
  }
}
