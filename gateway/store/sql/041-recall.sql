-- Who holds copies, and of what. Forward only: never edit an applied file, add the next number.

-- One row per parcel with clinical content that may have reached its receiver; written before the first byte leaves.
create table delivery (
  parcel text primary key references parcel (id),
  person text not null,
  receiver text not null,
  -- how the parcel named the patient to the receiver; a recall says no more than this
  patient_system text,
  patient_value text,
  at_ms bigint not null
);
create index delivery_person on delivery (person);

-- The records in it, and what let each pass: what the view of `judged_for` was asked about, as it was on that day. A copy is lawful as long
-- as one of its grounds holds.
create table delivery_ground (
  parcel text not null references delivery (parcel),
  record text not null,
  judged_for text not null,
  judged text not null,
  type text not null,
  custodian text not null,
  sources text[] not null,
  classes text[] not null,
  primary key (parcel, record, judged_for, judged)
);

-- Referrals delivered before this file was applied: what else was in them is not known any more, so the request stands for all of it.
insert into delivery (parcel, person, receiver, at_ms)
  select p.id, t.person, p.receiver, coalesce(p.settled_ms, p.created_ms)
  from parcel p join record t on t.id = p.task
  where p.kind = 'referral-request' and p.state = 'delivered' and t.person is not null;
insert into delivery_ground (parcel, record, judged_for, judged, type, custodian, sources, classes)
  select distinct d.parcel, f.id, d.receiver, f.id, f.type, f.institution, f.sources, f.classes
  from delivery d join parcel p on p.id = d.parcel
    join record_index i on i.record = p.task and i.param = 'focus'
    join record f on f.id = i.code;
