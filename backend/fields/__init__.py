"""What may come in at any door: types of fields with one wording of each error, tables of them, forms and JSON. Pure;
what reads HTTP stands above, in `backend/web`."""
