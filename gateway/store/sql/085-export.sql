-- Bulk exports: who asked for what, how far the writing has come, and the keys of each file. No text of a record is copied: a file is made of
-- the records themselves, judged anew, whenever it is downloaded.
create table export_job (
  id text primary key,
  subject text not null,
  institution text not null,
  role text not null,
  -- the caller as their token said, for judging while nobody asks
  caller text not null,
  request text not null,
  -- null = everybody
  persons text[],
  -- records of the caller's institution alone
  own_only boolean not null,
  -- empty = every type
  types text[] not null,
  since_ms bigint,
  -- transactionTime
  at_ms bigint not null,
  -- the same by the database's clock: transactions that were open then may still bring older records
  opened_ms bigint not null default (extract(epoch from clock_timestamp()) * 1000)::bigint,
  expires_ms bigint not null,
  state text not null check (state in ('queued', 'done', 'failed')),
  -- `institution/type`, in order; null = not planned yet
  steps text[],
  step integer not null default 0,
  -- within the step: behind this record
  after text not null default '',
  attempts integer not null default 0,
  next_ms bigint not null
);
create index export_job_due on export_job (next_ms) where state = 'queued';
create index export_job_expires on export_job (expires_ms);

create table export_file (
  job text not null references export_job (id) on delete cascade,
  number integer not null,
  type text not null,
  -- records, or persons where people read of patients
  kind text not null check (kind in ('record', 'person')),
  keys text[] not null,
  versions integer[] not null,
  primary key (job, number)
);
