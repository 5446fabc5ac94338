-- The version of the Task that an answer tells of: two steps taken between two deliveries stay two answers. 0 = the Task as it stands.
alter table parcel add column version integer not null default 0;
