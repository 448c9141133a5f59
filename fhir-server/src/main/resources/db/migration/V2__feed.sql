-- Subscriptions beside their FHIR resources, and how far each has come. See docs/decisions/0003-event-numbers.md.

-- One row per Subscription resource that is not deleted. The first part is written with the resource, in its transaction;
-- the second by the feed, in batches every few seconds: losing the last of them costs a longer reading, never an event.
create table subscription (
  self      bigint      not null primary key,
  id        text collate "C" not null,
  owner     text        not null,     -- reference of the caller that made it
  client    text        not null,
  scopes    text        not null,     -- of the token that made it: they bound what it is sent
  topic     text,                     -- canonical; null for plain criteria
  criteria  text        not null,     -- as the client gave it, filters included
  backport  boolean     not null,     -- speaks the Backport's notifications
  channel   text        not null,     -- websocket, rest-hook
  endpoint  text,
  headers   text[]      not null default '{}',   -- secrets: the resource shows only their names
  mime      text,                     -- null: a classic rest-hook without payload
  content   text        not null,     -- empty, id-only, full-resource
  heartbeat int,                      -- seconds
  timeout   int,                      -- seconds
  max_count int         not null default 1,
  status    text        not null,
  error     text,
  ends      timestamptz,

  number    bigint      not null default 0,      -- events counted up to (era, xid, seq)
  era       smallint    not null default 0,
  xid       xid8        not null default '0',
  seq       bigint      not null default 0,
  delivered bigint      not null default 0,      -- the last number that a client confirmed, and where it stands
  delivered_era smallint not null default 0,
  delivered_xid xid8    not null default '0',
  delivered_seq bigint  not null default 0,
  kept      bigint      not null default 0,      -- numbers up to this one are purged from the log
  kept_era  smallint    not null default 0,
  kept_xid  xid8        not null default '0',
  kept_seq  bigint      not null default 0,
  seen      timestamptz not null default now()   -- made, or last bound to a socket: the lease runs from here
) with (fillfactor = 70);                        -- the batched updates stay on their page

-- Up to here every subscription's number is as its row says; a tail that starts goes on from it.
create table feed_position (
  one  boolean  not null primary key default true check (one),
  era  smallint not null,
  xid  xid8     not null,
  seq  bigint   not null
);

-- What it matches, and from when. A change of criteria or filter adds a row; numbers run on from base.
create table subscription_segment (
  self    bigint      not null references subscription on delete cascade,
  era     smallint    not null,
  xid     xid8        not null default pg_current_xact_id(),
  start   pg_snapshot not null default pg_current_snapshot(),
  matches text        not null,
  base    bigint,                     -- the number before its first; null until the log has been read to here
  primary key (self, era, xid)
);

-- Where some numbers stand, so that reading from an old number need not begin at the start.
create table subscription_mark (
  self   bigint   not null references subscription on delete cascade,
  number bigint   not null,
  era    smallint not null,
  xid    xid8     not null,
  seq    bigint   not null,
  primary key (self, number)
);

-- Only hashes. They are kept past their expiry, for as long as events are: an old token on a new socket says what it continues.
create table binding_token (
  hash      bytea       not null primary key,
  owner     text        not null,
  client    text        not null,
  subscriptions text[]  not null,
  created   timestamptz not null,
  expires   timestamptz not null,
  continued boolean     not null default false
);
create index binding_token_expires on binding_token (expires);
