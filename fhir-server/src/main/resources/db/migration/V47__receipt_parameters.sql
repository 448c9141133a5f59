-- The definitions of unread-by and acknowledged, which have long worked, beside those of V12: as the store writes them
-- (SearchParameterTest), of the same time, so that a database that holds nothing else counts as empty.
with made as (
  insert into resource (self, updated, version, type, kind, id, keys, who, audience, body)
  select self, '2026-11-23T00:00:00Z', 1, t.code, 'C', id, keys::bigint[], '{}', audience::bigint[], body
  from resource_type t, (values
    (1418210880392674418, 'unread-by',
     '{-8993969728195506495,-8503157635867148169,-8284376896312291591,-7726338933179691418,-6670055886633477225,-6256094651379135517,-6238945455855816137,-5558217401666761935,-4582337091417772079,-1705785585910817650,-1440578323284726199,-1188924142856848920,-815523495280477328,848458461425373790,954711297635523624,2437558695781771497,2847278918773098401,2911963416765422777,4216441220538934041,4855068025785545254,5415172376077605873,6181729062559463311,6770349548764615121,7078067590952503800,7765893478704456049,7804922226225013717,8106215013258442194,8469963286371125511,8563480549602558592}',
     '{-1187996107507648276}',
     '{"resourceType":"SearchParameter","url":"https://parley.dev/fhir/SearchParameter/unread-by","version":"1.0.0","name":"Communication_unread_by","status":"active","description":"Not read by this person, role, team or pool: a reference; about others only systems find any","code":"unread-by","base":["Communication"],"type":"special"}'),
    (4269994089510877942, 'acknowledged',
     '{-8993969728195506495,-8503157635867148169,-8284376896312291591,-7726338933179691418,-6670055886633477225,-6256094651379135517,-4582337091417772079,-2140215633361509770,-1705785585910817650,-1440578323284726199,-1188924142856848920,-815523495280477328,848458461425373790,954711297635523624,2437558695781771497,2847278918773098401,4216252896179697409,4263574137744590614,4855068025785545254,6181729062559463311,6770349548764615121,7078067590952503800,7189516212774901849,7765893478704456049,7776924735706252828,7804922226225013717,8106215013258442194,8469963286371125511,8721148557531134396}',
     '{-1187996107507648276}',
     '{"resourceType":"SearchParameter","url":"https://parley.dev/fhir/SearchParameter/acknowledged","version":"1.0.0","name":"Communication_acknowledged","status":"active","description":"true: somebody has acknowledged the message; false: nobody has; of what one may know it of","code":"acknowledged","base":["Communication"],"type":"special"}')
  ) v(self, id, keys, audience, body)
  where t.name = 'SearchParameter'
  on conflict (self) do nothing
  returning self)
insert into string_value (self, param, value)
select v.self, v.param, v.value from made join (values
  (1418210880392674418, -8776367316785861286, 'not read by this person role team or pool a reference about others only systems find any'),
  (1418210880392674418, -8130409794220921507, 'communication unread by'),
  (1418210880392674418, -6187685071681571832, 'communication'),
  (1418210880392674418, -4907623685852037715, 'unread by'),
  (1418210880392674418, 7325107377031139559, '100'),
  (4269994089510877942, -8776367316785861286, 'true somebody has acknowledged the message false nobody has of what one may know it of'),
  (4269994089510877942, -8130409794220921507, 'communication acknowledged'),
  (4269994089510877942, -6187685071681571832, 'communication'),
  (4269994089510877942, -4907623685852037715, 'acknowledged'),
  (4269994089510877942, 7325107377031139559, '100')
) v(self, param, value) using (self);
