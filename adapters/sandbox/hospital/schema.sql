-- 한빛종합병원: the hospital's own chart and its message queues.

create table if not exists setting (name text primary key, value text not null);

create table if not exists patient (
  number text primary key,
  name text not null,
  gender text not null,
  birth_date text not null,
  phone text not null,
  address text not null,
  postal_code text not null,
  payer text not null
);

-- who answers for a minor
create table if not exists guardian (
  patient text primary key references patient (number),
  name text not null,
  -- HL7 table 0063: FTH, MTH
  relation text not null,
  phone text not null
);

create table if not exists visit (
  number text primary key,
  patient text not null references patient (number),
  -- 진료과, national two-digit code
  department text not null,
  -- O outpatient, I inpatient, E emergency
  kind text not null,
  started_at text not null,
  ended_at text,
  doctor text not null,
  licence text not null
);

create table if not exists diagnosis (
  visit text not null references visit (number),
  code text not null,
  name text not null,
  primary key (visit, code)
);

create table if not exists allergy (
  patient text not null references patient (number),
  kind text not null,
  code text not null,
  list text not null,
  name text not null,
  severity text not null,
  reaction text not null,
  primary key (patient, code)
);

-- What the peer sent, one row per MSH-10.
create table if not exists inbox (
  control_id text primary key,
  type text not null,
  received_at text not null,
  body text not null
);

-- What must reach the peer, in order. `feed`: HIS writes UTF-8, LIS writes CP949.
create table if not exists outbox (
  seq integer primary key autoincrement,
  control_id text not null unique,
  feed text not null check (feed in ('HIS', 'LIS')),
  kind text not null,
  body text not null,
  state text not null check (state in ('waiting', 'sent', 'refused')),
  attempts integer not null default 0,
  answer text not null default ''
);
create index if not exists outbox_waiting on outbox (seq) where state = 'waiting';

-- Referrals we received (`in`, by the message that brought them) and sent (`out`, by our own number).
create table if not exists referral (
  id text primary key,
  direction text not null check (direction in ('in', 'out')),
  patient text,
  patient_name text not null,
  birth_date text not null,
  phone text not null,
  department text not null,
  institution text not null,
  reason text not null,
  diagnosis text not null,
  state text not null,
  answer text not null,
  updated_at text not null
);

-- Recalls (REF^I14): what the peer takes back, by the MSH-10 it came with. The chart keeps everything; staff decide and say so.
create table if not exists recall (
  id text primary key,
  -- blank between message ids
  recalled text not null,
  -- PID-3 as it came
  pid3 text not null,
  text text not null,
  state text not null check (state in ('received', 'acknowledged', 'refused')),
  updated_at text not null
);
