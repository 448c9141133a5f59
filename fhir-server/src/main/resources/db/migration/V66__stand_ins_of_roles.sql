-- Who stands in for somebody is in a team of those who do: its self is the kind STAND_IN mixed with that of the person, or of
-- the role, and so the number of the key that V48 has put on conversations. See StandIns.java.
create temp table kind on commit drop as
  select ('x' || encode(substr(sha256('audience NAMED'), 1, 8), 'hex'))::bit(64)::bigint as named,
         ('x' || encode(substr(sha256('audience STAND_IN'), 1, 8), 'hex'))::bit(64)::bigint as stand_in,
         (select code from resource_type where name = 'Task') as task,
         (select code from resource_type where name = 'Practitioner') as person,
         (select code from resource_type where name = 'PractitionerRole') as role;

-- The grants of Tasks are those of emergencies, which are about somebody, and these.
update access_grant g set team = g.key
from resource r, kind k where r.self = g.source and r.type = k.task and g.about is null;

-- Those of who holds a role are those of the role, for as long.
insert into access_grant (source, holder, key, low, high, team)
select g.source, k.stand_in # g.holder, k.stand_in # g.team, g.low, g.high, k.stand_in # g.team
from access_grant g join resource r on r.self = g.source cross join kind k
where r.type = k.role and g.team = g.source;

-- Who came later sees what is from then on, and so does who stands in for them.
insert into access_grant (source, holder, key, low, high, since)
select g.source, k.stand_in # g.holder, g.key, g.low, g.high, g.since
from access_grant g join resource r on r.self = g.holder cross join kind k
where g.since is not null and r.type in (k.person, k.role);

-- As V48, for roles.
with added as (
  select h.self, array_agg(distinct k.stand_in # p.self) as keys
  from kind k cross join thread_participant x
  join resource p on p.self = x.participant and p.type = k.role
  join resource h on h.self = x.thread
  where (k.named # p.self) = any(h.audience)
  group by h.self)
update resource r set audience = r.audience || a.keys from added a where a.self = r.self;
