-- Which database session claimed the parcel, while it is being sent; null when nobody has it. A session that is gone sends nothing any more.
alter table parcel add column claimed_by integer;
