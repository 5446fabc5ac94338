-- Index rows lie where their record lies, and move with it (docs/decisions/070).
alter table record_index rename to record_index_before;
alter index record_index_record rename to record_index_before_record;
alter index record_index_code rename to record_index_before_code;
alter index record_index_range rename to record_index_before_range;
alter index record_index_reference rename to record_index_before_reference;

create table record_index (
  shard text not null,
  record text not null,
  type text not null,
  param text not null,
  kind text not null,
  system text,
  code text,
  from_ms bigint,
  until_ms bigint,
  number double precision,
  codes text[],
  sensitivities text[],
  confidentiality integer
) partition by hash (shard);

do $$ begin
  for part in 0..7 loop
    execute format('create table record_index_p%s partition of record_index for values with (modulus 8, remainder %s)', part, part);
  end loop;
end $$;

insert into record_index (shard, record, type, param, kind, system, code, from_ms, until_ms, number, codes, sensitivities, confidentiality)
  select n.shard, i.record, i.type, i.param, i.kind, i.system, i.code, i.from_ms, i.until_ms, i.number, i.codes, i.sensitivities, i.confidentiality
  from record_index_before i join network_id n on n.id = i.record and n.shard is not null;

do $$ begin
  if (select count(*) from record_index) <> (select count(*) from record_index_before) then
    raise exception 'index rows were lost on the way: nothing was changed';
  end if;
end $$;

drop table record_index_before;

create index record_index_record on record_index (shard, record, param);
create index record_index_code on record_index (type, param, code text_pattern_ops) where code is not null;
create index record_index_range on record_index (type, param, from_ms) where from_ms is not null;
create index record_index_reference on record_index (code) where param = '_reference';
