-- Whether a person has a number at an institution is asked of every patient that arrives: one look for both. Forward only.
create index identity_person_institution on identity (person, institution);
drop index identity_person;
