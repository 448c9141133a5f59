-- The definition of mention beside those of V12 and V47: as the store writes it (SearchParameterTest), of the same time, so
-- that a database that holds nothing else counts as empty.
with made as (
  insert into resource (self, updated, version, type, kind, id, keys, who, audience, body)
  select self, '2026-11-23T00:00:00Z', 1, t.code, 'C', id, keys::bigint[], '{}', audience::bigint[], body
  from resource_type t, (values
    (-7820320369747272048, 'mention',
     '{-9204411232396469602,-9047568905743267624,-8993969728195506495,-8503157635867148169,-8284376896312291591,-6670055886633477225,-6256094651379135517,-5239338733143992779,-5134612452032153323,-4894986282490182305,-4679736782720442549,-4617036504288518504,-4582337091417772079,-4514566461024207470,-3318172508636773960,-3148814172715852797,-2307464809767754398,-1705785585910817650,-1440578323284726199,-1188924142856848920,-1086452790664188577,-815523495280477328,-707589126569402161,-528282432846883187,-504907562326775023,745783690437072140,848458461425373790,954711297635523624,999853567357048311,2275837273403372403,2437558695781771497,2847278918773098401,3584415743567229597,3681432490376489227,3858973905927421558,4855068025785545254,5076907082296306573,6181729062559463311,6770349548764615121,6846924393464249405,6946625002914794222,7078067590952503800,7230960413512467208,7337514853940167278,7765893478704456049,7804922226225013717,8469963286371125511,8553208225752120488}',
     '{-1187996107507648276}',
     '{"resourceType":"SearchParameter","url":"https://parley.dev/fhir/SearchParameter/mention","version":"1.0.0","name":"Communication_mention","status":"active","description":"Whom the message mentions","code":"mention","base":["Communication"],"type":"reference","expression":"Communication.extension.where(url=''https://parley.dev/fhir/StructureDefinition/mention'').value","target":["CareTeam","Device","Group","HealthcareService","Organization","Patient","Practitioner","PractitionerRole","RelatedPerson"]}')
  ) v(self, id, keys, audience, body)
  where t.name = 'SearchParameter'
  on conflict (self) do nothing
  returning self)
insert into string_value (self, param, value)
select v.self, v.param, v.value from made join (values
  (-7820320369747272048, -8776367316785861286, 'whom the message mentions'),
  (-7820320369747272048, -8130409794220921507, 'communication mention'),
  (-7820320369747272048, -6187685071681571832, 'communication'),
  (-7820320369747272048, -4907623685852037715, 'mention'),
  (-7820320369747272048, -736231327113150214, 'careteam'),
  (-7820320369747272048, -736231327113150214, 'device'),
  (-7820320369747272048, -736231327113150214, 'group'),
  (-7820320369747272048, -736231327113150214, 'healthcareservice'),
  (-7820320369747272048, -736231327113150214, 'organization'),
  (-7820320369747272048, -736231327113150214, 'patient'),
  (-7820320369747272048, -736231327113150214, 'practitioner'),
  (-7820320369747272048, -736231327113150214, 'practitionerrole'),
  (-7820320369747272048, -736231327113150214, 'relatedperson'),
  (-7820320369747272048, 7325107377031139559, '100')
) v(self, param, value) using (self);

-- Messages from before get its keys: param("Communication?mention") # self of whom they mention, and that they mention somebody.
update resource r set keys = array(
  select k from unnest(r.keys) k union select -1685471475250809718
  union select -2970793768559859958
    # ('x' || left(encode(sha256(convert_to(e #>> '{valueReference,reference}', 'UTF8')), 'hex'), 16))::bit(64)::bigint
    from jsonb_array_elements(r.body::jsonb -> 'extension') e
    where e ->> 'url' = 'https://parley.dev/fhir/StructureDefinition/mention'
      and e #>> '{valueReference,reference}' ~ '^[A-Za-z]+/[A-Za-z0-9.-]+$'
  order by 1)
from resource_type t
where t.name = 'Communication' and r.type = t.code
  and r.body like '%"https://parley.dev/fhir/StructureDefinition/mention"%'
  and jsonb_typeof(r.body::jsonb -> 'extension') = 'array'
  and r.body::jsonb -> 'extension' @> '[{"url":"https://parley.dev/fhir/StructureDefinition/mention"}]';
