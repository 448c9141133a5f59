-- The audit trail. Requests write to audit_inbox; once a second what is there is sealed: moved to audit, under a segment.
-- See docs/features/audit.md.

-- Written by every request and read only by the sealing: no index, so that a request pays for one row of a heap.
create table audit_inbox (
  at         timestamptz not null,
  action     text        not null,     -- create, read, search, push, login ...: Trace.Action
  agent      text        not null,     -- "Practitioner/dr-berg", or "system"
  client     text        not null,     -- OAuth client id
  session    text,                     -- sid or jti, never a token
  purpose    text,                     -- purpose of use, if another than the usual
  note       text,                     -- the reason that was given for it
  address    text,
  request    text,                     -- X-Request-Id
  type       smallint,                 -- what it is about: resource_type.code
  id         text collate "C",
  version    int,
  query      text,                     -- of a search; name of an operation
  patients   text[] collate "C" not null default '{}',   -- ids of those whom it concerns
  outcome    smallint    not null default 0,
  reason     text,                     -- stable code of a refusal
  recipients text[]      not null default '{}'           -- of a push: "owner client subscription"
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000);

-- One row per sealing that found something: at the most some in a second. They are kept for ever, so that the chain goes on.
create table audit_segment (
  number  bigint      not null primary key,   -- 1, 2, 3: no gaps
  month   int         not null,               -- 202611: the partition that its rows are in
  began   timestamptz not null,               -- of the first and the last of its rows
  ended   timestamptz not null,
  entries int         not null,
  content bytea       not null,               -- SHA-256 over its rows
  keyed   boolean     not null,               -- whether the seal is an HMAC
  seal    bytea       not null,               -- over this row and the seal before
  purged  timestamptz                         -- when its rows were removed
);
create index audit_segment_ended on audit_segment (ended);

-- Sealed rows; a partition per month, so that what is too old goes at once. Only the sealing writes here.
create table audit (
  month      int         not null,
  segment    bigint      not null,
  position   int         not null,
  at         timestamptz not null,
  action     text        not null,
  agent      text        not null,
  client     text        not null,
  session    text,
  purpose    text,
  note       text,
  address    text,
  request    text,
  type       smallint,
  id         text collate "C",
  version    int,
  query      text,
  patients   text[] collate "C" not null,
  outcome    smallint    not null,
  reason     text,
  recipients text[]      not null,
  primary key (segment, position, month)
) partition by list (month);
create table audit_other partition of audit default;   -- what a restore brings

-- By patient, person and resource, newest first. Written by the sealing: no request waits for it.
create table audit_index (
  key      bigint not null,            -- hashtextextended('patient Patient/1'): see AuditSql
  month    int    not null,
  segment  bigint not null,
  position int    not null,
  primary key (key, segment, position, month)
) partition by list (month);
create table audit_index_other partition of audit_index default;

-- What must not be purged, however old it is.
create table audit_hold (
  reference text        not null primary key,   -- "Patient/1": about, by, or of
  reason    text        not null,
  placed    timestamptz not null
);
