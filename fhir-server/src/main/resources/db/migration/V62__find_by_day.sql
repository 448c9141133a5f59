-- $find takes the newest matches, day by day: a word that stands in every other message costs what is shown of it, and not what
-- there is of it. See docs/decisions/0012-newest-words-first.md. Building the index anew takes 0.1 to 0.3 ms for each message.

-- The words of a message, and its day since 1970 as a word that no text can have: "~d20784". Expressions only, which PostgreSQL puts
-- where the call stands; extract() of a time would depend on a time zone, of an interval it does not.
create function message_words(p_body text, p_at timestamptz) returns tsvector language sql immutable parallel safe
  return message_words(p_body) || array_to_tsvector(array['~d' || (
    case when isfinite(p_at) then extract(day from p_at - timestamptz '1970-01-01 00:00:00+00')::int else 0 end)::text]);

drop index resource_words;
set local maintenance_work_mem = '256MB';
do $$
begin
  execute format(
    'create index resource_words on resource using gin (message_words(body, coalesce(at, updated)))
       with (gin_pending_list_limit = 256) where type = %s',
    (select code from resource_type where name = 'Communication'));
end
$$;
-- Statistics of words help no plan, and cost each "analyze" seconds.
alter index resource_words alter column 1 set statistics 0;
