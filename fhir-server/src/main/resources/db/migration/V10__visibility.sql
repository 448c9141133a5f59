-- Records that are of one human. See docs/features/visibility.md.

-- What Patient.link says (replaced-by, replaces).
create table patient_link (
  self  bigint not null,
  other bigint not null,
  primary key (self, other)
);
create index patient_link_other on patient_link (other);

-- Every pair of records that are one by those links, both ways round.
create table patient_merge (
  self  bigint not null,
  other bigint not null,
  primary key (self, other)
);

-- A grant about one record that was copied to the other.
alter table access_grant add merged boolean not null default false;
