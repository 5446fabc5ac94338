-- Retention of the ledger. Forward only. The newest entry that tells of a removal is asked for before every removal and by `audit verify`;
-- it is one among millions.
create index ledger_expiry on ledger (seq) where kind = 'ledger-expiry';
