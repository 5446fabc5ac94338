-- A row of the index says in numbers whose it is, what it is about and of which system (docs/decisions/108); `kind` by its first letter: token,
-- string, date, reference, uri, quantity.
alter table record_index rename to record_index_before;
do $$ begin
  for part in 0..3 loop
    execute format('alter table record_index_p%s rename to record_index_before_p%s', part, part);
  end loop;
end $$;

create table record_index (
  shard bigint not null,
  record bigint not null,
  -- what the row says, as a number, made by the program that makes the rows; null = made before there was one
  mark bigint,
  system bigint,
  from_ms bigint,
  until_ms bigint,
  number double precision,
  number_high double precision,
  target_type bigint,
  -- the type and its parameter: `Observation.code`
  about integer not null,
  grp integer,
  confidentiality integer,
  kind "char" not null,
  code text,
  -- as written, where that differs from `code`
  exact text,
  -- all of it, where `code` holds the beginning only
  whole text,
  target text,
  codes text[],
  sensitivities text[]
) partition by hash (shard);

do $$ begin
  for part in 0..3 loop
    execute format('create table record_index_p%s partition of record_index for values with (modulus 4, remainder %s)', part, part);
  end loop;
end $$;

insert into record_index (shard, record, mark, system, from_ms, until_ms, number, number_high, target_type, about, grp, confidentiality, kind, code,
    exact, whole, target, codes, sensitivities)
  select hashtextextended(shard, 0), hashtextextended(record, 0), mark, hashtextextended(system, 0), from_ms, until_ms, number, number_high,
    hashtextextended(target_type, 0), hashtext(type || '.' || param), grp, confidentiality, left(kind, 1)::"char", code, exact, whole, target, codes,
    sensitivities
  from record_index_before;

do $$ begin
  if (select count(*) from record_index) <> (select count(*) from record_index_before) then
    raise exception 'rows of record_index were lost on the way: nothing was changed';
  end if;
end $$;

drop table record_index_before;

-- The rows of a record are few and lie together: its number alone finds them, and is kept once for all of them.
create index record_index_of on record_index (record);
create index record_index_code on record_index (about, code text_pattern_ops) where code is not null;
create index record_index_range on record_index (about, from_ms) where from_ms is not null;
create index record_index_number on record_index (about, number) where number is not null;
-- What points at a record: one index over all rows that are references.
create index record_index_pointing on record_index (code) where kind = 'r';

do $$ begin
  if exists (select 1 from record_index) then
    execute 'analyze record_index';
  end if;
end $$;
