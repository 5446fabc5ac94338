-- The trace of the request that made a parcel (W3C Trace Context), so that its delivery, seconds or days later, goes on with it.
-- null: made before this column, or by what belongs to no trace.
alter table parcel add column traceparent text;
alter table parcel add column tracestate text;
