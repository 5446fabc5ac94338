-- Where a past version lies among all there are: the history of a type is looked up as the current records are, and no longer by walking through
-- everybody's versions (docs/decisions/103). Forward only; each past version is written once.
alter table record_version add column institution text, add column type text;
update record_version v set institution = r.institution, type = r.type from record r where r.shard = v.shard and r.id = v.id;
do $$
begin
  if exists (select 1 from record_version where institution is null) then
    raise exception 'versions without a record: nothing was changed';
  end if;
end $$;
alter table record_version alter column institution set not null, alter column type set not null;
create index record_version_place on record_version (institution, type, updated_ms);
drop index record_version_updated;
drop index record_updated;
