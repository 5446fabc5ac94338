-- Indexes that earn their bytes. Forward only.
-- The rows of a record are few and lie together: its id alone finds them, and is kept once for all of them.
create index record_index_of on record_index (record);
drop index record_index_record;

-- Rows an older program made are looked for by that program's number, which is the same on nearly all.
create index record_labeller on record (labeller) where not deleted;
drop index record_stale;
create index record_indexer on record (indexer) where not deleted;
drop index record_unindexed;

-- One record per institution, type and local id is what `network_id` says (docs/decisions/070); nothing is looked up by it here.
alter table record drop constraint record_shard_institution_type_local_id_key;
