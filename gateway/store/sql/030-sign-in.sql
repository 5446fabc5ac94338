-- Sign-in of people with an authorization code. Forward only.

-- What a person declared when signing in; the tokens of its code are made from this row. `grant_id` is oidc-provider's Grant.
create table sign_in (
  grant_id text primary key,
  identity text not null,
  person text not null,
  purposes text[] not null,
  break_glass_person text,
  break_glass_reason text,
  break_glass_note text,
  -- no token of this sign-in outlives this
  until_ms bigint not null,
  check ((break_glass_person is null) = (break_glass_reason is null) and (break_glass_person is null) = (break_glass_note is null))
);
create index sign_in_until on sign_in (until_ms);

-- Which sign-in and which browser session a token came from, so that a replayed code and a logout can end them.
alter table "grant" add column sign_in text;
alter table "grant" add column session text;
create index grant_sign_in on "grant" (sign_in) where sign_in is not null;
create index grant_session on "grant" (session) where session is not null;

-- Failed attempts to sign in, counted in windows. `bucket` is a short hash of an account name or an address, so the table stays bounded.
create table sign_in_attempt (
  bucket text primary key,
  count integer not null,
  until_ms bigint not null
);
create index sign_in_attempt_until on sign_in_attempt (until_ms);
