// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every modifier and prefix of, each with what it finds and what it does not. */
class ResourceSearchTest {
  static TestStore store;

  @BeforeAll
  static void fill() {
    store = new TestStore();
    List.of(
            """
            {"resourceType":"Patient","id":"anna","active":true,"gender":"female","birthDate":"1980-03",
             "identifier":[{"type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0203","code":"MR"}]},"system":"urn:mrn","value":"A1"}],
             "name":[{"family":"van der Müller-O'Neil","given":["Anna","Eva"]}],
             "telecom":[{"system":"phone","value":"+49 30 1"},{"system":"email","value":"Anna@x.org"}],
             "address":[{"line":["Main Street 5"],"city":"Köln"}],
             "managingOrganization":{"reference":"Organization/hospital"},
             "generalPractitioner":[{"reference":"Practitioner/berg"}]}""",
            """
            {"resourceType":"Patient","id":"bert","gender":"male","birthDate":"1975-06-02","deceasedDateTime":"2020-01-01T10:00:00Z",
             "identifier":[{"value":"A1"}],"name":[{"family":"Muller","given":["Bert"]}]}""",
            """
            {"resourceType":"Patient","id":"nobody","_gender":{"extension":[{"url":"http://x","valueCode":"u"}]}}""",
            "{\"resourceType\":\"Organization\",\"id\":\"hospital\",\"name\":\"City Hospital\",\"partOf\":{\"reference\":\"Organization/trust\"}}",
            "{\"resourceType\":\"Organization\",\"id\":\"trust\",\"name\":\"Trust\"}",
            "{\"resourceType\":\"Practitioner\",\"id\":\"berg\",\"name\":[{\"family\":\"Berg\"}]}",
            "{\"resourceType\":\"Group\",\"id\":\"anna\",\"type\":\"person\",\"actual\":true}",
            """
            {"resourceType":"Communication","id":"t1","status":"in-progress","topic":{"text":"Refill of aspirin"},
             "subject":{"reference":"Patient/anna"},"category":[{"coding":[{"system":"http://c","code":"thread"}]}]}""",
            """
            {"resourceType":"Communication","id":"m1","status":"completed","priority":"urgent","sent":"2024-03-01T10:00:00Z",
             "meta":{"tag":[{"system":"urn:t","code":"demo"}],"profile":["http://p/a/b|1.2.3"],"source":"http://s#1"},
             "partOf":[{"reference":"Communication/t1"}],"subject":{"reference":"Patient/anna"},
             "sender":{"reference":"Practitioner/berg"},"recipient":[{"reference":"Patient/anna"},{"identifier":{"system":"urn:i","value":"7"}}],
             "category":[{"coding":[{"system":"http://c","code":"alert","display":"Alarm"}]},{"coding":[{"code":"plain"}]}]}""",
            """
            {"resourceType":"Communication","id":"m2","status":"completed","sent":"2024-03-01T10:00:00.500Z",
             "partOf":[{"reference":"Communication/t1"}],"subject":{"reference":"Patient/anna"},"inResponseTo":[{"reference":"Communication/m1"}],
             "sender":{"reference":"Patient/anna"},"recipient":[{"reference":"Practitioner/berg"}]}""",
            """
            {"resourceType":"Communication","id":"m3","status":"entered-in-error","sent":"2024-03",
             "partOf":[{"reference":"Communication/t0"},{"reference":"Communication/t1"}],"subject":{"reference":"Group/anna"},
             "sender":{"reference":"http://else.org/fhir/Practitioner/berg"},"recipient":[{"reference":"Practitioner/berg"}]}""",
            """
            {"resourceType":"Observation","id":"o1","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"8480-6"}],"text":"Systolic pressure"},
             "subject":{"reference":"Patient/anna"},"effectivePeriod":{"start":"2024-01-01","end":"2024-01-31"},
             "valueQuantity":{"value":100,"unit":"mm Hg","system":"http://unitsofmeasure.org","code":"mm[Hg]"}}""",
            """
            {"resourceType":"Observation","id":"o2","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"8480-6"}]},
             "subject":{"reference":"Patient/bert"},"performer":[{"reference":"Practitioner/berg"}],"effectiveDateTime":"2024-01-15T08:00:00Z",
             "valueQuantity":{"value":100.4,"unit":"kPa"}}""",
            """
            {"resourceType":"MedicationRequest","id":"mr1","status":"active","intent":"order","subject":{"reference":"Patient/anna"},
             "contained":[{"resourceType":"Medication","id":"m","code":{"coding":[{"system":"http://rx","code":"1191"}],"text":"Aspirin"}},
               {"resourceType":"Practitioner","id":"d","name":[{"family":"Contained"}]}],
             "medicationReference":{"reference":"#m"},"requester":{"reference":"#d"}}""",
            """
            {"resourceType":"ValueSet","id":"v1","url":"http://vs/alerts","status":"active",
             "compose":{"include":[{"system":"http://c","concept":[{"code":"alert"},{"code":"alarm"}]}]}}""",
            "{\"resourceType\":\"ValueSet\",\"id\":\"v2\",\"url\":\"http://vs/filter\",\"status\":\"active\",\"compose\":{\"include\":[{\"system\":\"http://c\",\"filter\":[{\"property\":\"x\",\"op\":\"=\",\"value\":\"y\"}]}]}}",
            """
            {"resourceType":"DocumentReference","id":"d1","status":"current","content":[{"attachment":{"contentType":"text/plain; charset=utf-8"}}],
             "relatesTo":[{"code":"replaces","target":{"reference":"DocumentReference/d0"}}]}""")
        .forEach(store::put);
  }

  @AfterAll
  static void close() {
    store.close();
  }

  @ParameterizedTest(name = "{0} finds {1}")
  @CsvSource(
      delimiter = ';',
      value = {
        // token
        "Patient?gender=female; anna",
        "Patient?gender=FEMALE,male; anna bert",
        "Patient?gender=http://hl7.org/fhir/administrative-gender|male; bert",
        "Patient?gender=http://other|male; ",
        "Patient?gender:not=female; bert nobody",
        "Patient?gender:missing=true; nobody",
        "Patient?gender:missing=false; anna bert",
        "Patient?active=true; anna",
        "Patient?deceased=true; bert",
        "Patient?deceased=false; anna nobody",
        "Patient?identifier=A1; anna bert",
        "Patient?identifier=a1; anna bert",
        "Patient?identifier=urn:mrn|A1; anna",
        "Patient?identifier=|A1; bert",
        "Patient?identifier=urn:mrn|; anna",
        "Patient?identifier:of-type=http://terminology.hl7.org/CodeSystem/v2-0203|MR|A1; anna",
        "Patient?identifier:ofType=http://terminology.hl7.org/CodeSystem/v2-0203|XX|A1; ",
        "Patient?email=anna@x.org; anna",
        "Patient?phone=anna@x.org; ",
        "Communication?category=|plain; m1",
        "Communication?category=http://c|; m1 t1",
        "Communication?category:text=ala; m1",
        "Communication?category:text=arm; ",
        "Communication?category:in=http://vs/alerts; m1",
        "Communication?category:in=ValueSet/v1; m1",
        "Communication?category:not-in=http://vs/alerts; m2 m3 t1",
        "Communication?status:in=http://hl7.org/fhir/ValueSet/event-status; m1 m2 m3 t1",
        "DocumentReference?contenttype:below=text; d1",
        "DocumentReference?contenttype:below=text/plain; d1",
        "DocumentReference?contenttype:below=image; ",
        "Communication?_tag=urn:t|demo; m1",
        "Communication?_id=m1,m2; m1 m2",
        "Communication?_id=M1; ",
        "Communication?_id=%00; ",
        "Communication?_id:not=%00,m1,m2; m3 t1",
        "Communication?_id:not=m1,m2,m3; t1",
        // string
        "Patient?name=anna; anna",
        "Patient?name=nna; ",
        "Patient?name=--; ",
        "Patient?name:contains=--; ",
        "Patient?name:text=--; ",
        "Patient?name:contains=nna; anna",
        "Patient?family=muller; anna bert",
        "Patient?family=MÜLLER oneil; anna",
        "Patient?family:exact=Muller; bert",
        "Patient?family:exact=muller; ",
        "Patient?address=koln; anna",
        "Patient?address-city=Köln; anna",
        "Patient?name:text=eva; anna",
        "Patient?name:missing=true; nobody",
        "Patient?given=anna&given=eva; anna",
        "Patient?given=anna&given=bert; ",
        // reference
        "Communication?subject=Patient/anna; m1 m2 t1",
        "Communication?subject=anna; m1 m2 m3 t1",
        "Communication?subject:Patient=anna; m1 m2 t1",
        "Communication?subject:Group=Patient/anna; ",
        "Communication?patient=anna; m1 m2 t1",
        "Communication?subject=http://localhost:8080/fhir/R4/Patient/anna; m1 m2 t1",
        "Communication?sender=http://else.org/fhir/Practitioner/berg; m3",
        "Communication?sender=Practitioner/berg/_history/4; m1",
        "Communication?recipient:identifier=urn:i|7; m1",
        "Communication?recipient:identifier=urn:i|8; ",
        "Communication?part-of=Communication/t1; m1 m2 m3",
        "Communication?part-of=t0; m3",
        "Communication?part-of:missing=true; t1",
        "Communication?part-of:missing=false; m1 m2 m3",
        "Communication?recipient=Practitioner/berg; m2 m3",
        // our own
        "Communication?participant=Practitioner/berg; m1 m2 m3",
        "Communication?topic:text=refill; t1",
        "Communication?priority=urgent; m1",
        "Communication?in-response-to=Communication/m1; m2",
        // date: m1 10:00:00, m2 10:00:00.5, m3 all March
        "Communication?sent=2024-03-01; m1 m2",
        "Communication?sent=2024-03; m1 m2 m3",
        "Communication?sent=2024; m1 m2 m3",
        "Communication?sent=2024-03-01T10:00:00Z; m1 m2",
        "Communication?sent=2024-03-01T10:00:00.5Z; m2",
        "Communication?sent=2024-03-01T11:00%2B01:00; m1 m2",
        "Communication?sent=2024-03-01T11:00+01:00; m1 m2",
        "Communication?sent=ne2024-03-01; m3",
        "Communication?sent=gt2024-03-01; m3",
        "Communication?sent=ge2024-03-01; m1 m2 m3",
        "Communication?sent=gt2024-03-01T10:00:00.000Z; m2 m3",
        "Communication?sent=lt2024-03-01; ",
        "Communication?sent=lt2024-03-02; m1 m2 m3",
        "Communication?sent=le2024-03-01; m1 m2",
        "Communication?sent=sa2024-02; m1 m2 m3",
        "Communication?sent=sa2024-03-01T10:00:00.4Z; m2",
        "Communication?sent=eb2024-03-02; m1 m2",
        "Communication?sent=ge2024-03-10&sent=lt2024-03-12; m3",
        "Communication?sent=lt2024-03-12&sent=ge2024-03-01T10:00:00.4Z; m2 m3",
        "Communication?sent=lt2000,2024-03-01T10:00:00.5Z; m2",
        "Communication?sent:missing=true; t1",
        "Communication?part-of=t1&sent=ge2024-03-20; m3",
        "Communication?recipient=Practitioner/berg&sent=ge2024-03-20; m3",
        "Communication?recipient=Practitioner/berg&sent=ge2024-03-01T10:00:00.2Z; m2 m3",
        "Observation?date=2024-01; o1 o2",
        "Observation?date=2024-01-15; o2",
        "Observation?date=ge2024-01-20; o1",
        "Observation?date=sa2024-01-01; o2",
        "Observation?date=eb2024-02; o1 o2",
        "Observation?patient=anna&date=ge2024-01-20; o1",
        "Patient?birthdate=1980; anna",
        "Patient?birthdate=1980-03-05; ",
        "Patient?birthdate=gt1980-03-05; anna",
        "Patient?birthdate=lt1980; bert",
        "Patient?birthdate:missing=true; nobody",
        "Patient?death-date=ge2020; bert",
        // quantity
        "Observation?value-quantity=100; o1 o2",
        "Observation?value-quantity=100.0; o1",
        "Observation?value-quantity=1e2; o1 o2",
        "Observation?value-quantity=gt100; o2",
        "Observation?value-quantity=ge100; o1 o2",
        "Observation?value-quantity=lt100.4; o1",
        "Observation?value-quantity=le100; o1",
        "Observation?value-quantity=ne100.0; o2",
        "Observation?value-quantity=sa100; o2",
        "Observation?value-quantity=eb100.4; o1",
        "Observation?value-quantity=ap110; o1 o2",
        "Observation?value-quantity=ap120; ",
        "Observation?value-quantity=100||kPa; o2",
        "Observation?value-quantity=100|http://unitsofmeasure.org|mm[Hg]; o1",
        "Observation?value-quantity=100||mm Hg; o1",
        "Observation?value-quantity:missing=true; ",
        // uri
        "ValueSet?url=http://vs/alerts; v1",
        "ValueSet?url=http://VS/alerts; ",
        "ValueSet?url:below=http://vs; v1 v2",
        "ValueSet?url:below=http://v; ",
        "ValueSet?url:above=http://vs/alerts/x/y; v1",
        "Communication?_profile=http://p/a/b; m1",
        "Communication?_profile:below=http://p/a/b|1.2; m1",
        "Communication?_profile:below=http://p/a/b|1.3; ",
        "Communication?_profile:below=http://p/a; m1",
        "Communication?_source=http://s; m1",
        "Communication?_source=http://s%232; ",
        // composite
        "Observation?code-value-quantity=http://loinc.org|8480-6$gt100; o2",
        "Observation?code-value-quantity=8480-6$100||kPa; o2",
        "Observation?code-value-quantity=other$gt1; ",
        "DocumentReference?relationship=DocumentReference/d0$replaces; d1",
        // chains and _has
        "Communication?subject.name=anna; m1 m2 t1",
        "Communication?subject:Patient.name=anna; m1 m2 t1",
        "Communication?subject:Patient.name=bert; ",
        "Communication?sender.name=berg; m1",
        "Communication?subject:Patient.organization.name=city; m1 m2 t1",
        "Communication?subject:Patient.organization.partof.name=trust; m1 m2 t1",
        "Communication?part-of:Communication.topic:text=refill; m1 m2 m3",
        "Communication?recipient=Practitioner/berg&sender:Patient.name=anna; m2",
        "Patient?_has:Observation:patient:code=8480-6; anna bert",
        "Patient?_has:Observation:patient:code=http://loinc.org|8480-6&_has:Communication:patient:priority=urgent; anna",
        "Practitioner?_has:Patient:general-practitioner:_has:Observation:patient:value-quantity=100.0; berg",
        "Practitioner?_has:Observation:performer:status=final; berg",
        "Patient?_has:Communication:subject:sender.name=berg; anna",
        "MedicationRequest?medication.code=1191; mr1",
        "MedicationRequest?medication.code=http://rx|1192; ",
        "MedicationRequest?requester.name=contained; mr1",
        "MedicationRequest?patient=anna&requester:Practitioner.family=contained; mr1",
        "MedicationRequest?requester:Patient.name=anna; ",
        // compartments
        "Patient/anna/Communication; m1 m2 t1",
        "Patient/anna/Communication?status=completed; m1 m2",
        "Practitioner/berg/Communication; m1 m2 m3",
        "Patient/anna/Observation; o1",
        "Patient/anna/Patient; anna",
        "Patient/anna/*?_type=Observation,Communication; m1 m2 o1 t1",
        "Patient/anna/*; anna m1 m2 mr1 o1 t1",
        "Practitioner/berg/*?_type=Observation; o2",
        // system level
        "?_id=anna&_type=Patient,Group; anna anna",
        "?_id=anna; anna anna",
        "?_tag=demo; m1",
        "?_type=Patient,Practitioner&name=berg; berg",
        // values
        "Patient?gender=; anna bert nobody",
        "Organization?name=City Hospital; hospital",
        "Organization?name=City\\,Hospital; hospital",
      })
  void finds(String url, String ids) {
    List<String> expected = ids == null ? List.of() : List.of(ids.split(" "));
    assertEquals(expected.stream().sorted().toList(), store.ids(url).stream().sorted().toList());
  }

  @ParameterizedTest(name = "{0} is refused with {1} {2}")
  @CsvSource(
      delimiter = ';',
      value = {
        "Patient?foo=1; 400; unknown-parameter",
        "Patient?gender:exact=x; 400; modifier",
        "Patient?name:above=x; 400; modifier",
        "Patient?birthdate=x; 400; search-value",
        "Patient?birthdate=2024-13; 400; search-value",
        "Patient?birthdate=xx2024; 400; search-value",
        "Patient?birthdate=2024-01-01T10; 400; search-value",
        "Observation?value-quantity=abc; 400; search-value",
        "Observation?value-quantity=1|2; 400; search-value",
        "Patient?name=a\\x; 400; search-value",
        "Patient?gender:missing=maybe; 400; search-value",
        "Patient?_count=-1; 400; count",
        "Patient?_count=x; 400; count",
        "Patient?_count=1&_count=2; 400; repeated-parameter",
        "Patient?_sort=foo; 400; unknown-parameter",
        "Patient?_query=x; 400; parameter",
        "Patient?_filter=x; 400; unknown-parameter",
        "Patient?_total=some; 400; total",
        "Patient?_cursor=AAAA; 410; page-link",
        "Patient?_include=Patient:foo; 400; unknown-parameter",
        "Communication?part-of.status=x; 400; chain",
        "Communication?subject.foo=x; 400; unknown-parameter",
        "Communication?status.foo=x; 400; chain",
        "Patient?_has:Observation:code:x=1; 400; has",
        "Communication?category:in=http://vs/filter; 400; value-set",
        "Communication?category:in=http://vs/none; 400; value-set",
        "?name=x; 400; unknown-parameter",
        "Location?near=1|2; 400; unknown-parameter",
        "Location/l1/Communication; 400; compartment",
        "Organization?partof.partof.partof.partof.partof.partof.name=x; 400; chain",
        "Communication?sender.organization:Organization.partof.partof.endpoint.organization.name=x; 400; chain",
      })
  void says_no(String url, int status, String reason) {
    assertEquals(status, store.refusal(url).status());
    assertEquals(reason, store.refusal(url).reason());
  }

  @Test
  void a_page_leads_to_the_next_and_back_in_every_order() {
    for (String sort :
        List.of(
            "",
            "_sort=sent",
            "_sort=-sent",
            "_sort=_id",
            "_sort=-_lastUpdated",
            "_sort=status,-sent",
            "_sort=-priority",
            "_sort=category,_id",
            "_sort=-received",
            "part-of:missing=false",
            "part-of=Communication/t1",
            "part-of=Communication/t1&_sort=sent",
            "patient=anna",
            "participant=Practitioner/berg&_sort=sent",
            "_sort=subject,sent")) {
      String url = "Communication?" + sort;
      List<String> all = store.ids(url);
      List<String> walked = new java.util.ArrayList<>();
      SearchPage page = store.page(url + "&_count=1");
      assertNull(page.previous(), sort);
      List<String> backwards = new java.util.ArrayList<>();
      SearchPage last = page;
      while (true) {
        page.matches().forEach(m -> walked.add(m.id()));
        last = page;
        if (page.next() == null) {
          break;
        }
        page = store.page(url + "&_count=1&_cursor=" + page.next());
      }
      assertEquals(all, walked, sort);
      assertEquals(new HashSet<>(all).size(), all.size());
      page = last;
      while (true) {
        page.matches().forEach(m -> backwards.add(0, m.id()));
        if (page.previous() == null) {
          break;
        }
        page = store.page(url + "&_count=1&_cursor=" + page.previous());
      }
      assertEquals(all, backwards, sort + " backwards");
    }
  }

  @Test
  void sorts_put_what_is_missing_last() {
    assertEquals(List.of("m2", "m1", "m3", "t1"), store.ids("Communication?_sort=-sent"));
    assertEquals(List.of("m3", "m1", "m2", "t1"), store.ids("Communication?_sort=sent"));
    assertEquals(List.of("bert", "anna", "nobody"), store.ids("Patient?_sort=birthdate"));
    assertEquals(List.of("anna", "bert", "nobody"), store.ids("Patient?_sort=name"));
    assertEquals("nobody", store.ids("Patient?_sort=-name").get(2));
    assertEquals(List.of("o2", "o1"), store.ids("Observation?_sort=-value-quantity"));
    assertEquals(List.of("bert", "anna", "nobody"), store.ids("Patient?_sort=-gender"));
  }

  @Test
  void totals_are_told_when_asked_for_or_known_anyway() {
    assertEquals(4L, store.page("Communication").total());
    assertNull(store.page("Communication?_count=2").total());
    SearchPage first = store.page("Communication?_count=2&_total=accurate");
    assertEquals(4L, first.total());
    assertEquals(
        4L, store.page("Communication?_count=2&_total=accurate&_cursor=" + first.next()).total());
    SearchPage none = store.page("Communication?_count=0");
    assertEquals(4L, none.total());
    assertEquals(List.of(), none.matches());
    assertEquals(4L, store.page("Communication?_summary=count").total());
  }

  @Test
  void includes_follow_references_both_ways() {
    assertEquals(
        Set.of("anna", "berg"),
        included(
            "Communication?_id=m1&_include=Communication:sender&_include=Communication:subject"));
    assertEquals(
        Set.of("anna"), included("Communication?_id=m2&_include=Communication:sender:Patient"));
    assertEquals(
        Set.of(), included("Communication?_id=m2&_include=Communication:sender:Practitioner"));
    assertEquals(Set.of("anna", "berg", "t1"), included("Communication?_id=m1&_include=*"));
    assertEquals(
        Set.of("anna", "berg", "t1"), included("Communication?_id=m1&_include=Communication:*"));
    assertEquals(
        Set.of("anna", "hospital", "trust"),
        included(
            "Communication?_id=m1&_include=Communication:subject&_include:iterate=Patient:organization"
                + "&_include:iterate=Organization:partof"));
    assertEquals(
        Set.of("m1", "m2", "m3"),
        included("Communication?_id=t1&_revinclude=Communication:part-of"));
    assertEquals(Set.of("o1"), included("Patient?_id=anna&_revinclude=Observation:subject"));
  }

  private static Set<String> included(String url) {
    return new HashSet<>(store.page(url).includes().stream().map(StoredResource::id).toList());
  }

  /** hidden resources are not matched, included, chained over, counted, or led to. */
  @Test
  void what_is_hidden_is_hidden_on_every_way() {
    store.visibility.set(
        new Visibility() {
          @Override
          public Sql condition(
              dev.parley.access.Caller caller, Access access, String type, String alias) {
            return Sql.of(alias + ".id not in ('anna', 'o1', 'm1')");
          }

          @Override
          public Sql compartment(References.Local owner, String alias) {
            return Sql.TRUE;
          }

          @Override
          public boolean sees(
              dev.parley.access.Caller caller,
              String type,
              long self,
              long[] keys,
              long[] audience) {
            return true;
          }

          @Override
          public long[] audience(
              dev.parley.access.Caller caller,
              org.hl7.fhir.r4.model.Resource resource,
              IndexValues values) {
            return null;
          }
        });
    try {
      assertEquals(List.of(), store.ids("Patient?_id=anna"));
      assertEquals(List.of("m2", "m3"), store.ids("Communication?part-of=t1&_sort=-sent"));
      assertEquals(2L, store.page("Communication?part-of=t1&_count=0").total());
      assertEquals(2L, store.page("Communication?part-of=t1&_count=1&_total=accurate").total());
      assertEquals(List.of(), store.ids("Communication?subject.name=anna"));
      assertEquals(
          List.of(),
          store.ids("Communication?recipient=Practitioner/berg&sender:Patient.name=anna"));
      assertEquals(List.of("bert"), store.ids("Patient?_has:Observation:patient:code=8480-6"));
      assertEquals(Set.of("berg", "t1"), included("Communication?_id=m2&_include=*"));
      assertEquals(
          Set.of("m2", "m3"), included("Communication?_id=t1&_revinclude=Communication:part-of"));
      assertEquals(List.of("m2"), store.ids("Patient/anna/Communication?status=completed"));
    } finally {
      store.visibility.set(Visibility.OPEN);
    }
  }

  /** */
  @Test
  void pages_neither_repeat_nor_lose_what_was_there_while_others_write() {
    try (TestStore other = new TestStore()) {
      for (int i = 0; i < 30; i++) {
        other.put(message("a" + i, "2024-01-%02dT10:00:00Z".formatted(1 + i % 15)));
      }
      for (String sort : List.of("-sent", "sent", "_id", "status,-sent")) {
        List<String> before = other.ids("Communication?_sort=" + sort);
        List<String> walked = new java.util.ArrayList<>();
        String cursor = "";
        for (int page = 0; cursor != null; page++) {
          SearchPage read = other.page("Communication?_count=4&_sort=" + sort + cursor);
          read.matches().forEach(m -> walked.add(m.id()));
          cursor = read.next() == null ? null : "&_cursor=" + read.next();
          other.put(message("new-" + sort.length() + "-" + page, "2024-01-08T10:00:00Z"));
        }
        assertEquals(walked.size(), new HashSet<>(walked).size(), sort);
        walked.retainAll(before);
        assertEquals(before, walked, sort);
      }
    }
  }

  private static String message(String id, String sent) {
    return "{\"resourceType\":\"Communication\",\"id\":\"%s\",\"status\":\"completed\",\"sent\":\"%s\"}"
        .formatted(id, sent);
  }

  @Test
  void a_page_link_is_worth_nothing_elsewhere() {
    String next = store.page("Communication?_count=1").next();
    assertEquals(
        410, store.refusal("Communication?_count=1&status=completed&_cursor=" + next).status());
    assertEquals(410, store.refusal("Patient?_count=1&_cursor=" + next).status());
    char last = next.charAt(next.length() - 3);
    String changed =
        next.substring(0, next.length() - 3)
            + (last == 'A' ? 'B' : 'A')
            + next.substring(next.length() - 2);
    assertEquals(410, store.refusal("Communication?_count=1&_cursor=" + changed).status());
    assertEquals(410, store.refusal("Communication?_count=1&_cursor=%25").status());
  }

  @Test
  void a_lenient_search_says_what_it_ignored() {
    SearchRequest request =
        store.search.request(
            "Patient",
            null,
            ResourceSearch.parse("foo=1&gender=female&_sort=bar,birthdate"),
            false);
    assertEquals(2, request.warnings().size());
    assertEquals(
        List.of("gender=female", "_sort=birthdate"),
        request.used().stream().map(u -> u.name() + "=" + u.value()).toList());
  }

  @Test
  void conditional_matches_are_two_at_most() {
    List<StoredResource> found =
        store.database.read(
            s ->
                store.search.match(s, dev.parley.access.Caller.ANYONE, "Patient", "identifier=A1"));
    assertEquals(2, found.size());
    found =
        store.database.write(
            s ->
                store.search.match(
                    s, dev.parley.access.Caller.ANYONE, "Patient", "identifier=urn:mrn%7CA1"));
    assertEquals("anna", found.get(0).id());
  }
}
