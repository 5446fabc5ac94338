-- Records lie by the person they are about: `shard` is the person, or the institution for records about nobody, and it is part of every
-- key, so that one patient across institutions is one partition here and one node on Citus (docs/decisions/070). Forward only.
-- 070 to 073 move one table each, each in its own transaction: a run that was ended goes on with the table it had not finished.

-- Where the record of an id lies; null while it is only mentioned. The key to every look-up by an opaque id.
alter table network_id add column shard text;

alter table record rename to record_before;
-- Index names are one name space; the new table gets the sound ones.
alter index record_institution_type rename to record_before_institution_type;
alter index record_encounter rename to record_before_encounter;
alter index record_parties rename to record_before_parties;
alter index record_stale rename to record_before_stale;

create table record (
  shard text not null,
  id text not null,
  institution text not null,
  type text not null,
  local_id text not null,
  version integer not null,
  person text,
  deleted boolean not null,
  text text not null,
  people_text text,
  network_form boolean not null,
  updated_ms bigint not null,
  sources text[] not null,
  classes text[] not null,
  parties text[] not null,
  encounter text,
  codes text[] not null default '{?}',
  confidentiality integer not null default 6,
  sensitivities text[] not null default '{?}',
  relations text[] not null default '{?}',
  from_ms bigint not null default -8640000000000000,
  until_ms bigint not null default 8640000000000000,
  labeller integer not null default 0,
  label_basis text[] not null default '{}',
  is_narrated boolean not null default false,
  elements jsonb,
  -- by constraint, not by custom: a row that lies elsewhere would be found by nobody who asks for the person
  check (shard = coalesce(person, institution)),
  primary key (shard, id),
  unique (shard, institution, type, local_id)
) partition by hash (shard);

do $$ begin
  for part in 0..7 loop
    execute format('create table record_p%s partition of record for values with (modulus 8, remainder %s)', part, part);
  end loop;
end $$;

insert into record (shard, id, institution, type, local_id, version, person, deleted, text, people_text, network_form, updated_ms, sources, classes,
    parties, encounter, codes, confidentiality, sensitivities, relations, from_ms, until_ms, labeller, label_basis, is_narrated, elements)
  select coalesce(person, institution), id, institution, type, local_id, version, person, deleted, text, people_text, network_form, updated_ms, sources,
    classes, parties, encounter, codes, confidentiality, sensitivities, relations, from_ms, until_ms, labeller, label_basis, is_narrated, elements
  from record_before;
update network_id n set shard = r.shard from record r where r.id = n.id;

do $$ begin
  if (select count(*) from record) <> (select count(*) from record_before) then
    raise exception 'records were lost on the way: nothing was changed';
  end if;
  if exists (select from record r left join network_id n on n.id = r.id and n.shard = r.shard where n.id is null) then
    raise exception 'a record is not known by its network id: nothing was changed';
  end if;
end $$;

drop table record_before;

-- One patient across institutions, by type and date; one institution's worklist; then what judging and labelling ask for.
create index record_shard_type on record (shard, type, from_ms);
create index record_institution_type on record (institution, type, updated_ms);
create index record_encounter on record (encounter) where encounter is not null;
create index record_parties on record using gin (parties) where parties <> '{}';
create index record_stale on record (labeller, id) where not deleted;
