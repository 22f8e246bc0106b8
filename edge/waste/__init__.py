"""The waste station's decisions: pure, as the gate's are. No driver, no store, no network, no picture in here."""
