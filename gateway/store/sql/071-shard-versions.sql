-- The versions of a record lie where the record lies, and move with it (docs/decisions/070).
alter table record_version rename to record_version_before;

create table record_version (
  shard text not null,
  id text not null,
  version integer not null,
  text text not null,
  people_text text,
  deleted boolean not null,
  updated_ms bigint not null,
  primary key (shard, id, version)
) partition by hash (shard);

do $$ begin
  for part in 0..7 loop
    execute format('create table record_version_p%s partition of record_version for values with (modulus 8, remainder %s)', part, part);
  end loop;
end $$;

insert into record_version (shard, id, version, text, people_text, deleted, updated_ms)
  select n.shard, v.id, v.version, v.text, v.people_text, v.deleted, v.updated_ms
  from record_version_before v join network_id n on n.id = v.id and n.shard is not null;

do $$ begin
  if (select count(*) from record_version) <> (select count(*) from record_version_before) then
    raise exception 'versions were lost on the way: nothing was changed';
  end if;
end $$;

drop table record_version_before;
