-- Words of messages. See docs/features/find.md.

-- PostgreSQL's text configurations by the codes of languages.
create table text_language (
  code   text      not null primary key,
  config regconfig not null
);
insert into text_language (code, config)
select v.code, c.oid::regconfig from (values
  ('ar', 'arabic'), ('hy', 'armenian'), ('eu', 'basque'), ('ca', 'catalan'), ('da', 'danish'), ('nl', 'dutch'),
  ('en', 'english'), ('et', 'estonian'), ('fi', 'finnish'), ('fr', 'french'), ('de', 'german'), ('el', 'greek'),
  ('hi', 'hindi'), ('hu', 'hungarian'), ('id', 'indonesian'), ('ga', 'irish'), ('it', 'italian'), ('lt', 'lithuanian'),
  ('ne', 'nepali'), ('no', 'norwegian'), ('nb', 'norwegian'), ('nn', 'norwegian'), ('pt', 'portuguese'),
  ('ro', 'romanian'), ('ru', 'russian'), ('sr', 'serbian'), ('es', 'spanish'), ('sv', 'swedish'), ('ta', 'tamil'),
  ('tr', 'turkish'), ('yi', 'yiddish')) v(code, config)
join pg_ts_config c on c.cfgname = v.config and c.cfgnamespace = 'pg_catalog'::regnamespace;

-- One row per message that can be found: none that were recalled or could not pass.
create table message_words (
  self  bigint   not null primary key,
  file  boolean  not null,             -- whether it has an attachment
  words tsvector not null              -- as they are, and as the message's language has them
);
create index message_words_find on message_words using gin (words);

-- What people read of a message: text, names of files, the thread's title. By pattern, for jsonb would refuse numbers
-- that FHIR allows. The store's own writer made the text: one form of each key, only quotes and control characters escaped.
create function message_text(p_body text) returns text language sql immutable parallel safe as $$
  -- The words of a file's name are found apart: "holter-report.pdf" is one word to PostgreSQL.
  select left(string_agg(
    regexp_replace(case when m[1] = 'title' then m[2] || ' ' || translate(m[2], '._-', '   ') else m[2] end,
      '\\(u[0-9a-fA-F]{4}|.)', ' ', 'g'), ' '), 100000)
  from regexp_matches(p_body,
    '"(contentString|title|topic":\{(?:[^{}]|\{[^{}]*\})*?"text)":"((?:[^"\\]|\\.)*)"', 'g') m
$$;

-- In the transaction of every write, whichever way it comes: what was answered 201 is found.
create function find_message() returns trigger language plpgsql as $$
declare
  t text;
begin
  -- Recalled (entered-in-error), or not passed on (not-done).
  if new.body is not null and not new.keys && '{-8047885002093048093,-2237692575460882709}'::bigint[] then
    t := message_text(new.body);
  end if;
  if tg_op = 'UPDATE' then
    if t is null then
      delete from message_words where self = new.self;
      return null;
    end if;
    -- A receipt is a new version of the same words.
    if old.body is not null and message_text(old.body) = t
       and exists (select from message_words where self = new.self) then
      return null;
    end if;
  end if;
  if t is not null then
    insert into message_words (self, file, words)
      select new.self, position('"contentAttachment":' in new.body) > 0,
             to_tsvector('simple', t) || to_tsvector(coalesce(
               (select config from text_language where code = substring(new.body from '"language":"([a-z]{2})')),
               (select l.config from parley_state s join text_language l on l.code = s.value where s.name = 'find-language'),
               'simple'), t)
      -- An insert finds a row only in a restore, which has brought both.
      on conflict (self) do update set file = excluded.file, words = excluded.words where tg_op = 'UPDATE';
  end if;
  return null;
end
$$;
do $$
declare
  message smallint := (select code from resource_type where name = 'Communication');
begin
  execute format(
    'create trigger find_message after insert or update of body on resource for each row when (new.type = %s)
       execute function find_message()', message);
  -- What is there already.
  insert into message_words (self, file, words)
    select self, position('"contentAttachment":' in body) > 0, to_tsvector('simple', t)
    from resource, message_text(body) t
    where type = message and body is not null and t is not null
      and not keys && '{-8047885002093048093,-2237692575460882709}'::bigint[]
    on conflict (self) do nothing;
end
$$;
