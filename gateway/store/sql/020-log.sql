-- The ledger's Merkle log (RFC 6962). Forward only: never edit an applied file, add the next number.

-- Entries not sealed yet. An entry and its row here are one statement: whoever sees the one sees the other, in whatever order transactions
-- commit, so the sealer needs no watermark and can skip nothing. An entry that is neither here nor a leaf came in past the gateway.
create table ledger_pending (
  seq bigint primary key
);
insert into ledger_pending (seq) select seq from ledger;

-- One leaf per entry in the order of sealing, which need not be the order of seq. No foreign key: an entry that is removed must be missed.
create table ledger_leaf (
  leaf bigint primary key,
  seq bigint not null unique,
  hash bytea not null
);

-- Roots over full powers of two leaves; `leaf` is the last one they cover. Level 0 is ledger_leaf.
create table ledger_node (
  leaf bigint not null,
  level smallint not null,
  hash bytea not null,
  primary key (leaf, level)
);

-- Ed25519. The newest generation signs; a retired key stays published and has no private half any more.
create table ledger_key (
  generation integer primary key,
  id text not null unique,
  origin text not null,
  public_key text not null,
  private_key text,
  since_ms bigint not null,
  until_ms bigint,
  check ((private_key is null) = (until_ms is not null))
);

create table ledger_checkpoint (
  size bigint primary key,
  root bytea not null,
  at_ms bigint not null,
  key text not null references ledger_key (id),
  signature bytea not null
);
