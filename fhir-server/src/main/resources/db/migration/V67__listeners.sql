-- Which subscriptions have a client at which process, so that after a crash it is known who may have been sent what no row of
-- the trail tells. See docs/decisions/0013-pushes-before-a-crash.md.

-- A process that pushes; while it lives it holds the advisory lock of this number.
create table feed_process (
  process bigint not null primary key
);

create table feed_listener (
  process bigint not null,
  self    bigint not null,            -- of the subscription
  cursor  bigint,                     -- when the process was found dead: the last number that was confirmed then
  primary key (process, self)
);
create index feed_listener_left on feed_listener (self) where cursor is not null;
