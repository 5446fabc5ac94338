-- What points to a record is asked without knowing the type of what points: a Binary is judged by all of it.
create index record_index_reference on record_index (code) where param = '_reference';
