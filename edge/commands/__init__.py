"""Orders from the office: judged, counted, carried out once or refused, and answered."""
