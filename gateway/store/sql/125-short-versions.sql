-- Versions lie where their records do (docs/decisions/108).
alter table record_version rename to record_version_before;
do $$ begin
  for part in 0..3 loop
    execute format('alter table record_version_p%s rename to record_version_before_p%s', part, part);
  end loop;
end $$;

create table record_version (
  shard bigint not null,
  updated_ms bigint not null,
  version integer not null,
  deleted boolean not null,
  id text not null,
  institution text not null,
  type text not null,
  text text not null,
  people_text text
) partition by hash (shard);

do $$ begin
  for part in 0..3 loop
    execute format('create table record_version_p%s partition of record_version for values with (modulus 4, remainder %s)', part, part);
  end loop;
end $$;

insert into record_version (shard, updated_ms, version, deleted, id, institution, type, text, people_text)
  select hashtextextended(shard, 0), updated_ms, version, deleted, id, institution, type, text, people_text from record_version_before;

do $$ begin
  if (select count(*) from record_version) <> (select count(*) from record_version_before) then
    raise exception 'versions were lost on the way: nothing was changed';
  end if;
end $$;

drop table record_version_before;

alter table record_version add primary key (shard, id, version);
create index record_version_place on record_version (institution, type, updated_ms);

-- The text of a version is kept once: `record` holds the current one, `record_version` those before it (docs/decisions/097).
create view record_history as
  select shard, id, version, text, people_text, deleted, updated_ms from record_version
  union all
  select shard, id, version, text, people_text, deleted, updated_ms from record;

do $$ begin
  if exists (select 1 from record_version) then
    execute 'analyze record_version';
  end if;
end $$;
