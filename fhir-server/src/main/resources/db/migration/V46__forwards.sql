-- Which message was forwarded as which: a recall reaches the copies. Nobody looks for it by what a message says.
create table forwarded_message (
  original text not null,            -- id of the message
  copy     text not null,            -- id of the one that says it again
  primary key (original, copy)
);

-- What has been forwarded before this. One pass over the messages.
insert into forwarded_message (original, copy)
  select substring(body from 'forwarded-from","valueReference":\{"reference":"Communication/([A-Za-z0-9.-]+)"'), id
  from resource
  where type = 23 and thread is not null and body like '%StructureDefinition/forwarded-from%'
    and body ~ 'forwarded-from","valueReference":\{"reference":"Communication/'
  on conflict do nothing;
