-- What an entry of the ledger costs (docs/decisions/106). Forward only.
-- The leaf is hashed when its entry is written, in the same transaction: what is changed before it is sealed no longer goes unnoticed, and the sealer
-- need not read what it seals. null = written by an older program, and hashed when it is sealed.
alter table ledger_pending add column hash bytea;
-- It says again what the leaf says.
alter table ledger drop column sha256;
-- Nearly every entry is about one person: looked up by that person's id. The list of an entry about several is looked at as one.
create index ledger_person on ledger ((persons[1]));
create index ledger_several on ledger using gin (persons) where cardinality(persons) > 1;
drop index ledger_persons;
