-- Why a record is labelled, and what within it is more sensitive than the rest.
alter table record add column label_basis text[] not null default '{}';
-- It tells its matter in free text: it takes the labels of the diagnoses of its encounter.
alter table record add column is_narrated boolean not null default false;
-- Elements with labels of their own: path, codes, sensitivities, confidentiality; null = none, as with nearly every record.
alter table record add column elements jsonb;
-- The same three on index rows that come from such an element alone; null = from the record at large.
alter table record_index add column codes text[];
alter table record_index add column sensitivities text[];
alter table record_index add column confidentiality integer;
