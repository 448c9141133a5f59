-- Receipts, and what somebody has not read yet. See docs/features/receipt.md and docs/decisions/0006-unread-counters.md.

-- One row per message and person who got it; a receipt makes no new version of the message.
create table receipt (
  message      bigint      not null,   -- self of the message
  person       bigint      not null,   -- self of who got it, never of a role or team
  who          text        not null,   -- the same as a reference, "Practitioner/dr-berg"
  via          bigint,                 -- self of the recipient by which they got it: themselves, a role, a team; null: of the thread only
  delivered    timestamptz,            -- a client of theirs has it
  read         timestamptz,            -- it was displayed to them
  acknowledged timestamptz,            -- they have said so
  hidden       boolean     not null default false,   -- the mark "read" is nobody else's
  again        boolean     not null default false,   -- read, and to be shown as unread again: nobody else's either
  primary key (message, person)
) with (fillfactor = 80);              -- delivered, then read, then acknowledged: on the same page

-- Up to this number of a thread somebody has nothing unread. It only saves looking: the rows of receipt decide.
create table read_mark (
  person bigint not null,
  thread bigint not null,
  number int    not null,
  primary key (person, thread)
) with (fillfactor = 70);

-- Who takes part in a thread, as its header says: persons, roles, teams, pools. Kept by a trigger, because headers come by many
-- ways (a POST, a load, a PUT by a record-keeping system), and a plain create is to stay one statement.
create table thread_participant (
  participant bigint not null,
  thread      bigint not null,
  primary key (participant, thread)
);
create index thread_participant_thread on thread_participant (thread) include (participant);

-- Recalled or deleted: nobody's unread message any more.
alter table thread_message add gone boolean not null default false;

-- Keys.param("Communication", "participant") ^ self; a header is a Communication without partOf and payload (fhir-model c1).
create function participants_of(p_thread bigint, p_who bigint[], p_keys bigint[], p_body text) returns setof bigint
language sql immutable as $$
  select w from unnest(p_who) w
  where p_thread is null and p_body is not null and p_keys @> array[2876189713376575864 # w] and not p_body::jsonb ? 'payload'
$$;

create function keep_participants() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' then
    delete from thread_participant p where p.thread = new.self
      and p.participant not in (select participants_of(new.thread, new.who, new.keys, new.body));
  end if;
  insert into thread_participant (participant, thread)
    select participants_of(new.thread, new.who, new.keys, new.body), new.self on conflict do nothing;
  return null;
end
$$;

-- 23 is the type Communication. The conditions are looked at without a call of the function: other writes pay next to nothing.
create trigger participants_of_new after insert on resource
  for each row when (new.type = 23 and new.thread is null) execute function keep_participants();
create trigger participants_of_changed after update on resource
  for each row when (new.type = 23 and (new.thread is null or old.thread is null)) execute function keep_participants();

create function keep_gone() returns trigger language plpgsql as $$
begin
  update thread_message set gone = not gone where self = new.self
    and gone <> (new.body is null or new.keys @> '{-8047885002093048093}');
  return null;
end
$$;

-- The key of status=entered-in-error.
create trigger message_gone after update on resource
  for each row when (new.type = 23 and old.thread is not null
    and (new.body is null or new.keys @> '{-8047885002093048093}') <> (old.body is null or old.keys @> '{-8047885002093048093}'))
  execute function keep_gone();

insert into thread_participant (participant, thread)
  select w, r.self from resource r, participants_of(r.thread, r.who, r.keys, r.body) w
  where r.type = 23 and r.thread is null and r.body is not null
  on conflict do nothing;
update thread_message m set gone = true
  from resource r where r.self = m.self and (r.body is null or r.keys @> '{-8047885002093048093}');
