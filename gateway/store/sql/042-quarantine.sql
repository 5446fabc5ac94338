-- Quarantine keeps what a sender wrote, so that it can be taken again once the mapping is fixed; and institutions merge their own records. Forward only.

-- `body` is a parcel that could not be stored; `raw` are the bytes as they came, where the adapter kept them. Both go when it lands.
alter table quarantine add column kind text not null default '';
-- what refused it: `duplicate` = the id was already used for another body, which is not settled by repeating that one
alter table quarantine add column fault text not null default '';
alter table quarantine add column raw bytea;
-- of what came, also where it was too large to keep
alter table quarantine add column bytes integer not null default 0;
alter table quarantine add column replays integer not null default 0;
alter table quarantine add column landed_ms bigint;
create index quarantine_at on quarantine (at_ms);

-- An institution's own statement that two of its patient numbers are one person (ADT^A40): the first lives on in the second.
create table merged_record (
  institution text not null,
  local_id text not null,
  into_local_id text not null,
  at_ms bigint not null,
  primary key (institution, local_id)
);
create index merged_record_into on merged_record (institution, into_local_id);

-- Two persons whom an institution calls one and nobody has decided about: each is under the refusals of both. Kept in both directions.
create table undecided_merge (
  person text not null,
  other text not null,
  primary key (person, other)
);
create index undecided_merge_other on undecided_merge (other);
