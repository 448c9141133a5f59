-- What a person has set for themselves in a thread: nobody else sees it, and the header stays as it is. docs/features/conversation.md
create table thread_member (
  thread      bigint      not null,  -- self of the header
  person      bigint      not null,
  muted_until timestamptz,           -- infinity: until they say otherwise
  pinned      boolean     not null default false,
  primary key (person, thread)       -- all of one person's is a range
);
