INSERT INTO core.tally VALUES (sha256('an address'), 3, now() + interval '1 hour');
