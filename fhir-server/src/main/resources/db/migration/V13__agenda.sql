-- Work that comes due; see docs/features/agenda.md. The table is that of db-scheduler, by its name.
create table scheduled_tasks (
  task_name            text        not null,     -- the kind of work
  task_instance        text        not null,     -- what it is about
  task_data            bytea,
  execution_time       timestamptz not null,
  picked               boolean     not null,
  picked_by            text,
  last_success         timestamptz,
  last_failure         timestamptz,
  consecutive_failures int,
  last_heartbeat       timestamptz,
  version              bigint      not null,
  priority             smallint,
  primary key (task_name, task_instance)
);
-- The poll of every second: what is due, oldest first.
create index scheduled_tasks_due on scheduled_tasks (execution_time);

-- The gap-free numbers of a thread's messages, given under the lock of the thread in the message's own transaction.
-- Drafts, scheduled and refused messages, and what record-keeping systems store untouched, have none.
create table thread_message (
  thread bigint not null,               -- self of the header
  number int    not null,               -- 1, 2, 3 ...
  self   bigint not null unique,        -- self of the message
  sender bigint not null,               -- self of the person who wrote it: one's own messages are never unread
  at     timestamptz not null,
  primary key (thread, number)
);
