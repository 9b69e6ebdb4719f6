"""Pure pieces without business words: clocks, refusals, text, sealing, random tokens."""
