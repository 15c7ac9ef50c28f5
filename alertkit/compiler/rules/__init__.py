"""A tenant's recording and alerting rules, its detections among them, behind the guard of its expressions."""
