-- What consents decide on besides source and class. A row of before has not been labelled: '?' is any word to a refusal and none to a
-- permit, rank 6 is above every confidentiality, so nothing widens until `labeller` is current.
alter table record add column codes text[] not null default '{?}';
alter table record add column confidentiality integer not null default 6;
alter table record add column sensitivities text[] not null default '{?}';
alter table record add column relations text[] not null default '{?}';
alter table record add column from_ms bigint not null default -8640000000000000;
alter table record add column until_ms bigint not null default 8640000000000000;
alter table record add column labeller integer not null default 0;
create index record_stale on record (labeller, id) where not deleted;

alter table provision add column labels jsonb;
alter table provision add column codes text[];
alter table provision add column dates jsonb;

-- The same of what was delivered. A copy of before went out under consents that could not name any of this, so nothing is held against it.
alter table delivery_ground add column codes text[] not null default '{}';
alter table delivery_ground add column confidentiality integer not null default 3;
alter table delivery_ground add column sensitivities text[] not null default '{}';
alter table delivery_ground add column relations text[] not null default '{}';
alter table delivery_ground add column from_ms bigint not null default -8640000000000000;
alter table delivery_ground add column until_ms bigint not null default 8640000000000000;
