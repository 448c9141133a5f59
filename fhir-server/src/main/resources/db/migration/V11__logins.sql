-- Logins of people: how long each goes on, and which have ended before their tokens.

-- Every token of this person whose login began before a moment opens nothing any more. Written in the transaction of
-- the reason (a Practitioner made inactive, say); every process reads on by the time of writing.
create table ended_login (
  number  bigint generated always as identity primary key,
  person  text        not null,
  before  timestamptz not null,
  reason  text        not null,     -- logged-off, inactive, deleted, deceased, role-ended, proxy-ended
  written timestamptz not null default now()
);
create index ended_login_written on ended_login (written);

-- When a login was last used, at most some seconds old.
create table login_session (
  id      text        not null primary key,   -- issuer and sid
  person  text        not null,
  begun   timestamptz not null,
  seen    timestamptz not null
) with (fillfactor = 70);                     -- the batched updates stay on their page
create index login_session_seen on login_session (seen);

-- Ending a person's logins ends their binding tokens.
create index binding_token_owner on binding_token (owner);

-- The patient for whom the token was given that made a subscription: patient/ scopes mean that compartment.
alter table subscription add column patient text;
