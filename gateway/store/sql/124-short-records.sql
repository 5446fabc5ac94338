-- A record is found by the number of its shard and its own (docs/decisions/108). What is short and of one length comes first: nothing is lost to
-- filling up.
alter table record rename to record_before;
do $$ begin
  for part in 0..3 loop
    execute format('alter table record_p%s rename to record_before_p%s', part, part);
  end loop;
end $$;

create table record (
  shard bigint not null,
  key bigint not null,
  updated_ms bigint not null,
  from_ms bigint not null default -8640000000000000,
  until_ms bigint not null default 8640000000000000,
  -- the number of its network id
  encounter bigint,
  version integer not null,
  confidentiality integer not null default 6,
  labeller integer not null default 0,
  indexer integer not null default 0,
  deleted boolean not null,
  network_form boolean not null,
  is_narrated boolean not null default false,
  id text not null,
  institution text not null,
  type text not null,
  local_id text not null,
  person text,
  text text not null,
  people_text text,
  sources text[] not null,
  classes text[] not null,
  parties text[] not null,
  codes text[] not null default '{?}',
  sensitivities text[] not null default '{?}',
  relations text[] not null default '{?}',
  label_basis text[] not null default '{}',
  elements jsonb
) partition by hash (shard);

do $$ begin
  for part in 0..3 loop
    execute format('create table record_p%s partition of record for values with (modulus 4, remainder %s)', part, part);
  end loop;
end $$;

insert into record (shard, key, updated_ms, from_ms, until_ms, encounter, version, confidentiality, labeller, indexer, deleted, network_form, is_narrated, id,
    institution, type, local_id, person, text, people_text, sources, classes, parties, codes, sensitivities, relations, label_basis, elements)
  select hashtextextended(shard, 0), hashtextextended(id, 0), updated_ms, from_ms, until_ms, hashtextextended(encounter, 0), version, confidentiality, labeller, indexer,
    deleted, network_form, is_narrated, id, institution, type, local_id, person, text, people_text, sources, classes, parties, codes, sensitivities,
    relations, label_basis, elements
  from record_before;

do $$ begin
  if (select count(*) from record) <> (select count(*) from record_before) then
    raise exception 'records were lost on the way: nothing was changed';
  end if;
end $$;

drop table record_before;

alter table record add primary key (shard, key);
-- by constraint, not by custom: a row that lies elsewhere would be found by nobody who asks for the person, or by its id
alter table record add constraint record_check check (shard = hashtextextended(coalesce(person, institution), 0) and key = hashtextextended(id, 0));

-- One patient across institutions, by type and date; one institution's worklist; then what judging and labelling ask for.
create index record_shard_type on record (shard, type, from_ms);
create index record_institution_type on record (institution, type, updated_ms);
create index record_encounter on record (encounter) where encounter is not null;
create index record_parties on record using gin (parties) where parties <> '{}';
create index record_labeller on record (labeller) where not deleted;
create index record_indexer on record (indexer) where not deleted;

-- an empty table that was looked at would be taken for one that stays empty
do $$ begin
  if exists (select 1 from record) then
    execute 'analyze record';
  end if;
end $$;
