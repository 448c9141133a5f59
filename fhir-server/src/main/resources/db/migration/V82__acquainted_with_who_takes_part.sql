-- Staff who take part in a conversation see who the patients and proxies in it are, not only its subject: without a subject they
-- could not answer them. As Relations.java derives it from headers that are written from now on.
create temp table kind on commit drop as
  select ('x' || encode(substr(sha256('audience ACQUAINTED'), 1, 8), 'hex'))::bit(64)::bigint as acquainted,
         (select code from resource_type where name = 'Patient') as patient,
         (select code from resource_type where name = 'RelatedPerson') as proxy;

with added as (
  insert into access_grant (source, holder, key, about)
  select x.thread, x.participant, k.acquainted # w.self, w.self
  from kind k
  join resource w on w.type in (k.patient, k.proxy)
  join thread_participant y on y.participant = w.self
  join thread_participant x on x.thread = y.thread
  join resource s on s.self = x.participant and s.type not in (k.patient, k.proxy)
  where not exists (
    select from access_grant g where g.source = x.thread and g.holder = x.participant and g.key = k.acquainted # w.self)
  returning *)
insert into access_grant (holder, key, source, low, high, about, merged)
select a.holder, a.key # a.about # l.other, a.source, a.low, a.high, l.other, true
from added a join patient_merge l on l.self = a.about;

update resource r set audience = r.audience || (k.acquainted # r.self) from kind k where r.type = k.proxy and r.audience is not null;
