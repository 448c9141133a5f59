-- Who stands in for somebody sees the conversations in which they take part: a key of their own beside NAMED, since drafts,
-- tasks and subscriptions have that one, too. A key is the kind (SHA-256 of its name, cut) mixed with the self of the person.
with kind as (
  select ('x' || encode(substr(sha256('audience NAMED'), 1, 8), 'hex'))::bit(64)::bigint as named,
         ('x' || encode(substr(sha256('audience STAND_IN'), 1, 8), 'hex'))::bit(64)::bigint as stand_in),
added as (
  select h.self, array_agg(distinct k.stand_in # p.self) as keys
  from kind k cross join thread_participant x
  join resource p on p.self = x.participant
  join resource_type t on t.code = p.type and t.name = 'Practitioner'
  join resource h on h.self = x.thread
  where (k.named # p.self) = any(h.audience)
  group by h.self)
update resource r set audience = r.audience || a.keys from added a where a.self = r.self;
