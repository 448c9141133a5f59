-- What Binaries hold. See docs/features/attachment.md.
-- No foreign keys: a restore loads the tables in the order of their names.

-- Bytes, stored once whoever sends them how often.
create table attachment_content (
  hash    bytea       not null primary key,   -- SHA-256
  sha1    bytea       not null,               -- what Attachment.hash is in FHIR R4
  size    bigint      not null,
  place   text        not null,               -- where the AttachmentStore has it: "db/...", "s3/..."
  scan    text        not null,               -- unscanned, pending, clean, infected
  used    timestamptz not null                -- last time that somebody sent it
);
-- What waits for the virus scanner; nearly nothing at any time.
create index attachment_content_unscanned on attachment_content (used) where scan in ('pending', 'unscanned');

-- Places that are written to now, or were left behind by a process that died.
create table attachment_upload (
  place text        not null primary key,
  begun timestamptz not null
);

-- The bytes of the database's own store: 512 KB a row, the last one shorter. Written and read one at a time, each in a
-- transaction of its own: a gigabyte in one would hold the feed of everybody for its duration.
create table attachment_chunk (
  place  text  not null,
  number int   not null,
  bytes  bytea not null,
  primary key (place, number)
);
-- Images and videos do not get smaller, and a range is read from the middle.
alter table attachment_chunk alter column bytes set storage external;

-- Which Binary has which bytes; a row is a count of one.
create table attachment (
  self    bigint      not null primary key,   -- of the Binary
  hash    bytea       not null,
  type    text        not null,               -- media type: what was found in it, not what was said of it
  name    text,                               -- of the file, made harmless
  created timestamptz not null
);
create index attachment_hash on attachment (hash);
-- Uploads that no message refers to are found by age.
create index attachment_created on attachment (created);
