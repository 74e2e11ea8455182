-- What is sold and what is added to it or taken off.

SELECT core.resource_table(t) FROM unnest(ARRAY['tax_rate']) t;
