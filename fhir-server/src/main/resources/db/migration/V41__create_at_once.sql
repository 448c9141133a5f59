-- A create is one statement inside write_resource: seven small ones cost as much again as the rows they write.

-- An assignment is not a query: plpgsql evaluates it without one.
create or replace function lock_keys(p_keys bigint[], p_asked timestamptz, p_alone boolean[] default null)
returns timestamptz language plpgsql as $$
declare
  began timestamptz := clock_timestamp();
  held  text;
begin
  -- The lock of the whole store has two numbers: keys have one, and so can never be equal to it.
  if cardinality(p_keys) > 2000 then
    held := pg_advisory_xact_lock(0, 0)::text;
  elsif cardinality(p_keys) > 0 then
    held := pg_advisory_xact_lock_shared(0, 0)::text;
    for i in 1 .. cardinality(p_keys) loop
      if coalesce(p_alone[i], true) then
        held := pg_advisory_xact_lock(p_keys[i])::text;
      else
        held := pg_advisory_xact_lock_shared(p_keys[i])::text;
      end if;
    end loop;
  end if;
  return date_trunc('milliseconds', p_asked + (clock_timestamp() - began));
end
$$;

-- As in V1__store.sql, for creates (p_expected = 0) apart. What is read in the one statement is read after the locks, as
-- there: they are taken by lock_keys, which is evaluated before this function is called, or by its first statements.
create or replace function write_resource(
  p_locks bigint[], p_expected int, p_refs bigint[],
  p_self bigint, p_type smallint, p_id text, p_kind "char", p_updated timestamptz, p_at timestamptz, p_thread bigint,
  p_keys bigint[], p_who bigint[], p_audience bigint[], p_body text,
  p_string_params bigint[] default '{}', p_strings text[] default '{}',
  p_date_params bigint[] default '{}', p_date_lows timestamptz[] default '{}', p_date_highs timestamptz[] default '{}',
  p_number_params bigint[] default '{}', p_number_lows numeric[] default '{}', p_number_highs numeric[] default '{}',
  p_number_units text[] default '{}'
) returns table (new_version int, new_updated timestamptz) language plpgsql as $$
declare
  k        bigint;
  held     text;
  old      resource%rowtype;
  missing  bigint[];
  made     boolean;
  v        int := 1;
  u        timestamptz := p_updated;
  aud      bigint[] := p_audience;  -- what is stored
  eff      bigint[];                -- what holds: its thread's, if it has none
begin
  foreach k in array p_locks loop
    held := pg_advisory_xact_lock(k)::text;
  end loop;

  if p_expected = 0 then
    with recursive created as (
      insert into resource (self, updated, at, thread, version, type, kind, id, keys, who, audience, body)
        values (p_self, p_updated, p_at, p_thread, 1, p_type, p_kind, p_id, p_keys, p_who, p_audience, p_body)
        on conflict (self) do nothing
        returning 1
    ), concerns as (
      insert into timeline (who, type, at, self)
        select who, p_type, coalesce(p_at, p_updated), p_self from unnest(p_who) who
    ), texts as (
      insert into string_value (param, self, value)
        select param, p_self, value from unnest(p_string_params, p_strings) t(param, value)
    ), effective(audience) as materialized (
      select coalesce(p_audience, (select h.audience from resource h where h.self = p_thread))
    ), holding(self) as (
      -- As audience_holders: everybody who holds one of the keys now, themselves or by a role, team or pool.
      select g.holder from access_grant g
        where g.key = any((select audience from effective)::bigint[]) and g.low <= p_updated and p_updated < g.high
          and (g.since is null or g.since <= coalesce(p_at, p_updated))
      union
      select g.holder from holding join access_grant g on g.team = holding.self
        where g.low <= p_updated and p_updated < g.high
    ), logged as (
      insert into event (at, self, thread, version, type, kind, id, keys, audience)
        values (p_updated, p_self, p_thread, 1, p_type, p_kind, p_id, p_keys,
                array(select self from holding) || coalesce(p_audience, '{}'))
    )
    select exists (select from created),
           (select array_agg(ref) from unnest(p_refs) ref
              where not exists (select from resource r where r.self = ref and r.body is not null))
      into made, missing;
    if missing is not null then
      raise exception 'missing references' using errcode = 'PA422', detail = array_to_string(missing, ',');
    end if;
    if not made then
      raise exception 'exists already' using errcode = 'PA409';
    end if;
  else
    if cardinality(p_refs) > 0 then
      select array_agg(ref) into missing from unnest(p_refs) ref
        where not exists (select 1 from resource r where r.self = ref and r.body is not null);
      if missing is not null then
        raise exception 'missing references' using errcode = 'PA422', detail = array_to_string(missing, ',');
      end if;
    end if;
    select * into old from resource where self = p_self for update;
    if p_expected is not null and (old.version is null or old.version <> p_expected) then
      raise exception 'other version' using errcode = 'PA412', detail = coalesce(old.version, 0)::text;
    end if;
    if old.self is null then
      insert into resource (self, updated, at, thread, version, type, kind, id, keys, who, audience, body)
        values (p_self, u, p_at, p_thread, 1, p_type, p_kind, p_id, p_keys, p_who, aud, p_body);
    else
      if old.id <> p_id or old.type <> p_type then
        raise exception 'exists already' using errcode = 'PA409';
      end if;
      v := old.version + 1;
      -- Time never runs backwards within a resource, whatever the clocks of two servers say.
      u := greatest(u, old.updated + interval '1 millisecond');
      insert into version (self, updated, version, type, kind, id, audience, body)
        values (old.self, old.updated, old.version, old.type, old.kind, old.id, old.audience, old.body);
      if p_body is null then
        -- Who might see it may see that it is gone.
        aud := coalesce(old.audience, (select h.audience from resource h where h.self = old.thread));
      end if;
      update resource set audience = aud, updated = u, at = p_at, thread = p_thread, version = v, kind = p_kind, keys = p_keys, who = p_who, body = p_body
        where self = p_self;
      delete from timeline
        where who = any(old.who) and type = old.type and at = coalesce(old.at, old.updated) and self = p_self;
      delete from string_value where self = p_self;
      delete from date_value where self = p_self;
      delete from number_value where self = p_self;
    end if;
    if cardinality(p_who) > 0 then
      insert into timeline (who, type, at, self) select who, p_type, coalesce(p_at, u), p_self from unnest(p_who) who;
    end if;
    if cardinality(p_string_params) > 0 then
      insert into string_value (param, self, value)
        select param, p_self, value from unnest(p_string_params, p_strings) t(param, value);
    end if;
    eff := coalesce(aud, (select h.audience from resource h where h.self = p_thread));
    insert into event (at, self, thread, version, type, kind, id, keys, was, audience)
      values (u, p_self, p_thread, v, p_type, p_kind, p_id, p_keys, old.keys,
              case when eff is null then '{}'
                   when aud is null then audience_holders(eff, u, coalesce(p_at, u))
                   else audience_holders(eff, u, coalesce(p_at, u)) || aud end);
  end if;

  if cardinality(p_date_params) > 0 then
    insert into date_value (param, self, low, high)
      select param, p_self, low, high from unnest(p_date_params, p_date_lows, p_date_highs) t(param, low, high);
  end if;
  if cardinality(p_number_params) > 0 then
    insert into number_value (param, self, low, high, units)
      select param, p_self, low, high, units::bigint[]
      from unnest(p_number_params, p_number_lows, p_number_highs, p_number_units) t(param, low, high, units);
  end if;
  return query select v, u;
end
$$;
