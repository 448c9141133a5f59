-- Words of messages in an index of the resources themselves: no rows beside them, no trigger, nothing for a restore to bring.
-- See docs/decisions/0011-words-in-an-index.md.

drop trigger find_message on resource;
drop function find_message();
drop function message_text(text);
drop table message_words;

-- Each language's stemmer, and no stop words: "no pain" is not "pain", and a message without its language in it may be in any.
do $$
declare
  d       record;
  l       record;
  names   text := '';
  configs text := '';
begin
  for d in select dictname as name from pg_ts_dict
           where dictnamespace = 'pg_catalog'::regnamespace and dictname like '%\_stem' loop
    execute format('create text search dictionary %I (template = snowball, language = %I)',
                   'parley_' || d.name, left(d.name, -5));
  end loop;
  for l in select config::text as name, array_agg(code order by code) as codes from text_language group by config loop
    execute format('create text search configuration %I (copy = pg_catalog.%I)', 'parley_' || l.name, l.name);
    for d in select distinct dictname as name from pg_ts_config_map m join pg_ts_dict t on t.oid = m.mapdict
             where m.mapcfg = ('pg_catalog.' || quote_ident(l.name))::regconfig and dictname like '%\_stem' loop
      execute format('alter text search configuration %I alter mapping replace pg_catalog.%I with %I',
                     'parley_' || l.name, d.name, 'parley_' || d.name);
    end loop;
    update text_language set config = ('parley_' || l.name)::regconfig where code = any(l.codes);
    names := names || format(' when p_code in (%s) then %L',
                             (select string_agg(quote_literal(c), ',') from unnest(l.codes) c), l.name);
    configs := configs || format(' when %L then %L::regconfig', l.name, 'parley_' || l.name);
  end loop;
  -- Constants, as what an index is made of must not ask tables, nor look for names.
  execute 'create function words_language(p_code text) returns text language sql immutable parallel safe return case'
    || names || ' end';
  execute 'create function words_config(p_name text) returns regconfig language sql immutable parallel safe return case p_name'
    || configs || ' else ''pg_catalog.simple''::regconfig end';
end
$$;

-- What people read of a message, each word by its stem in the message's language, and which language that was as a word that no
-- text can have: "~english". The language of those that do not say it is a setting: it acts on what is written after it is set.
do $do$
begin
  execute format($sql$
    create function message_words(p_body text) returns tsvector language plpgsql immutable parallel safe as $$
    declare
      tongue text;
      said   text;
    begin
      if p_body is null then
        return null;
      end if;
      -- json, not jsonb, which refuses numbers that FHIR allows. It refuses some escapes as well; no letters are written so.
      select coalesce(%1$I.words_language(left(m.language, 2)),
                      (select %1$I.words_language(s.value) from %1$I.parley_state s where s.name = 'find-language'), 'simple'),
             left(concat_ws(' ', m.topic->>'text', (
               select string_agg(concat_ws(' ', p."contentString", p.title,
                        -- "holter-report.pdf" is one word to PostgreSQL.
                        translate(p.title, '._-', '   ')), ' ')
               from (select e."contentString", e."contentAttachment"->>'title' as title
                     from json_to_recordset(m.payload) e("contentString" text, "contentAttachment" json)) p)), 100000)
        into tongue, said
        from json_to_record(
          case when position('\u' in p_body) > 0 then regexp_replace(p_body, '\\(u[0-9a-fA-F]{4}|.)', ' ', 'g')
               else p_body end::json) m(language text, topic json, payload json);
      if said = '' then
        return null;
      end if;
      return to_tsvector(%1$I.words_config(tongue), said) || array_to_tsvector(array['~' || tongue]);
    end
    $$ $sql$, current_schema());
end
$do$;

set local maintenance_work_mem = '256MB';
do $$
begin
  execute format(
    'create index resource_words on resource using gin (message_words(body)) with (gin_pending_list_limit = 256) where type = %s',
    (select code from resource_type where name = 'Communication'));
end
$$;
-- Statistics of words help no plan, and cost each "analyze" seconds.
alter index resource_words alter column 1 set statistics 0;
