"""The clock's edge: one tick, which does whatever the rows say is due."""
