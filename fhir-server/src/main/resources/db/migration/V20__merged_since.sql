-- When two records became one. Of decisions that a patient made on different records before that, the
-- most restrictive holds: nobody had both before them. See docs/features/consent-cases.md.
alter table patient_link add since timestamptz not null default now();
