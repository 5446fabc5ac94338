-- The rules of a consent lie with the person they are about: the statement that judges a person's records asks one node (docs/decisions/070).
alter table provision drop constraint provision_pkey;
alter table provision add primary key (person, consent, path);
-- A write of one consent replaces its rules, whoever they are about.
create index provision_consent on provision (consent);
drop index provision_person;
