-- Names that stand in every row become numbers, each the hash of the name (docs/decisions/108): 123 to 126 move one table each, each in its own
-- transaction; a run that was ended goes on with the table it had not finished. Forward only.
drop view record_history;
alter table network_id alter column shard type bigint using hashtextextended(shard, 0);
