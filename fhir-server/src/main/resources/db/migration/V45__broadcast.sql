-- One request, a private message to each recipient. See docs/features/broadcast.md.
create table broadcast (
  id     text primary key,           -- of the CommunicationRequest
  author text,                       -- in whose name the messages are sent; null for a system client
  client text not null               -- through which it was asked for
);

create table broadcast_recipient (
  broadcast text not null references broadcast on delete cascade,
  place     int  not null,           -- order of sending
  who       text not null,           -- "Patient/1": as it was when the request was made, whatever becomes of the group
  thread    text not null,           -- ids drawn beforehand: sent twice, the second finds the first
  message   text not null,
  self      bigint not null,         -- of the message, for its receipts
  state     text not null default 'waiting',   -- waiting, sent, refused, revoked
  reason    text,                    -- code of the refusal
  primary key (broadcast, place)     -- what waits is a range of it: sending goes up in order
);
