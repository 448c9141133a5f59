-- Takes what a write has to hold until its commit, and says what time it is then: whoever waited for another write of
-- the same conversation must not be dated before it. Given as an argument of write_resource, it costs no round trip.
--   p_keys  advisory lock keys, sorted by the caller: everyone takes them in the same order, so two bundles cannot deadlock
--   p_asked when the write was begun, by the caller's clock
--   p_alone for each key, whether it is held alone; null: all are
-- A lock is an entry of a table in shared memory that all connections share and that is full somewhere above 12,000. So a
-- write of more than 2,000 keys takes one lock in place of all; every other write of a key holds that lock shared.
create function lock_keys(p_keys bigint[], p_asked timestamptz, p_alone boolean[] default null)
returns timestamptz language plpgsql as $$
declare
  began timestamptz := clock_timestamp();
begin
  -- The lock of the whole store has two numbers: keys have one, and so can never be equal to it.
  if cardinality(p_keys) > 2000 then
    perform pg_advisory_xact_lock(0, 0);
  elsif cardinality(p_keys) > 0 then
    perform pg_advisory_xact_lock_shared(0, 0);
    for i in 1 .. cardinality(p_keys) loop
      if coalesce(p_alone[i], true) then
        perform pg_advisory_xact_lock(p_keys[i]);
      else
        perform pg_advisory_xact_lock_shared(p_keys[i]);
      end if;
    end loop;
  end if;
  return date_trunc('milliseconds', p_asked + (clock_timestamp() - began));
end
$$;
