-- Who wants to be told of what, and what there is to tell. An event is written beside the record it is about, in the same transaction; it gets
-- its number only when it has been judged for the subscriber, so that what may not be told leaves no gap.
create table subscription (
  id text primary key,
  subject text not null,
  institution text not null,
  role text not null,
  -- the subscriber as their token said, for judging while nobody asks
  caller text not null,
  topic text not null,
  -- the resource as it was written
  body text not null,
  version integer not null,
  updated_ms bigint not null,
  endpoint text not null,
  -- `Name: value`, sent with every notification
  headers text[] not null,
  payload text not null check (payload in ('empty', 'id-only')),
  heartbeat_ms bigint,
  deadline_ms bigint not null,
  status text not null check (status in ('requested', 'active', 'error', 'off')),
  error text,
  end_ms bigint not null,
  -- the last number given
  told integer not null default 0,
  -- in a row, since the endpoint last answered
  failures integer not null default 0,
  -- nothing is sent before: a wait after a failure, or the lease of who sends
  next_ms bigint not null,
  heard_ms bigint not null
);
create index subscription_owner on subscription (institution, subject);

create table subscription_event (
  seq bigint generated always as identity primary key,
  subscription text not null references subscription (id) on delete cascade,
  record text not null,
  type text not null,
  version integer not null,
  at_ms bigint not null,
  number integer,
  -- id of the notification, the same at every repeat
  notice text,
  is_sent boolean not null default false,
  unique (subscription, number)
);
create index subscription_event_new on subscription_event (subscription, seq) where number is null;
create index subscription_event_due on subscription_event (subscription, number) where number is not null and not is_sent;
