-- What points at a record is asked for by every `_has` and `_revinclude`, by one parameter or by any of them: one index over all rows that are
-- references, and none over the copies under `_reference` alone.
create index record_index_pointing on record_index (code) where kind = 'reference';
drop index record_index_reference;
-- Whom an id stood for before persons were found to be one.
create index person_merged on person (merged_into) where merged_into is not null;
