-- What the authorization server must remember. Forward only: never edit an applied file, add the next number.

-- Every access token ever issued, by its jti. A token is live while its row says so; ending one takes effect in the next request.
create table "grant" (
  jti text primary key,
  subject text not null,
  client text not null,
  institution text not null,
  role text not null,
  purposes text[] not null,
  issued_ms bigint not null,
  expires_ms bigint not null,
  break_glass_person text,
  break_glass_reason text,
  break_glass_note text,
  revoked_ms bigint,
  -- how it ended before its time; null while live
  ended text,
  check ((revoked_ms is null) = (ended is null)),
  check ((break_glass_person is null) = (break_glass_reason is null) and (break_glass_person is null) = (break_glass_note is null))
);
create index grant_break_glass on "grant" (issued_ms) where break_glass_person is not null;

-- The storage of oidc-provider: one row per model and id, and the assertions already used (model ReplayDetection).
create table oidc (
  model text not null,
  id text not null,
  payload text not null,
  uid text,
  user_code text,
  grant_id text,
  consumed_ms bigint,
  expires_ms bigint,
  primary key (model, id)
);
create index oidc_expiry on oidc (expires_ms) where expires_ms is not null;
create index oidc_grant on oidc (grant_id) where grant_id is not null;

-- Keys that sign access tokens. The newest generation signs, the newest two are published; older ones are deleted.
create table signing_key (
  generation integer primary key,
  kid text not null unique,
  private_jwk text not null,
  created_ms bigint not null
);
