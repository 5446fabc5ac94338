-- The history of a type or of a whole partition goes through versions by time, newest first.
create index record_version_updated on record_version (updated_ms desc, id, version desc);
