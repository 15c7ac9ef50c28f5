-- When somebody was first told: how long they took to answer is counted from it.
ALTER TABLE incident ADD COLUMN paged INTEGER;
