"""Where a language writes dates and times otherwise than Django has it; `FORMAT_MODULE_PATH` points here."""
