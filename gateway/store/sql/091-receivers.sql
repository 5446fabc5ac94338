-- Whose rules name a department or a practitioner of the caller's own house is asked in every decision of a clinician.
create index provision_receivers on provision using gin (receivers);
