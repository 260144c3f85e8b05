"""Any linear Pyomo model to HiGHS and back; nothing here knows what the model is about."""
