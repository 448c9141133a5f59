-- The trail is found through one index over its rows, in place of a table of them: a third of what audit cost to store
-- was that table and its key, and nothing can be hidden any more by deleting from it. See docs/decisions/0009-audit-keys.md.

-- Under what a row is found: the patients, who did it or got it, and what it was about.
create function audit_keys_of_many(
  patients text[], action text, agent text, client text, recipients text[], type smallint, id text
) returns bigint[] language sql immutable parallel safe
  return array(
    select hashtextextended('patient ' || p, 0) from unnest(patients) p
    union select hashtextextended(case when agent = 'system' then 'client ' || client else 'agent ' || agent end, 0)
      where action <> 'push'
    union select hashtextextended(case when r like 'system %' then 'client ' || substr(r, strpos(substr(r, 8), ' ') + 8)
                                       else 'agent ' || split_part(r, ' ', 1) end, 0) from unnest(recipients) r
    union select hashtextextended('entity ' || type::text || ' ' || id, 0) where id is not null);

-- Most rows are about one patient or none, and were sent to nobody: an expression without a query, which PostgreSQL puts
-- where the call stands. A null among the keys is found by nothing.
create function audit_keys(
  patients text[], action text, agent text, client text, recipients text[], type smallint, id text
) returns bigint[] language sql immutable parallel safe
  return case when cardinality(patients) <= 1 and cardinality(recipients) = 0 and action <> 'push'
    then array[hashtextextended('patient ' || patients[1], 0),
               hashtextextended(case when agent = 'system' then 'client ' || client else 'agent ' || agent end, 0),
               hashtextextended('entity ' || type::text || ' ' || id, 0)]
    else audit_keys_of_many(patients, action, agent, client, recipients, type, id) end;

-- Only the sealing writes here, so what waits in the pending list makes no request slower; readers scan it.
create index audit_found on audit using gin (audit_keys(patients, action, agent, client, recipients, type, id))
  with (fastupdate = on, gin_pending_list_limit = 1024);

drop table audit_index;
