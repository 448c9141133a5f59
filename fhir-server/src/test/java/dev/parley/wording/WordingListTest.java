// SPDX-License-Identifier: Apache-2.0
package dev.parley.wording;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ca.uhn.fhir.context.FhirContext;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.hl7.fhir.r4.model.CodeSystem;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class WordingListTest {
  private static final CodeSystem SHIPPED = shipped();
  private static final WordingList LIST = WordingList.of(SHIPPED);

  private static CodeSystem shipped() {
    try (InputStream in = Wording.class.getResourceAsStream("wording.json")) {
      return FhirContext.forR4Cached().newJsonParser().parseResource(CodeSystem.class, in);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static List<String> codes(String text) {
    return Checker.check(LIST, text, null).stream().map(f -> f.entry().code()).toList();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Give 10U now | unit-u | U",
        "Give 10 u now | unit-u | u",
        "insulin 4 IU | iu | IU",
        "5 mg Q.D. please | qd | Q.D.",
        "5 mg qd | qd | qd",
        "5 mg QOD | qod | QOD",
        "warfarin 1.0 mg | trailing-zero | 1.0 mg",
        "warfarin 10.00 mg | trailing-zero | 10.00 mg",
        "digoxin .125 mg | naked-point | .125",
        "digoxin (.125 mg) | naked-point | .125",
        "MS 4 mg IV | ms | MS",
        "MSO4 4 mg | mso4 | MSO4",
        "MgSO4 2 g | mgso4 | MgSO4",
        "50 µg daily | microgram-sign | µg",
        "50 μg daily | microgram-sign | μg",
        "2 drops AU daily | ear | AU",
        "2 drops OD daily | eye | OD",
        "D/C the metoprolol | dc | D/C",
        "give 5 cc | cc | cc",
        "give 5cc | cc | cc",
        "2 sprays IN bid | in | IN",
        "take it q6PM | q-at | q6PM",
        "heparin 10 mg sub q | subcutaneous | sub q",
        "methotrexate TIW | tiw | TIW",
        "amoxicillin x3d | x-days | x3d",
        "1/2 tablet at night | half-tablet | 1/2 tablet",
        "epinephrine 1:1,000 | ratio | 1:1,000",
        "propranolol20 mg | name-dose-joined | propranolol20",
        "heparin 100000 units | large-number | 100000 units",
        "take 5 daily | missing-unit | 5",
        "increase lisinopril to 20 daily | missing-unit | 20",
        "give furosemide 40 IV | missing-unit | 40",
        "start the 5-fluorouracil | numbered-name | 5-fluorouracil",
        "see u | text-speak-u | u",
        "THX a lot | text-speak-thx | THX",
        "PLEASE CALL BACK NOW | shouting | PLEASE CALL BACK NOW",
        "fine 👍🏽 | emoji | 👍🏽",
        "fine 👩‍⚕️ | emoji | 👩‍⚕️",
        "on 1️⃣ | emoji | ⃣",
        "no!! | exclamation | !!",
      })
  void what_is_read_wrongly_is_found_where_it_stands(String text, String code, String part) {
    List<Finding> found = Checker.check(LIST, text, null);
    Finding finding =
        found.stream().filter(f -> f.entry().code().equals(code)).findFirst().orElseThrow();
    assertEquals(text.indexOf(part) + " " + part.length(), place(finding, code, part));
    assertTrue(finding.text().contains(part.substring(0, 1)));
  }

  private static String place(Finding finding, String code, String part) {
    // The point belongs to a naked number, the number to a dose that is joined to its name.
    return code.equals("name-dose-joined") || code.equals("naked-point")
        ? finding.offset() + " " + part.length()
        : finding.offset() + " " + finding.length();
  }

  @Test
  void what_cannot_be_seen_is_found() {
    assertEquals(List.of("hidden"), codes("call \u202Egpj.exe"));
    assertEquals(List.of("hidden"), codes("ca\u200Bll"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Take 2 tablets AS needed",
        "The IT department has MS Word",
        "She has MS and walks well",
        "Please cc Dr. Berg",
        "potassium 4.0 and sodium 140.0 mmol/L is not what I meant by version 2.0",
        "The lesion is 2.0 cm",
        "v.2 is here... 5 of them",
        "Meet at 8.30 or 10.00",
        "Give her 10 minutes",
        "Take it at 8 PM",
        "bid tid qid prn po stat",
        "0.5 mg, 5 mg, 1,000 units",
        "write to u.r@example.org or https://example.org/QD/cc?u=10U",
        "id a1b2c3d4e5, QD_12, Patient/ab-12",
        "> quoted: 10U QD",
        "MRI, CT, ECG and EEG are normal",
        "U and I, in the morning, as always",
        "It costs $5.00",
        "Du bist gut, u. a.",
      })
  void what_is_only_alike_is_not(String text) {
    assertEquals(List.of(), codes(text).stream().filter(c -> !c.equals("text-speak-u")).toList());
  }

  @Test
  void words_count_in_their_language_only_and_forms_in_any() {
    String text = "QD 1.0 mg";
    assertEquals(2, Checker.check(LIST, text, "en-US").size());
    assertEquals(1, Checker.check(LIST, text, "de").size());
  }

  @Test
  void a_list_that_cannot_be_used_names_the_concept() {
    CodeSystem wrong = SHIPPED.copy();
    wrong.getConceptFirstRep().getProperty().removeIf(p -> p.getCode().equals("words"));
    String why =
        assertThrows(IllegalArgumentException.class, () -> WordingList.of(wrong)).getMessage();
    assertTrue(why.contains("unit-u"), why);
  }

  @Test
  void the_demo_hospital_is_seldom_warned() throws IOException {
    int messages = 0;
    List<String> warned = new ArrayList<>();
    for (JsonNode message : demo()) {
      messages++;
      for (JsonNode payload : message.at("/payload")) {
        String text = payload.at("/contentString").asText("");
        Checker.check(LIST, text, null).stream()
            .filter(Finding::isWarning)
            .filter(f -> message.at("/sender/reference").asText().startsWith("Practitioner"))
            .forEach(f -> warned.add(f.entry().code() + ": " + f.text() + " | " + text));
      }
    }
    assertTrue(messages > 500, "" + messages);
    assertTrue(warned.size() * 100 <= messages, String.join("\n", warned));
  }

  private static List<JsonNode> demo() throws IOException {
    Path file =
        Path.of("../launcher/src/main/resources/dev/parley/launcher/demo/conversations.ndjson.gz");
    List<JsonNode> all = new ArrayList<>();
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(
                new GZIPInputStream(Files.newInputStream(file)), StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        JsonNode resource = new ObjectMapper().readTree(line);
        if (resource.at("/resourceType").asText().equals("Communication")
            && resource.has("payload")) {
          all.add(resource);
        }
      }
    }
    return all;
  }

  /** A pattern that backtracks would not come to an end on these: each is as long as it may be. */
  @Test
  void no_text_is_too_long_to_be_looked_through() {
    for (String each :
        List.of(
            "Please give metoprolol 25 mg daily and check the blood pressure at noon. ",
            "10U AS OD q.d. ",
            "SHOUTING ",
            "0",
            ".",
            "mg ")) {
      String text = each.repeat(200_000 / each.length());
      assertTimeoutPreemptively(Duration.ofMinutes(1), () -> Checker.check(LIST, text, null), each);
    }
  }
}
