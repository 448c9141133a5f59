-- How much each person has uploaded in a day, on all servers together. See docs/features/attachment.md.
create table attachment_day (
  day    date   not null,      -- UTC
  person text   not null,      -- "Patient/1"
  bytes  bigint not null,
  primary key (day, person)
);
