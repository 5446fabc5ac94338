-- What a row of the index says, as a number: a write leaves the rows that say the same and touches the others. Made by the program that
-- makes the rows (gateway/store/index-rows.ts); null = made before there was one. Forward only.
alter table record_index add column mark bigint;

-- The text of a version is kept once: `record` holds the current one, `record_version` those before it (docs/decisions/097).
delete from record_version v using record r where r.shard = v.shard and r.id = v.id and r.version = v.version;

create view record_history as
  select shard, id, version, text, people_text, deleted, updated_ms from record_version
  union all
  select shard, id, version, text, people_text, deleted, updated_ms from record;

create index record_updated on record (updated_ms desc, id, version desc);
