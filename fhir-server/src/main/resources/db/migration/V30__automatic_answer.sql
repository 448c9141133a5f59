-- When a conversation was last answered by a machine: at most once in a while. See docs/features/expectation.md.
create table automatic_answer (
  thread bigint primary key,            -- self of the header; of the message, if it has none
  at     timestamptz not null
);
