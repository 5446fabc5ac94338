-- The gateway's own tables. Forward only: never edit an applied file, add the next number.

-- One row per record somebody mentioned, before or after it arrives: institution + type + local id → opaque network id.
create table network_id (
  id text primary key,
  institution text not null,
  type text not null,
  local_id text not null,
  unique (institution, type, local_id)
);

-- Network identities. `merged_into` keeps an old id readable after a merge.
create table person (
  id text primary key,
  created_ms bigint not null,
  merged_into text references person (id)
);

-- Which patient number of which institution is which person. `grade`: certain, or single (nothing else is known of this person yet).
create table identity (
  institution text not null,
  local_id text not null,
  record text not null unique,
  person text not null references person (id),
  grade text not null check (grade in ('certain', 'single')),
  linked_ms bigint not null,
  primary key (institution, local_id)
);
create index identity_person on identity (person);

-- What an institution sent, in its own partition; `network` holds Tasks and Consents. Resource text is kept as text, unparsed on the way out.
create table record (
  id text primary key,
  institution text not null,
  type text not null,
  local_id text not null,
  version integer not null,
  person text,
  deleted boolean not null,
  text text not null,
  people_text text,
  network_form boolean not null,
  updated_ms bigint not null,
  sources text[] not null,
  classes text[] not null,
  parties text[] not null,
  encounter text,
  unique (institution, type, local_id)
);
create index record_person_type on record (person, type);
create index record_institution_type on record (institution, type, updated_ms);
create index record_encounter on record (encounter) where encounter is not null;
create index record_parties on record using gin (parties) where parties <> '{}';

create table record_version (
  id text not null,
  version integer not null,
  text text not null,
  people_text text,
  deleted boolean not null,
  updated_ms bigint not null,
  primary key (id, version)
);

-- Search index and outgoing references of the current version. `code` of a reference is a network id (or a person).
create table record_index (
  record text not null,
  type text not null,
  param text not null,
  kind text not null,
  system text,
  code text,
  from_ms bigint,
  until_ms bigint,
  number double precision
);
create index record_index_record on record_index (record);
create index record_index_code on record_index (type, param, code text_pattern_ops) where code is not null;
create index record_index_range on record_index (type, param, from_ms) where from_ms is not null;

-- Consents compiled at write; one row per node of the rule tree. consent/types.ts, ProvisionRow.
create table provision (
  consent text not null,
  version text not null,
  person text not null,
  controller text not null,
  path text not null,
  type text not null check (type in ('permit', 'deny')),
  unreadable boolean not null,
  blind text[] not null,
  receivers text[],
  sources text[],
  purposes text[],
  actions text[],
  classes text[],
  data jsonb,
  from_ms bigint not null,
  until_ms bigint not null,
  primary key (consent, path)
);
create index provision_person on provision (person);

-- Everything that happened: canonical AuditEvent bytes, committed before the response's last byte.
create table ledger (
  seq bigint generated always as identity primary key,
  id text not null unique,
  at_ms bigint not null,
  persons text[] not null,
  institution text not null,
  kind text not null,
  body text not null,
  sha256 text not null
);
create index ledger_persons on ledger using gin (persons);
create index ledger_at on ledger (at_ms);

-- What must reach somebody. Claimed with SKIP LOCKED; order within a task by seq.
create table parcel (
  id text primary key,
  task text not null,
  seq integer not null,
  kind text not null,
  sender text not null,
  receiver text not null,
  state text not null check (state in ('queued', 'delivered', 'withheld', 'failed')),
  attempts integer not null,
  next_ms bigint not null,
  reason text,
  created_ms bigint not null,
  settled_ms bigint,
  unique (task, seq)
);
create index parcel_due on parcel (next_ms) where state = 'queued';

create table due (
  subject text not null,
  kind text not null,
  at_ms bigint not null,
  primary key (subject, kind)
);
create index due_at on due (at_ms);

-- Every message taken once: same sender and id = same answer; another body under the same id = conflict. Kept 30 days.
create table message (
  sender text not null,
  id text not null,
  sha256 text not null,
  status integer not null,
  outcome jsonb not null,
  at_ms bigint not null,
  primary key (sender, id)
);

-- What could not be taken rests here until it is fixed and replayed. Nothing refused is lost.
create table quarantine (
  id text primary key,
  institution text not null,
  message text not null,
  reason text not null,
  place text not null,
  body text not null,
  at_ms bigint not null,
  unique (institution, message)
);

-- What could not be brought or mapped, named by source element, never by value.
create table gap (
  institution text not null,
  message text not null,
  gap text not null,
  element text not null,
  reason text not null,
  at_ms bigint not null
);

-- What an adapter must remember over restarts (a cursor).
create table adapter_memory (
  institution text not null,
  key text not null,
  value text not null,
  primary key (institution, key)
);

-- Keys that every gateway process on this database must share.
create table secret (
  name text primary key,
  value text not null
);
