UPDATE core.environment SET clock_ahead = interval '3 days' WHERE id = 2;
