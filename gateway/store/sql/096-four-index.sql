-- Index rows lie where their records do: four partitions (docs/decisions/094).
do $$
declare
  made text[];
  before bigint;
  part int;
begin
  -- what the table has is asked of the catalog, not said again: its keys and indexes are made anew as they were, under their own names
  select array_agg(format('alter table record_index add constraint %I %s', conname, pg_get_constraintdef(oid)) order by contype) into made
    from pg_constraint where conrelid = 'record_index'::regclass and contype in ('p', 'u');
  select coalesce(made, '{}') || array_agg(replace(pg_get_indexdef(i.indexrelid), ' ON ONLY ', ' ON ') order by i.indexrelid) into made
    from pg_index i where i.indrelid = 'record_index'::regclass and not exists (select 1 from pg_constraint c where c.conindid = i.indexrelid);
  select count(*) into before from record_index;
  alter table record_index rename to record_index_before;
  for part in 0..7 loop
    execute format('alter table record_index_p%s rename to record_index_before_p%s', part, part);
  end loop;
  create table record_index (like record_index_before including defaults including constraints) partition by hash (shard);
  for part in 0..3 loop
    execute format('create table record_index_p%s partition of record_index for values with (modulus 4, remainder %s)', part, part);
  end loop;
  insert into record_index select * from record_index_before;
  if (select count(*) from record_index) <> before then
    raise exception 'rows of record_index were lost on the way: nothing was changed';
  end if;
  drop table record_index_before;
  for part in 1..cardinality(made) loop
    execute made[part];
  end loop;
  -- an empty table that was looked at would be taken for one that stays empty
  if before > 0 then
    execute 'analyze record_index';
  end if;
end $$;
