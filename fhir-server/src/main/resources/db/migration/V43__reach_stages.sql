-- A message can wait for its patient to read it, and be told of again meanwhile.
alter table reach_due drop constraint reach_due_pkey;
alter table reach_due add primary key (message, stage);
