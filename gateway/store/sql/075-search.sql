-- Search, complete. A row of a composite's part says which group it stands in; a quantity may be a range; text is kept as written beside
-- the form it is compared in; the identifier of a reference says where the reference points, so that it is searched by whom may follow it.
alter table record_index add column grp integer;
alter table record_index add column number_high double precision;
-- as written, where that differs from `code`
alter table record_index add column exact text;
-- all of it, where `code` holds the beginning only: an index has no room for a whole narrative
alter table record_index add column whole text;
alter table record_index add column target_type text;
alter table record_index add column target text;
create index record_index_number on record_index (type, param, number) where number is not null;

-- Which version of the extractor made the rows of a record: older ones are made anew at start, and a search says so until that is done.
alter table record add column indexer integer not null default 0;
create index record_unindexed on record (indexer, id) where not deleted;
