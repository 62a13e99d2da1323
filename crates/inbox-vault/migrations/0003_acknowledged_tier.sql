-- The tier of the case when it was acknowledged: NULL while it is not, and for one acknowledged before this was kept.
ALTER TABLE vault_case ADD COLUMN acknowledged_tier INTEGER CHECK (acknowledged_tier BETWEEN 2 AND 3);
