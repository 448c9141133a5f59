-- The definitions of Consent?verified and VerificationResult?status beside those of V12, V47 and V71: as the store writes them
-- (SearchParameterTest), of the same time, so that a database that holds nothing else counts as empty.
with made as (
  insert into resource (self, updated, version, type, kind, id, keys, who, audience, body)
  select self, '2026-11-23T00:00:00Z', 1, t.code, 'C', id, keys::bigint[], '{}', audience::bigint[], body
  from resource_type t, (values
    (3769574151361333561, 'consent-verified',
     '{-8993969728195506495,-8503157635867148169,-8284376896312291591,-6670055886633477225,-6362676846126238261,-6031170190542510507,-5562056823449083432,-4708958620862375435,-4582337091417772079,-3496213253773962189,-1828670443255762989,-1705785585910817650,-1440578323284726199,-1188924142856848920,848458461425373790,954711297635523624,2437558695781771497,2614647987458825314,2847278918773098401,3563980693569361638,4684006279637543246,4855068025785545254,6181729062559463311,6770349548764615121,7078067590952503800,7765893478704456049,7804922226225013717,8038560983422116122,8469963286371125511}',
     '{-1187996107507648276}',
     '{"resourceType":"SearchParameter","url":"https://parley.dev/fhir/SearchParameter/consent-verified","version":"1.0.0","name":"Consent_verified","status":"active","description":"Whether the decision was confirmed with the patient: true or false","code":"verified","base":["Consent"],"type":"token","expression":"Consent.verification.verified"}'),
    (-6661265112529748811, 'verificationresult-status',
     '{-8993969728195506495,-8503157635867148169,-8284376896312291591,-8125389747451153635,-6670055886633477225,-6362676846126238261,-4582337091417772079,-2276530834102179210,-1705785585910817650,-1440578323284726199,-1386565180704367727,-1188924142856848920,-131871098202151887,848458461425373790,954711297635523624,2437558695781771497,2847278918773098401,3563980693569361638,4855068025785545254,6181729062559463311,6284589229254823639,6487435637767879321,6770349548764615121,7078067590952503800,7765893478704456049,7804922226225013717,8107574474669638798,8469963286371125511,9072969964254221605}',
     '{-1187996107507648276}',
     '{"resourceType":"SearchParameter","url":"https://parley.dev/fhir/SearchParameter/verificationresult-status","version":"1.0.0","name":"VerificationResult_status","status":"active","description":"attested, validated, in-process, req-revalid, val-fail or reval-fail","code":"status","base":["VerificationResult"],"type":"token","expression":"VerificationResult.status"}')
  ) v(self, id, keys, audience, body)
  where t.name = 'SearchParameter'
  on conflict (self) do nothing
  returning self)
insert into string_value (self, param, value)
select v.self, v.param, v.value from made join (values
  (3769574151361333561, -8776367316785861286, 'whether the decision was confirmed with the patient true or false'),
  (3769574151361333561, -8130409794220921507, 'consent verified'),
  (3769574151361333561, -6187685071681571832, 'consent'),
  (3769574151361333561, -4907623685852037715, 'verified'),
  (3769574151361333561, 7325107377031139559, '100'),
  (-6661265112529748811, -8776367316785861286, 'attested validated in process req revalid val fail or reval fail'),
  (-6661265112529748811, -8130409794220921507, 'verificationresult status'),
  (-6661265112529748811, -6187685071681571832, 'verificationresult'),
  (-6661265112529748811, -4907623685852037715, 'status'),
  (-6661265112529748811, 7325107377031139559, '100')
) v(self, param, value) using (self);

-- Those from before get their keys: that there is one, and param # the hash of each form of its token.
update resource r set keys = array(
  select k from unnest(r.keys) k
  union select 3599902655292311481
  union select 8379400649711669050
    # ('x' || left(encode(sha256(convert_to(form, 'UTF8')), 'hex'), 16))::bit(64)::bigint
  from (select r.body::jsonb ->> 'status' as code) s,
       unnest(array[code, 'http://hl7.org/fhir/CodeSystem/status|' || code, 'http://hl7.org/fhir/CodeSystem/status|']) form
  order by 1)
from resource_type t
where t.name = 'VerificationResult' and r.type = t.code and r.body is not null
  and r.body::jsonb ->> 'status' is not null;

update resource r set keys = array(
  select k from unnest(r.keys) k
  union select -8961601355556910079
  union select -2913075621780099313
    # ('x' || left(encode(sha256(convert_to(form, 'UTF8')), 'hex'), 16))::bit(64)::bigint
  from jsonb_array_elements(r.body::jsonb -> 'verification') v,
       unnest(array[v ->> 'verified', 'http://terminology.hl7.org/CodeSystem/special-values|' || (v ->> 'verified'),
         'http://terminology.hl7.org/CodeSystem/special-values|']) form
  where v ->> 'verified' is not null
  order by 1)
from resource_type t
where t.name = 'Consent' and r.type = t.code and r.body is not null
  and jsonb_typeof(r.body::jsonb -> 'verification') = 'array'
  and r.body::jsonb -> 'verification' @? '$[*].verified';
