"""The signal path: `ls` shows the stages, `chain` their order. No stage imports another."""
