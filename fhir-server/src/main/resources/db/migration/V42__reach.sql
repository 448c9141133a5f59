-- Who is told of a message while no client of theirs is there to get it. See docs/features/reach.md.

-- What somebody has chosen. No row: the usual.
create table reach_person (
  person      bigint primary key,
  who         text   not null,      -- the same as a reference, "Patient/anna"
  channels    text[],               -- push, email; empty: nothing; null: the usual
  email       text,                 -- null: the one of their record
  quiet_from  time,                 -- what can wait waits from then
  quiet_until time,
  zone        text,                 -- of these two
  emailed     timestamptz           -- the last e-mail: at most one in a while
);

-- A browser or app that is told by its push service (RFC 8030).
create table push_subscription (
  id         bigint generated always as identity primary key,
  person     bigint      not null,
  who        text        not null,
  endpoint   text        not null unique,   -- whoever registers it last has it: a browser that two people share
  p256dh     text        not null,
  auth       text        not null,
  since      timestamptz not null,
  not_before timestamptz                    -- the push service has asked to be left alone until then
);
create index push_subscription_person on push_subscription (person);

-- Numbered messages that have to be looked at again: stage 0, whom to tell; stage 1, whether the patient has read it; stage 2,
-- whether they have read it since. A queue of its own and no row of the agenda each: taken in batches, one statement for hundreds.
create table reach_due (
  message bigint      primary key,
  due     timestamptz not null,
  stage   smallint    not null default 0
);
create index reach_due_next on reach_due (stage, due);

-- Somebody is to be told of something, one way.
create table reach_note (
  person bigint      not null,
  about  bigint      not null,            -- self of a message, or of a Task
  target bigint      not null,            -- a push_subscription; 0: e-mail
  who    text        not null,
  urgent boolean     not null,
  due    timestamptz not null,
  tries  int         not null default 0,
  primary key (person, about, target)
);
create index reach_note_next on reach_note (due);

create function reach_numbered() returns trigger language plpgsql as $$
begin
  insert into reach_due (message, due) values (new.self, new.at) on conflict do nothing;
  return null;
end
$$;

-- In the transaction that gives a message its number; what record-keeping systems store has none, and pays nothing.
create trigger reach_numbered after insert on thread_message for each row execute function reach_numbered();
